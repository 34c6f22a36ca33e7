provider "aws" {}
resource "aws_sqs_queue" "dev" { name = "x" }
