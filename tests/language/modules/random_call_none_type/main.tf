module "m" {
  source = "./child"
  count  = 0
  v      = 1
}
