variable "key" {
  type = string
}

variable "all" {
  type = list(string)
}

resource "terraform_data" "q" {
  input = [var.key, length(var.all)]
}

output "key" {
  value = terraform_data.q.output[0]
}
