resource "terraform_data" "r" {
  count = 0
  input = base64encode()
}
