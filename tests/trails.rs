//! Trails: the way of a value in a finding, to the literal that decides.

mod support;

use serde_json::Value;
use std::path::Path;
use support::sekisho;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(dir.path().join(".git")).expect("made");
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    dir
}

fn findings(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Vec<Value> {
    let args: Vec<&str> = ["check", ".", "--format", "json", "--lang", "en"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let mut command = sekisho(&args);
    let output = command.current_dir(dir).envs(env.iter().copied()).output();
    let output = output.expect("it starts");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    value["findings"].as_array().expect("a list").clone()
}

/// The finding of a rule about an address.
fn about<'f>(all: &'f [Value], rule: &str, address: &str) -> Option<&'f Value> {
    all.iter().find(|f| {
        let addresses = f["addresses"].as_array().expect("a list");
        f["rule"] == rule && addresses.iter().any(|a| a == address)
    })
}

/// `file:line message = value` of each step.
fn way(finding: &Value) -> Vec<String> {
    let steps = finding["trail"].as_array().expect("a list").iter();
    let text = |v: &Value| v.as_str().unwrap_or("?").to_owned();
    steps
        .map(|s| {
            let (file, message) = (text(&s["file"]), text(&s["message"]));
            format!("{file}:{} {message} = {}", s["line"], text(&s["value"]))
        })
        .collect()
}

/// Each resource has a way of its own to a literal that stands alone on its line.
const WAYS: &str = r#"
variable "plain" {
  default = "us-east-1"
}
variable "given" {}
variable "json" {}
variable "listed" {
  default = [
    "us-east-1",
    "us-east-2",
  ]
}
variable "sized" {
  type = map(object({
    size   = number
    region = optional(string,
      "us-east-1")
  }))
  default = {
    a = { size = 1 }
    b = {
      size = 2
      region = "us-west-1"
    }
  }
}
variable "prod" {
  default = false
}
locals {
  base = {
    region = "us-east-1"
    other = {
      region = "us-east-2"
    }
  }
  more   = merge(local.base, { x = 2 })
  byname = { for k, v in var.sized : upper(k) => v.region if v.size > 1 }
  names = [for r in [
    "us-east-1",
    "us-west-2",
  ] : r if r != "us-east-1"]
  zipped = zipmap(["a", "b"], [
    "us-east-1",
    "us-east-2",
  ])
}
provider "aws" {
  region = "ap-northeast-1"
}
resource "aws_sqs_queue" "plain" {
  region = var.plain
}
resource "aws_sqs_queue" "template" {
  region = "us-${trimprefix(local.suffix, "us-")}"
}
locals {
  suffix = (
    "us-east-1")
}
resource "aws_sqs_queue" "given" {
  region = lower(var.given)
}
resource "aws_sqs_queue" "json" {
  region = var.json.region
}
resource "aws_sqs_queue" "listed" {
  count  = 2
  region = var.listed[count.index]
}
resource "aws_sqs_queue" "element" {
  region = element(var.listed, 3)
}
resource "aws_sqs_queue" "each" {
  for_each = var.sized
  region   = each.value.region
}
resource "aws_sqs_queue" "key" {
  for_each = toset([
    "us-east-1",
    "us-east-2",
  ])
  region = each.key
}
resource "aws_sqs_queue" "merged" {
  region = lookup(local.more, "region", "x")
}
resource "aws_sqs_queue" "deep" {
  region = local.more.other.region
}
resource "aws_sqs_queue" "missing" {
  region = lookup(local.more, "none",
    "us-east-1")
}
resource "aws_sqs_queue" "for" {
  region = local.byname["B"]
}
resource "aws_sqs_queue" "filtered" {
  region = local.names[0]
}
resource "aws_sqs_queue" "zipped" {
  region = local.zipped["b"]
}
resource "aws_sqs_queue" "chosen" {
  region = var.prod ? "ap-northeast-1" : (
    "us-east-1")
}
resource "aws_sqs_queue" "tried" {
  region = try(local.base.nothing,
    "us-east-1")
}
resource "aws_sqs_queue" "coalesced" {
  region = coalesce("",
    "us-east-1")
}
resource "aws_sqs_queue" "splat" {
  region = ([local.base.other][*].region)[0]
}
module "m" {
  source   = "./m"
  for_each = { one = {
    region = "us-east-1"
  } }
  regions = [each.value.region, "x"]
}
resource "aws_sqs_queue" "output" {
  region = module.m["one"].first
}
resource "aws_sqs_queue" "handed" {
  region = aws_sqs_queue.plain.region
}
"#;
const MODULE: &str = r#"
variable "regions" { type = list(string) }
resource "aws_sqs_queue" "q" {
  region = var.regions[0]
}
output "first" {
  value = var.regions[0]
}
"#;

fn ways() -> TempDir {
    tree(&[
        ("main.tf", WAYS),
        ("m/main.tf", MODULE),
        ("terraform.tfvars", "given = \"us-east-1\"\n"),
        (
            "x.auto.tfvars.json",
            "{\n  \"json\": {\n    \"region\": \"us-east-1\"\n  }\n}\n",
        ),
    ])
}

