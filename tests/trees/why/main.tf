terraform {
  backend "s3" {
    bucket = "state"
    key    = "why"
    region = "ap-northeast-1"
  }
}

variable "region" {
  type = string
}

variable "dr" {
  type = bool
}

variable "zone" {
  type = string
}

variable "volume_key" {
  type      = string
  sensitive = true
  default   = "arn:aws:kms:ap-northeast-1:111111111111:key/not-to-be-seen"
}

variable "queue_password" {
  default = "hunter2"
}

locals {
  settings = {
    zone = var.dr ? "us-east-1a" : "ap-northeast-1a"
  }
}

provider "aws" {
  region = var.region
}

module "app" {
  source = "./app"
  zone   = local.settings.zone
}

resource "aws_ebs_volume" "sensitive" {
  availability_zone = "ap-northeast-1a"
  encrypted         = true
  kms_key_id        = var.volume_key
}

resource "aws_ebs_volume" "anywhere" {
  availability_zone = var.zone
  encrypted         = true
}

resource "aws_sqs_queue" "q" {
  kms_master_key_id = var.queue_password
}

module "network" {
  source = "example.org/network/aws"
}
