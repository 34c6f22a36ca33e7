# Documents whose answers stand in answers.json, as the AWS provider 5.100.0 gave them.

provider "aws" { region = "ap-northeast-1" }
data "aws_iam_policy_document" "plain" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket", "s3:GetObjectVersion"]
    resources = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]
    }
  }
}
data "aws_iam_policy_document" "star" {
  policy_id = "p<1>&"
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::b/&{aws:username}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpce"
      values   = ["vpce-1"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpce"
      values   = ["vpce-2", "vpce-0"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [true]
    }
    condition {
      test     = "StringLike"
      variable = "aws:PrincipalArn"
      values   = []
    }
  }
}
data "aws_iam_policy_document" "kinds" {
  version = "2008-10-17"
  statement {
    effect        = "Deny"
    not_actions   = ["s3:PutObject", "s3:DeleteObject"]
    not_resources = ["arn:aws:s3:::b/public/*"]
    not_principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
  statement {
    sid     = "two"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["111122223333", "444455556666"]
    }
    principals {
      type        = "Service"
      identifiers = ["a.amazonaws.com"]
    }
    principals {
      type        = "Federated"
      identifiers = ["x"]
    }
  }
}
data "aws_iam_policy_document" "empty" {}
data "aws_iam_policy_document" "none" {
  statement {}
}
data "aws_iam_policy_document" "sources" {
  source_policy_documents = [
    data.aws_iam_policy_document.plain.json,
    data.aws_iam_policy_document.star.json,
    jsonencode({ Version = "2008-10-17", Id = "src", Statement = [{ Sid = "S1", Effect = "Allow", Action = ["b:1", "a:1"], Resource = "*", Principal = "*", Condition = { Bool = { "aws:SecureTransport" = false }, StringLike = { "aws:userid" = ["b", "a"] } } }] }),
  ]
  statement {
    sid       = "Read"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
  statement {
    actions   = ["s3:DeleteObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "over" {
  source_policy_documents = [data.aws_iam_policy_document.sources.json]
  override_policy_documents = [
    jsonencode({ Version = "2012-10-17", Id = "over", Statement = [{ Sid = "S1", Effect = "Deny", NotAction = "x:*", NotResource = ["q", "z"], NotPrincipal = { AWS = ["a", "c", "b"], Service = "s" } }, { Sid = "new", Effect = "Allow", Action = "*" }] }),
    data.aws_iam_policy_document.kinds.json,
  ]
}
locals { ports = { a = "vpce-9", b = "vpce-8" } }
data "aws_iam_policy_document" "dynamic" {
  dynamic "statement" {
    for_each = local.ports
    content {
      sid       = statement.key
      actions   = ["s3:Get*", "s3:Get*"]
      resources = ["*"]
      dynamic "principals" {
        for_each = ["Service", "AWS"]
        content {
          type        = principals.value
          identifiers = ["${lower(principals.value)}.example"]
        }
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceVpce"
        values   = [statement.value]
      }
    }
  }
}
data "aws_iam_policy_document" "unicode" {
  statement {
    actions   = ["東京:<Get>", "b&c:\"x\"", "é:2"]
    resources = ["a\u2028b", "tab\there"]
    principals {
      type        = "AWS"
      identifiers = ["*", "arn:aws:iam::111122223333:root"]
    }
    principals {
      type        = "*"
      identifiers = ["x", "*"]
    }
  }
}
data "aws_iam_policy_document" "nulls" {
  version                 = null
  policy_id               = ""
  source_policy_documents = []
  statement {
    sid         = ""
    effect      = null
    actions     = null
    not_actions = []
    resources   = ["*"]
    principals {
      type        = "AWS"
      identifiers = []
    }
  }
}
data "aws_iam_policy_document" "nonjson" {
  source_policy_documents = ["{\"Statement\":[{\"Sid\":\"a\",\"Extra\":1,\"Action\":\"x\"}]}", "{}"]
}
