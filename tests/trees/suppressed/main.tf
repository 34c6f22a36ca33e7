provider "aws" {
  region = "us-east-1"
}

resource "aws_kms_key" "k" { # sekisho: ignore[key-outside-japan] serves build artifacts only
}

# sekisho: ignore[data-outside-japan] build artifacts, published anyway until=2027-03-31
resource "aws_s3_bucket" "artifacts" {
  bucket = "artifacts"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }
  }
}

# sekisho: ignore[data-outside-japan, data-unencrypted] names of builds only
module "topics" {
  source = "./topics"
}

# sekisho: ignore[module-not-loaded] looked at by hand, ticket 123
module "network" {
  source  = "example.org/network/aws"
  version = "1.0.0"
}
