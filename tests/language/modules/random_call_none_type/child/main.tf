variable "v" {
  type = set(bool)
}
