module "m" {
  source = "./child"
}
output "o" {
  value = [module.m.a]
}
