module "m" {
  source = "./child"
  count  = 0
  nope   = 1
}
