provider "aws" {
  region = "us-east-1"
}

# One line decides for three; one of them is accepted.
# sekisho: ignore[data-outside-japan, data-unencrypted] names of builds only
resource "aws_sns_topic" "accepted" {
  name = "accepted"
}

# sekisho: ignore[data-unencrypted]
resource "aws_sns_topic" "silent" {
  name = "silent"
}

# sekisho: ignore[data-unencrypted] moved by then until=2026-11-24
resource "aws_sns_topic" "expired" {
  name = "expired"
}

# sekisho: ignore[data-unencripted, key-outside-japan] a typing error
module "network" {
  source  = "example.org/network/aws"
  version = "1.0.0"
}
