variable "on" {
  default = false
}

resource "terraform_data" "k" {
  count = var.on ? 1 : 0
}

# Neither is looked into where there is none of it.
module "m" {
  source = "./child"
  count  = var.on ? 1 : 0
  key    = terraform_data.k[0].id
  all    = terraform_data.k[*].id
}

resource "terraform_data" "a" {
  count = var.on ? 1 : 0
  input = terraform_data.k[0].id
}

resource "terraform_data" "b" {
  for_each = var.on ? toset(["x"]) : toset([])
  input    = "${each.key}-${terraform_data.k[0].id}-${module.m[0].key}"
}

output "one" {
  value = one(terraform_data.k[*].id)
}
