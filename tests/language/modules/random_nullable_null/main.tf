variable "v" {
  type     = string
  nullable = false
}
output "o" {
  value = var.v
}
