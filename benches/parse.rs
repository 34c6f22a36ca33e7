//! How fast the parser is, and how much memory a tree takes, over a corpus made here.
//!
//! Without a harness: the one figure is megabytes a second of one core, and the parser's target is
//! 150. `cargo bench --bench parse`; with file names as arguments, those files instead.

// A bench prints its result.
#![allow(clippy::print_stdout)]

use sekisho::load::syntax::{parse_json, parse_native};
use std::time::Instant;

/// Realistic text; `@` becomes a number.
const TEXT: &str = r#"# Managed by the platform team. See docs for how names are made.
resource "aws_s3_bucket" "logs_@" {
  bucket        = "${var.prefix}-logs-@-${data.aws_caller_identity.current.account_id}"
  force_destroy = var.environment == "production" ? false : true

  tags = merge(local.tags, {
    Name        = "logs-@"
    Environment = var.environment
    "team:name" = lookup(var.teams, "logs", "platform")
  })
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs_@" {
  count  = length(var.kms_keys) > 0 ? 1 : 0
  bucket = aws_s3_bucket.logs_@.id

  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_keys[count.index].arn
      sse_algorithm     = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_security_group_rule" "ingress_@" {
  for_each = { for k, v in var.rules : k => v if v.enabled && length(v.cidrs) > 0 }

  type              = "ingress"
  from_port         = each.value.port
  to_port           = each.value.port
  protocol          = "tcp"
  cidr_blocks       = each.value.cidrs # never 0.0.0.0/0
  security_group_id = aws_security_group.main[each.key].id
}

data "aws_iam_policy_document" "read_@" {
  statement {
    sid       = "AllowRead@"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.logs_@.arn, "${aws_s3_bucket.logs_@.arn}/*"]
  }
}

variable "subnets_@" {
  description = <<-EOT
    The subnets of stack @, in the order of their zones. Each entry is the
    identifier of a subnet; the first is also used for the load balancer.
  EOT
  type = list(object({
    id   = string
    cidr = optional(string, "10.0.@.0/24")
  }))
  default = []
}

module "database_@" {
  source  = "terraform-aws-modules/rds/aws"
  version = "6.1.1"

  identifier        = format("%s-db-%02d", var.prefix, @)
  allocated_storage = 100
  user_data = <<EOF
#!/bin/bash
%{ for host in module.hosts[*].name ~}
echo "${host}" >> /etc/hosts
%{ endfor ~}
EOF
  subnet_ids = try(var.subnets_@[*].id, [])
}

"#;

fn main() {
    let files: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let native: Vec<Vec<u8>> = if files.is_empty() {
        // Files of about 8 kB, as most are.
        (0..600_u32)
            .map(|f| {
                (0..3)
                    .map(|i| TEXT.replace('@', &(f * 3 + i).to_string()))
                    .collect::<String>()
                    .into_bytes()
            })
            .collect()
    } else {
        files.iter().filter_map(|f| std::fs::read(f).ok()).collect()
    };
    run("native", &native, parse_native);
    let json: Vec<Vec<u8>> = (0..400_u32)
        .map(|f| {
            let resources: Vec<String> = (0..30)
                .map(|i| {
                    format!(
                        r#""r{f}_{i}": {{"bucket": "${{var.p}}-{i}", "tags": {{"Name": "a\"b", "n": {i}}}, "list": [1, true, null, "x"]}}"#
                    )
                })
                .collect();
            format!(r#"{{"resource": {{"aws_s3_bucket": {{{}}}}}}}"#, resources.join(", ")).into_bytes()
        })
        .collect();
    run("json", &json, parse_json);
}

fn run(name: &str, files: &[Vec<u8>], parse: impl Fn(&[u8]) -> sekisho::load::syntax::Tree) {
    let bytes: usize = files.iter().map(Vec::len).sum();
    let memory: usize = files.iter().map(|f| parse(f).memory()).sum();
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        let nodes: usize = files.iter().map(|f| parse(f).len()).sum();
        assert!(nodes > 0);
        best = best.min(start.elapsed().as_secs_f64());
    }
    // Sizes of some megabytes are exact as floats.
    #[allow(clippy::cast_precision_loss)]
    let (bytes, memory) = (bytes as f64, memory as f64);
    println!(
        "{name}: {} files, {:.1} MB, {:.0} MB/s, {:.2} bytes of memory a byte of source",
        files.len(),
        bytes / 1e6,
        bytes / 1e6 / best,
        memory / bytes,
    );
}