/// What a trail ends at is what decides: with another value there the finding is gone.
#[test]
fn the_end_of_a_trail_is_the_literal_that_decides() {
    let addresses = [
        "aws_sqs_queue.plain",
        "aws_sqs_queue.template",
        "aws_sqs_queue.given",
        "aws_sqs_queue.json",
        "aws_sqs_queue.listed[0]",
        "aws_sqs_queue.listed[1]",
        "aws_sqs_queue.element",
        "aws_sqs_queue.each[\"a\"]",
        "aws_sqs_queue.each[\"b\"]",
        "aws_sqs_queue.merged",
        "aws_sqs_queue.deep",
        "aws_sqs_queue.missing",
        "aws_sqs_queue.for",
        "aws_sqs_queue.filtered",
        "aws_sqs_queue.zipped",
        "aws_sqs_queue.chosen",
        "aws_sqs_queue.tried",
        "aws_sqs_queue.coalesced",
        "aws_sqs_queue.splat",
        "module.m[\"one\"].aws_sqs_queue.q",
        "aws_sqs_queue.output",
        "aws_sqs_queue.handed",
    ];
    let rule = "data-outside-japan";
    let dir = ways();
    let before = findings(dir.path(), &[], &[]);
    for address in addresses {
        let finding = about(&before, rule, address).unwrap_or_else(|| panic!("{address}"));
        let message = finding["message"].as_str().expect("a text");
        let trail = finding["trail"].as_array().expect("a list");
        // Of several facts each one's way is there: one of the literals is this address's.
        let mut decided = 0;
        for step in trail {
            let Some(value) = step["value"].as_str() else {
                continue;
            };
            let path = dir.path().join(step["file"].as_str().expect("a file"));
            let text = std::fs::read_to_string(&path).expect("there");
            let line = step["line"].as_u64().expect("a number") as usize;
            let changed: Vec<String> = text
                .lines()
                .enumerate()
                .map(|(n, l)| {
                    if n + 1 == line {
                        l.replace(value, "\"ap-northeast-1\"")
                    } else {
                        l.to_owned()
                    }
                })
                .collect();
            let changed = changed.join("\n") + "\n";
            if changed == text {
                continue;
            }
            assert!(message.contains(value.trim_matches('"')), "{finding:#}");
            std::fs::write(&path, changed).expect("written");
            let after = findings(dir.path(), &[], &[]);
            std::fs::write(&path, text).expect("written");
            decided += usize::from(about(&after, rule, address).is_none());
        }
        // The text of a template is not the region itself.
        let expected = usize::from(address != "aws_sqs_queue.template");
        assert_eq!(decided, expected, "{address} {:#?}", way(finding));
        if expected == 0 {
            let last = way(finding).pop().unwrap_or_default();
            assert!(last.contains("local.suffix"), "{last}");
        }
    }
    // An element of a set is its own key: changed, it is another instance.
    let key = about(&before, rule, "aws_sqs_queue.key[\"us-east-2\"]").expect("found");
    let ends = way(key);
    assert_eq!(ends.len(), 4, "{ends:#?}");
    assert!(
        ends[3].ends_with("this element = \"us-east-2\""),
        "{ends:#?}"
    );
}

/// A value without a file says where it is from; one that is not there, what to do.
#[test]
fn what_stands_in_no_file_is_told() {
    let dir = tree(&[(
        "main.tf",
        "variable \"env\" {}\nvariable \"typed\" {}\nvariable \"none\" {}\nprovider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nresource \"aws_sqs_queue\" \"e\" {\n  region = var.env\n}\nresource \"aws_sqs_queue\" \"t\" {\n  region = var.typed\n}\nresource \"aws_sqs_queue\" \"n\" {\n  region = var.none\n}\n",
    )]);
    let all = findings(
        dir.path(),
        &["--var", "typed=us-west-1"],
        &[("TF_VAR_env", "us-east-1")],
    );
    let of = |rule: &str, address: &str| way(about(&all, rule, address).expect("found"));
    let rule = "data-outside-japan";
    assert_eq!(
        of(rule, "aws_sqs_queue.e"),
        ["main.tf:1 var.env: the value of TF_VAR_env in the environment = \"us-east-1\""]
    );
    assert_eq!(
        of(rule, "aws_sqs_queue.t"),
        ["main.tf:2 var.typed: the value that --var gives = \"us-west-1\""]
    );
    let none = of("location-undetermined", "aws_sqs_queue.n");
    assert!(
        none.iter().all(|s| s.contains("--var-file")),
        "both say what to do: {none:#?}"
    );
}

