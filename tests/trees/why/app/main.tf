variable "zone" {
  type = string
}

resource "aws_kms_key" "k" {}

resource "aws_ebs_volume" "data" {
  for_each          = toset(["a", "b"])
  availability_zone = var.zone
  encrypted         = true
  kms_key_id        = aws_kms_key.k.arn
}
