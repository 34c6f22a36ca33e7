//! Times the release binary on trees that are made for it, and compares with reading alone.
//!
//! `cargo bench --bench run [-- NAME…]` makes the trees in a temporary directory and prints a table;
//! `-- --make DIR` only makes them, for the instruction counts of benches/README.md;
//! `-- --tree DIR` times a tree that is already there. Wall times are the report, not a gate: other
//! work on the machine moves them, which is why each stands beside `debug read` of the same minute.

#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// So often each command is run; the fastest counts.
const RUNS: usize = 7;

type Make = fn(&Path);

/// Name, what has to be reached (milliseconds; 0: three times `debug read`), how it is made.
const TREES: &[(&str, u128, Make)] = &[
    ("empty", 10, empty),
    ("one-bucket", 15, one_bucket),
    ("shared-module", 300, shared_module),
    ("one-for-each", 1000, one_for_each),
    ("nested-modules", 1000, nested_modules),
    ("mixed", 0, mixed),
];

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["--make", dir] => TREES
            .iter()
            .for_each(|(name, _, make)| made(Path::new(dir), name, *make)),
        ["--tree", dir] => {
            heading();
            row(dir, Path::new(dir), 0);
        }
        names => {
            let temp = tempfile::tempdir().expect("a temporary directory");
            heading();
            for (name, goal, make) in TREES {
                if names.is_empty() || names.contains(name) {
                    made(temp.path(), name, *make);
                    row(name, &temp.path().join(name), *goal);
                }
            }
        }
    }
}

fn made(base: &Path, name: &str, make: Make) {
    let dir = base.join(name);
    fs::create_dir_all(&dir).expect("a directory can be made");
    make(&dir);
}

fn heading() {
    println!(
        "{:16} {:>10} {:>10} {:>10} {:>7} {:>9}",
        "tree", "read ms", "check ms", "inv. ms", "ratio", "goal"
    );
}

