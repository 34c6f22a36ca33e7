# Values that must not be seen, in every place where a run could say one.
variable "given" {
  sensitive = true
  type      = number
}
variable "typed" {
  sensitive = true
  type      = list(number)
}
resource "aws_sqs_queue" "typed" {
  name              = var.typed
  kms_master_key_id = var.given
}
provider "aws" { region = "us-east-1" }
variable "secret" {
  sensitive = true
  default   = "hunter2-arn"
}
variable "key" {
  sensitive = true
  default   = "arn:aws:kms:us-east-1:123456789012:key/hunter2-key"
}
variable "n" {
  sensitive = true
  default   = "hunter2-bucket"
  validation {
    condition     = length(var.n) > 100
    error_message = "bad: ${var.n}"
  }
}
locals {
  a = tonumber(var.secret)
  b = jsondecode(var.secret)
  c = lookup({ a = 1 }, var.secret)
  d = { a = 1 }[var.secret]
  e = cidrsubnet(var.secret, 1, 2)
  f = regex("[0-9]{9}", var.secret)
  g = formatdate("YYYY", var.secret)
  h = file(var.secret)
  i = var.secret == "x" ? aws_s3_bucket.nope : tobool(var.secret)
  j = parseint(var.secret, 10)
  k = timeadd(var.secret, "1h")
  l = base64decode("${var.secret}!!")
  m = templatestring(var.secret, {})
  n = setproduct(var.secret)
  o = one([var.secret, "x"])
  p = element([], var.secret)
  q = cidrhost(var.secret, 1)
  r = yamldecode("${var.secret}: : :")
  s = csvdecode("${var.secret}\n\"")
  t = error(var.secret)
}
resource "aws_s3_bucket" "x" {
  bucket = var.n
  tags   = { a = local.a, b = local.b, c = local.c, d = local.d, e = local.e, f = local.f, g = local.g, h = local.h, i = local.i, j = local.j, k = local.k, l = local.l, m = local.m, n = local.n, o = local.o, p = local.p, q = local.q, r = local.r, s = local.s, t = local.t }
}
resource "aws_sqs_queue" "q" {
  name              = var.secret
  kms_master_key_id = var.key
}
resource "aws_sqs_queue" "f" {
  for_each = toset([var.secret])
  name     = each.key
}
resource "aws_sqs_queue" "g" {
  count = var.secret
}
resource "aws_sqs_queue" "h" {
  kms_master_key_id = local.a
  name              = local.b
}
resource "aws_ebs_volume" "v" {
  availability_zone = var.secret
  kms_key_id        = var.secret
  encrypted         = true
  size              = local.a
}
provider "aws" {
  alias  = "x"
  region = var.secret
}
resource "aws_sns_topic" "t" {
  provider          = aws.x
  kms_master_key_id = var.key
}
resource "google_storage_bucket" "g" {
  name     = "x"
  location = var.secret
  encryption {
    default_kms_key_name = "projects/p/locations/${var.secret}/keyRings/r/cryptoKeys/k"
  }
}
resource "aws_db_instance" "d" {
  password          = "hunter2-password"
  storage_encrypted = local.a
}
terraform {
  backend "s3" {
    region     = "us-east-1"
    bucket     = "b"
    secret_key = "hunter2-backend"
  }
}
module "m" {
  source = "./${var.secret}"
}
module "n" {
  source = "git::https://user:hunter2-token@example.com/x.git"
}
resource "aws_rds_cluster" "c" {
  master_password = "hunter2-cluster"
  kms_key_id      = local.a
}
resource "aws_redshift_cluster" "r" {
  master_password = "hunter2-warehouse"
  kms_key_id      = local.a
}
resource "aws_elasticache_replication_group" "e" {
  auth_token = "hunter2-cache"
  kms_key_id = local.a
}
resource "aws_ssm_parameter" "p" {
  type  = "SecureString"
  value = "hunter2-parameter"
}
resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = local.a
  secret_string = jsonencode({ user = "admin", password = "hunter2-json" })
}
resource "azurerm_mssql_server" "m" {
  administrator_login_password = "hunter2-server"
  location                     = var.secret
}
resource "google_sql_user" "u" { password = "hunter2-user" }
