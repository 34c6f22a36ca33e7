# What has no row: each kind is told apart, and none makes the run look as if it had judged something.
provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_cloudformation_stack" "app" {
  name          = "app"
  template_body = "{}"
}

resource "helm_release" "app" {
  name  = "app"
  chart = "app"
}

resource "aws_workmail_user" "a" {
  count = 2
}

resource "aws_macie2_classification_job" "a" {}

resource "aws_type_of_tomorrow" "a" {}

resource "aws_vpc" "no_data" {}
