resource "terraform_data" "r" {
  for_each = toset(["$${x} %%{y}", "a\u200b\u3000b", "q\"\\"])
  input    = each.key
}
