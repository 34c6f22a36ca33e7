provider "aws" {
  region = "ap-northeast-1"
}

module "logs" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "~> 4.0"
}

module "more" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "~> 4.0"
}
