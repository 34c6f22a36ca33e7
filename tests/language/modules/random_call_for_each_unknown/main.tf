resource "terraform_data" "r" {}
module "m" {
  source   = "./child"
  for_each = toset([terraform_data.r.id])
}