fn row(name: &str, dir: &Path, goal: u128) {
    let read = fastest(dir, &["debug", "read", "."]);
    let check = fastest(dir, &["check", ".", "--format", "json"]);
    let inventory = fastest(dir, &["inventory", ".", "--format", "json"]);
    let ratio = check.as_secs_f64() / read.as_secs_f64().max(1e-6);
    let goal = if goal == 0 {
        "3.0 x".to_owned()
    } else {
        format!("{goal} ms")
    };
    println!(
        "{name:16} {:>10.1} {:>10.1} {:>10.1} {ratio:>7.2} {goal:>9}",
        millis(read),
        millis(check),
        millis(inventory)
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn fastest(dir: &Path, args: &[&str]) -> Duration {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_sekisho"))
                .args(args)
                .current_dir(dir)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("the binary starts");
            assert!(status.code().is_some(), "it was killed");
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn write(path: &Path, text: &str) {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).expect("a directory can be made");
    }
    fs::write(path, text).expect("a file can be written");
}

fn empty(_dir: &Path) {}

fn one_bucket(dir: &Path) {
    write(
        &dir.join("main.tf"),
        &format!("{}{}", provider("us-east-1"), bucket("b", "\"b\"")),
    );
}

fn provider(region: &str) -> String {
    format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n\n")
}

fn bucket(name: &str, text: &str) -> String {
    format!("resource \"aws_s3_bucket\" \"{name}\" {{\n  bucket = {text}\n}}\n\n")
}

/// 200 roots of 36 lines, each with three calls of one module.
fn shared_module(dir: &Path) {
    let mut module = String::from(
        "variable \"name\" {\n  type = string\n}\n\nvariable \"tags\" {\n  type    = map(string)\n  default = {}\n}\n\n",
    );
    module.push_str("resource \"aws_kms_key\" \"main\" {\n  description         = \"key of ${var.name}\"\n  enable_key_rotation = true\n  tags                = merge(var.tags, { Name = var.name })\n}\n\n");
    for i in 0..4 {
        let _ = write!(
            module,
            "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = \"${{var.name}}-{i}\"\n  tags   = var.tags\n}}\n\nresource \"aws_s3_bucket_server_side_encryption_configuration\" \"b{i}\" {{\n  bucket = aws_s3_bucket.b{i}.id\n  rule {{\n    apply_server_side_encryption_by_default {{\n      sse_algorithm     = \"aws:kms\"\n      kms_master_key_id = aws_kms_key.main.arn\n    }}\n  }}\n}}\n\n"
        );
    }
    module.push_str("output \"key\" {\n  value = aws_kms_key.main.arn\n}\n");
    write(&dir.join("modules/data/main.tf"), &module);
    for root in 0..200 {
        let mut text = format!(
            "terraform {{\n  backend \"s3\" {{\n    bucket = \"state\"\n    key    = \"r{root}\"\n    region = \"ap-northeast-1\"\n  }}\n}}\n\nvariable \"region\" {{\n  default = \"ap-northeast-1\"\n}}\n\nprovider \"aws\" {{\n  region = var.region\n}}\n"
        );
        for call in 0..3 {
            let _ = write!(
                text,
                "\nmodule \"m{call}\" {{\n  source = \"../../modules/data\"\n  name   = \"app-{root}-{call}\"\n  tags = {{\n    Owner = \"team\"\n  }}\n}}\n"
            );
        }
        write(&dir.join(format!("envs/r{root:03}/main.tf")), &text);
    }
}

fn one_for_each(dir: &Path) {
    let text = format!(
        "{}locals {{\n  names = {{ for i in range(200) : \"n${{i}}\" => i }}\n  all   = merge([for a in range(100) : {{ for b in range(200) : \"x${{a}}-${{b}}\" => b }}]...)\n}}\n\nresource \"aws_sqs_queue\" \"q\" {{\n  for_each                = local.all\n  name                    = each.key\n  sqs_managed_sse_enabled = true\n}}\n",
        provider("us-east-1")
    );
    write(&dir.join("main.tf"), &text);
}

/// 10 calls of a module that calls another 100 times, with 20 stores in it.
fn nested_modules(dir: &Path) {
    let root = format!(
        "{}module \"outer\" {{\n  source   = \"./outer\"\n  for_each = toset([for i in range(10) : tostring(i)])\n  name     = each.key\n}}\n",
        provider("ap-northeast-1")
    );
    write(&dir.join("main.tf"), &root);
    write(
        &dir.join("outer/main.tf"),
        "variable \"name\" {}\n\nmodule \"inner\" {\n  source = \"../inner\"\n  count  = 100\n  name   = \"${var.name}-${count.index}\"\n}\n",
    );
    let mut inner = String::from("variable \"name\" {}\n\n");
    for i in 0..20 {
        inner.push_str(&bucket(&format!("b{i}"), &format!("\"${{var.name}}-{i}\"")));
    }
    write(&dir.join("inner/main.tf"), &inner);
}

/// 5,000 files of many kinds: most of a real tree is of no interest and has to be passed fast.
fn mixed(dir: &Path) {
    let regions = ["ap-northeast-1", "ap-northeast-3", "us-east-1", "eu-west-1"];
    for root in 0..500usize {
        let base: PathBuf = dir.join(format!("team{:02}/app{root:03}", root % 20));
        write(
            &base.join("provider.tf"),
            &provider(regions[root % regions.len()]),
        );
        write(
            &base.join("variables.tf"),
            &(0..15)
                .map(|i| format!("variable \"v{i}\" {{\n  description = \"Value {i} of the application, used in names and tags.\"\n  type        = string\n  default     = \"v{i}\"\n}}\n\n"))
                .collect::<Vec<_>>()
                .concat(),
        );
        write(
            &base.join("network.tf"),
            &(0..12)
                .map(|i| format!("resource \"aws_security_group_rule\" \"r{i}\" {{\n  type              = \"ingress\"\n  from_port         = {p}\n  to_port           = {p}\n  protocol          = \"tcp\"\n  cidr_blocks       = [\"10.{i}.0.0/16\"]\n  security_group_id = aws_security_group.main.id\n}}\n\n", p = 8000 + i))
                .chain(["resource \"aws_security_group\" \"main\" {\n  name = \"${var.v0}-main\"\n}\n".to_owned()])
                .collect::<Vec<_>>()
                .concat(),
        );
        write(
            &base.join("iam.tf"),
            &(0..5)
                .map(|i| format!("data \"aws_iam_policy_document\" \"p{i}\" {{\n  statement {{\n    actions   = [\"s3:GetObject\", \"s3:PutObject\"]\n    resources = [\"${{aws_s3_bucket.b0.arn}}/*\"]\n    condition {{\n      test     = \"StringEquals\"\n      variable = \"aws:PrincipalTag/team\"\n      values   = [var.v{i}]\n    }}\n  }}\n}}\n\n"))
                .collect::<Vec<_>>()
                .concat(),
        );
        let stores = (0..4)
            .map(|i| bucket(&format!("b{i}"), &format!("\"${{var.v{i}}}-data-{i}\"")))
            .chain((0..2).map(|i| {
                format!("resource \"aws_dynamodb_table\" \"t{i}\" {{\n  name     = \"${{var.v{i}}}-t{i}\"\n  hash_key = \"id\"\n\n  attribute {{\n    name = \"id\"\n    type = \"S\"\n  }}\n\n  server_side_encryption {{\n    enabled     = true\n    kms_key_arn = aws_kms_key.main.arn\n  }}\n}}\n\n")
            }))
            .chain(["resource \"aws_kms_key\" \"main\" {\n  enable_key_rotation = true\n}\n".to_owned()])
            .collect::<Vec<_>>()
            .concat();
        write(&base.join("data.tf"), &stores);
        write(
            &base.join("outputs.tf"),
            "output \"bucket\" {\n  value = aws_s3_bucket.b0.id\n}\n",
        );
        write(
            &base.join("terraform.tfvars"),
            "v0 = \"prod\"\nv1 = \"blue\"\n",
        );
        write(&base.join("README.md"), "# An application\n");
        write(
            &base.join("policy.json"),
            "{\"Version\": \"2012-10-17\", \"Statement\": []}\n",
        );
        write(&base.join("deploy.sh"), "#!/bin/sh\nterraform apply\n");
    }
}
