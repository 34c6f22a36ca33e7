resource "aws_s3_bucket" "orders" {
  bucket = "orders"
  tags = {
    Owner = "shop"
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}
