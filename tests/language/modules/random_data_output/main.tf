resource "terraform_data" "a" {
  input = { n = 1, l = ["x"] }
}
resource "terraform_data" "b" {
  input = [terraform_data.a.output.n, terraform_data.a.output.l[0], keys(terraform_data.a.output)]
}
resource "terraform_data" "c" {}
output "o" {
  value = [terraform_data.a.output, terraform_data.c.output]
}
