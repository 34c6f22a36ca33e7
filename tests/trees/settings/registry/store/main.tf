resource "aws_sqs_queue" "mapped" { name = "x" }
