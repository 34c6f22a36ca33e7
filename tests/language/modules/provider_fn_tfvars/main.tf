terraform {
  required_providers {
    hcl = {
      source = "terraform.io/builtin/terraform"
    }
  }
}
locals {
  values = { region = "ap-northeast-1", "x-y" = [1, { b = 2 }], n = null, "日本" = "$${x}%%{y}" }
  text   = provider::hcl::encode_tfvars(local.values)
}
resource "terraform_data" "r" {
  input = {
    text  = local.text
    back  = provider::hcl::decode_tfvars(local.text)
    sum   = provider::hcl::decode_tfvars("a = 1 + 2\nb = [for x in [1, 2] : x * 2]\n").a
    wrong = [for t in ["a = var.x", "a {}", "a = ", "a = upper(\"x\")"] : can(provider::hcl::decode_tfvars(t))]
    names = can(provider::hcl::encode_tfvars({ "b c" = 1 }))
  }
}
