resource "aws_sns_topic" "t" {
  for_each = toset(["a", "b"])
  name     = each.key
}
