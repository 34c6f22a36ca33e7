output "o" {
  value = true ? null : 1
}
