variable "zone" {
  type = string
}

terraform {
  backend "s3" {
    bucket = "state"
    key    = "stage"
    region = "ap-northeast-1"
  }
}

resource "aws_ebs_volume" "anywhere" {
  availability_zone = var.zone
  encrypted         = true
}
