variable "region" { type = string }
provider "aws" { region = var.region }
resource "aws_ebs_volume" "customer" {
  availability_zone = "${var.region}a"
  size = 1
}
resource "aws_sqs_queue" "open" {
  name = "open"
  tags = { DataClass = "public" }
}
module "logs" {
  source = "app.terraform.io/acme/store/aws"
  version = "1.0"
}