#[test]
fn of_alternatives_each_has_its_way_and_its_assumption() {
    let text = "variable \"dr\" {\n  type = bool\n}\nvariable \"far\" {\n  default = \"us-east-1\"\n}\nvariable \"home\" {\n  default = \"eu-west-1\"\n}\nprovider \"aws\" {\n  region = var.dr ? var.far : var.home\n}\nresource \"aws_sqs_queue\" \"q\" {}\n";
    let dir = tree(&[("main.tf", text)]);
    let all = findings(dir.path(), &[], &[]);
    let finding = about(&all, "data-outside-japan", "aws_sqs_queue.q").expect("found");
    let steps = way(finding);
    let expected = [
        "main.tf:1 var.dr has no value",
        "main.tf:11 if var.dr = true = \"us-east-1\"",
        "main.tf:5 the default of var.far = \"us-east-1\"",
        "main.tf:11 if var.dr = false = \"eu-west-1\"",
        "main.tf:8 the default of var.home = \"eu-west-1\"",
    ];
    assert_eq!(steps.len(), expected.len(), "{steps:#?}");
    for (step, expected) in steps.iter().zip(expected) {
        assert!(step.starts_with(expected), "{steps:#?}");
    }
    // A comment at one of the alternatives says nothing of the other.
    let commented = text.replace(
        "\"us-east-1\"",
        "\"us-east-1\" # sekisho: ignore[data-outside-japan] this one only",
    );
    std::fs::write(dir.path().join("main.tf"), commented).expect("written");
    let all = findings(dir.path(), &[], &[]);
    let finding = about(&all, "data-outside-japan", "aws_sqs_queue.q").expect("found");
    assert!(finding["suppressed"].is_null(), "{finding:#}");
    // `why` tells of an alternative its own way only.
    let output = sekisho(&["why", "aws_sqs_queue.q", "location", "--lang", "en"])
        .current_dir(dir.path())
        .output()
        .expect("it starts");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(tree.matches("the default of var.far").count(), 1, "{tree}");
    assert_eq!(tree.matches("the default of var.home").count(), 1, "{tree}");
}

#[test]
fn of_variable_sets_each_has_its_way() {
    let dir = tree(&[
        (
            "main.tf",
            "variable \"region\" {}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_sqs_queue\" \"q\" {}\n",
        ),
        ("a.tfvars", "region = \"us-east-1\"\n"),
        ("b.tfvars", "region = \"us-east-1\"\n"),
        ("c.tfvars", "region = \"us-west-2\"\n"),
    ]);
    let all = findings(dir.path(), &["--variable-sets", "auto"], &[]);
    let finding = about(&all, "data-outside-japan", "aws_sqs_queue.q").expect("found");
    assert_eq!(
        way(finding),
        [
            "a.tfvars:1 the value given for var.region = \"us-east-1\"",
            "b.tfvars:1 the value given for var.region = \"us-east-1\"",
            "c.tfvars:1 the value given for var.region = \"us-west-2\"",
        ]
    );
}

/// Neither what Terraform calls sensitive nor what sounds like a secret, on any step.
#[test]
fn secrets_are_on_no_way() {
    let dir = tree(&[(
        "main.tf",
        "variable \"hush\" {\n  sensitive = true\n  default   = \"us-east-1\"\n}\nvariable \"api_token\" {\n  default = \"us-east-1\"\n}\nlocals {\n  plain = var.api_token\n}\nprovider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nresource \"aws_sqs_queue\" \"a\" {\n  region = var.hush\n}\nresource \"aws_sqs_queue\" \"b\" {\n  region = local.plain\n}\n",
    )]);
    let all = findings(dir.path(), &[], &[]);
    let mut steps = 0;
    for finding in &all {
        for step in finding["trail"].as_array().expect("a list") {
            assert!(step["value"].is_null(), "{step}");
            steps += 1;
        }
    }
    assert!(steps > 1, "{all:#?}");
}

/// Two copies of one store are two facts of one finding: through the iterator of a `dynamic` block.
#[test]
fn of_several_facts_each_has_its_way() {
    let dir = tree(&[
        (
            "main.tf",
            "variable \"replicas\" {\n  default = [\n    \"us-east-1\",\n    \"us-west-2\",\n  ]\n}\nvariable \"far\" {\n  default = \"us-east-2\"\n}\nprovider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nprovider \"aws\" {\n  alias  = \"far\"\n  region = var.far\n}\nresource \"aws_dynamodb_table\" \"t\" {\n  dynamic \"replica\" {\n    for_each = var.replicas\n    iterator = it\n    content {\n      region_name = it.value\n    }\n  }\n}\nmodule \"m\" {\n  source    = \"./m\"\n  providers = { aws = aws.far }\n}\n",
        ),
        ("m/main.tf", QUEUE),
    ]);
    let all = findings(dir.path(), &[], &[]);
    let copies = about(&all, "copy-outside-japan", "aws_dynamodb_table.t").expect("found");
    let ends: Vec<String> = way(copies)
        .into_iter()
        .filter(|s| s.contains("this element"))
        .collect();
    assert_eq!(
        ends,
        [
            "main.tf:3 this element = \"us-east-1\"",
            "main.tf:4 this element = \"us-west-2\"",
        ]
    );
    // The configuration that is handed to a module is the root's own.
    let module = about(&all, "data-outside-japan", "module.m.aws_sqs_queue.q").expect("found");
    assert_eq!(module["line"], 15);
    assert_eq!(
        way(module),
        ["main.tf:8 the default of var.far = \"us-east-2\""]
    );
}

const QUEUE: &str = "resource \"aws_sqs_queue\" \"q\" {}\n";
