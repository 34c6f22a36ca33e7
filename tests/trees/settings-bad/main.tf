provider "aws" { region = "ap-northeast-1" }
resource "aws_sqs_queue" "dev" { name = "x" }
