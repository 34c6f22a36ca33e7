data "terraform_remote_state" "a" {
  backend  = "local"
  config   = { path = "net/state.json" }
  defaults = { extra = "e", region = "never" }
}
data "terraform_remote_state" "prod" {
  backend   = "local"
  workspace = "prod"
  config    = { path = "net/state.json", workspace_dir = "states" }
}
resource "terraform_data" "r" {
  input = {
    region  = data.terraform_remote_state.a.outputs.region
    extra   = data.terraform_remote_state.a.outputs.extra
    all     = data.terraform_remote_state.a.outputs
    prod    = data.terraform_remote_state.prod.outputs.region
    none    = try(data.terraform_remote_state.a.outputs.nope, "none")
    not_set = data.terraform_remote_state.a.workspace
  }
}
resource "terraform_data" "each" {
  for_each = data.terraform_remote_state.a.outputs.ids
  input    = each.key
}
output "map" {
  value = data.terraform_remote_state.a.outputs.m
}
output "any" {
  value = data.terraform_remote_state.a.outputs.d
}
