resource "terraform_data" "a" {
  input = { n = 1 }
}
output "o" {
  value = terraform_data.a.output.m
}
