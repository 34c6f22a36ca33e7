terraform {
  backend "s3" {
    bucket = "example-state"
    key    = "app"
    region = "ap-northeast-1"
  }
}

variable "region" {
  default = "us-east-1"
}

provider "aws" {
  region = var.region
}

resource "aws_kms_key" "orders" {
  enable_key_rotation = true
}

resource "aws_s3_bucket" "orders" {
  bucket = "example-orders"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.orders.arn
    }
  }
}

resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = false
}

resource "example_unknown_thing" "x" {}
