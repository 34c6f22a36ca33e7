resource "terraform_data" "r" {
  input = [true ? "a" : sensitive("b"), "%{ if true }x%{ else }${sensitive("y")}%{ endif }", [sensitive(1)] == []]
}
