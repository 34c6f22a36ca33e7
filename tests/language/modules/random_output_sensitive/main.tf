output "o" {
  value = sensitive(1)
}
