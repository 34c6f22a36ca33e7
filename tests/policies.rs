//! Documents in a configuration: what data sources build of blocks, and that one document has one
//! answer however it is written.

use sekisho::catalog::Catalog;
use sekisho::evaluate::Evaluation;
use sekisho::evaluate::files_on_disk::BoundedFiles;
use sekisho::evaluate::text::parts_of;
use sekisho::evaluate::value::{Part, Val};
use sekisho::extract::readers;
use sekisho::load::syntax::parse_expression;
use sekisho::load::{Request, load};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Evaluates the root in `dir`.
fn at<R>(dir: &Path, f: impl FnOnce(&Evaluation<'_>) -> R) -> R {
    let mut request = Request::new(vec![PathBuf::from(".")], dir.to_path_buf());
    request.boundary = Some(dir.to_path_buf());
    let loaded = load(&request);
    let project = &loaded.project;
    let root = project.roots.first().expect("there is a root");
    let files = BoundedFiles::new(&project.module(root.module).dir, &project.boundaries);
    let set = root.sets.first().expect("it has a set");
    let e = Evaluation::of_types(project, root, set, &files, Catalog::builtin());
    f(&e)
}

fn with<R>(text: &str, f: impl FnOnce(&Evaluation<'_>) -> R) -> R {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    at(dir.path(), f)
}

fn value(e: &Evaluation<'_>, expression: &str) -> Val {
    let tree = parse_expression(expression);
    assert!(tree.errors().is_empty(), "{expression}");
    let (v, errors) = e.root_expression(&tree);
    assert!(errors.is_empty(), "{expression}: {errors:?}");
    v
}

/// A text with `⟨⟩` for what is not known.
fn shown(v: &Val) -> String {
    let gap = |p: Part| p.known().map_or("⟨⟩".to_owned(), str::to_owned);
    parts_of(v).into_iter().map(gap).collect()
}

#[test]
fn policy_documents_are_the_providers() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/iam_policy_document");
    let text = std::fs::read_to_string(dir.join("answers.json")).expect("the answers are there");
    let answers: Value = serde_json::from_str(&text).expect("they are JSON");
    let answers = answers.as_object().expect("by name");
    assert!(answers.len() > 10);
    at(&dir, |e| {
        let mut wrong = String::new();
        for (name, attributes) in answers {
            for (attribute, want) in attributes.as_object().expect("by attribute") {
                let v = value(
                    e,
                    &format!("data.aws_iam_policy_document.{name}.{attribute}"),
                );
                let found = v.as_str().map_or_else(|| shown(&v), str::to_owned);
                if Some(found.as_str()) != want.as_str() {
                    let _ = write!(wrong, "{name}.{attribute}:\n{found}\n");
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    });
}

const UNKNOWN: &str = r#"
variable "name" { type = string }
variable "arns" { type = list(string) }
variable "more" { type = bool }
resource "aws_vpc_endpoint" "e" { vpc_id = "vpc-1" }
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.name}/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
  }
  statement {
    sid     = var.name
    actions = var.arns
    dynamic "condition" {
      for_each = var.arns
      content {
        test     = "StringEquals"
        variable = "aws:SourceVpce"
        values   = [condition.value]
      }
    }
  }
  dynamic "statement" {
    for_each = var.arns
    content {
      actions = [statement.value]
    }
  }
}
data "aws_iam_policy_document" "alternatives" {
  statement {
    effect  = var.more ? "Allow" : "Deny"
    actions = var.more ? ["a:1", "a:2"] : ["a:3"]
  }
  dynamic "statement" {
    for_each = var.more ? ["x"] : []
    content {
      actions = [statement.value]
    }
  }
}
data "aws_iam_policy_document" "wrong" {
  source_policy_documents = ["no json"]
}
data "aws_iam_policy_document" "over" {
  source_policy_documents   = [data.aws_iam_policy_document.alternatives.minified_json]
  override_policy_documents = [var.name]
}
"#;

#[test]
fn what_is_not_known_stays_a_gap() {
    with(UNKNOWN, |e| {
        let min = |name: &str| {
            value(
                e,
                &format!("data.aws_iam_policy_document.{name}.minified_json"),
            )
        };
        assert_eq!(
            shown(&min("d")),
            concat!(
                r#"{"Version":"2012-10-17","Statement":[⟨⟩{"Effect":"Allow","Action":"s3:GetObject","#,
                r#""Resource":"arn:aws:s3:::⟨⟩/*","Principal":{"AWS":"arn:aws:iam::⟨⟩:root"}},"#,
                r#"⟨⟩{"Sid":"⟨⟩","Effect":"Allow","Action":⟨⟩,"Condition":{⟨⟩}}⟨⟩]}"#
            )
        );
        let found: Vec<String> = min("alternatives")
            .alternatives()
            .iter()
            .map(|(w, v)| format!("{}: {}", w.texts().join(" "), shown(v)))
            .collect();
        assert_eq!(
            found,
            [
                concat!(
                    r#"var.more = true: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:2","a:1"]},"#,
                    r#"{"Effect":"Allow","Action":"x"}]}"#
                ),
                r#"var.more = false: {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:3"}]}"#
            ]
        );
        assert_eq!(shown(&min("wrong")), "⟨⟩");
        let over = min("over");
        let first = &over.alternatives()[1].1;
        assert_eq!(
            shown(first),
            r#"{"Version":"⟨⟩","Id":"⟨⟩","Statement":[⟨⟩{"Effect":"Deny","Action":"a:3"}⟨⟩]}"#
        );
    });
}

/// Principal, condition and answer; each document is written in three ways.
const DOCUMENTS: &[(&str, &str, &str, Option<bool>)] = &[
    ("AWS", r#""*""#, "", Some(true)),
    (
        "AWS",
        r#""arn:aws:iam::111122223333:root""#,
        "",
        Some(false),
    ),
    ("Service", r#""sns.amazonaws.com""#, "", Some(false)),
    (
        "AWS",
        r#""arn:aws:iam::${data.aws_caller_identity.me.account_id}:root""#,
        "",
        Some(false),
    ),
    ("AWS", r#""arn:aws:iam::${var.name}:root""#, "", Some(false)),
    ("AWS", r#""${var.name}""#, "", None),
    ("AWS", r#""${aws_iam_role.r.arn}""#, "", Some(false)),
    (
        "AWS",
        r#""*""#,
        r#""${aws_vpc_endpoint.e.id}""#,
        Some(false),
    ),
    ("AWS", r#""*""#, r#""vpce-1""#, Some(false)),
    ("AWS", r#""*""#, r#""vpce-*""#, Some(true)),
    ("AWS", r#""*""#, r#""${var.name}""#, None),
    ("AWS", r#""${var.more ? "*" : "111122223333"}""#, "", None),
];

#[test]
fn one_document_one_answer() {
    let mut text = String::from(
        r#"
variable "name" { type = string }
variable "more" { type = bool }
resource "aws_vpc_endpoint" "e" { vpc_id = "vpc-1" }
resource "aws_iam_role" "r" { assume_role_policy = "{}" }
data "aws_caller_identity" "me" {}
"#,
    );
    for (i, (kind, identifier, value, _)) in DOCUMENTS.iter().enumerate() {
        let (json, object, block) = if value.is_empty() {
            (String::new(), String::new(), String::new())
        } else {
            (
                format!(r#", "Condition": {{"StringEquals": {{"aws:SourceVpce": {value}}}}}"#),
                format!(r#"Condition = {{ StringEquals = {{ "aws:SourceVpce" = {value} }} }}"#),
                format!(
                    "condition {{\n test = \"StringEquals\"\n variable = \"aws:SourceVpce\"\n values = [{value}]\n }}"
                ),
            )
        };
        let _ = write!(
            text,
            r#"
locals {{
  heredoc_{i} = <<-EOT
    {{
      "Version": "2012-10-17",
      "Statement": [
        {{"Effect": "Allow", "Principal": {{"{kind}": {identifier}}}, "Action": "s3:GetObject", "Resource": "*"{json}}}
      ]
    }}
  EOT
  encoded_{i} = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ {kind} = {identifier} }}
      Action    = ["s3:GetObject"]
      Resource  = "*"
      {object}
    }}]
  }})
}}
data "aws_iam_policy_document" "d{i}" {{
  statement {{
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {{
      type        = "{kind}"
      identifiers = [{identifier}]
    }}
    {block}
  }}
}}
"#
        );
    }
    with(&text, |e| {
        let actions = Val::strings(["s3:GetObject"]);
        let mut wrong = String::new();
        for (i, (kind, identifier, condition, want)) in DOCUMENTS.iter().enumerate() {
            for written in [
                format!("local.heredoc_{i}"),
                format!("local.encoded_{i}"),
                format!("data.aws_iam_policy_document.d{i}.json"),
                format!("data.aws_iam_policy_document.d{i}.minified_json"),
            ] {
                let doc = value(e, &written);
                let found = readers::call("policy_open", &[doc.clone(), actions.clone()])
                    .expect("it is a function")
                    .expect("these are its arguments");
                if found.as_bool() != *want {
                    let _ = writeln!(
                        wrong,
                        "{written} ({kind} {identifier} {condition}): {found:?} of {}",
                        shown(&doc)
                    );
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    });
}

#[test]
fn google_policy_documents() {
    let text = r#"
variable "name" { type = string }
data "google_iam_policy" "p" {
  binding {
    role    = "roles/storage.objectViewer"
    members = ["user:${var.name}", "domain:example.com"]
  }
  binding {
    role    = "roles/storage.admin"
    members = ["serviceAccount:a@p.iam.gserviceaccount.com"]
    condition {
      title      = "until"
      expression = "request.time < timestamp('2027-01-01T00:00:00Z')"
    }
  }
}
data "google_iam_policy" "open" {
  binding {
    role    = "roles/storage.objectViewer"
    members = ["allUsers", var.name]
  }
}
data "google_iam_policy" "dark" {
  binding {
    role    = "roles/storage.objectViewer"
    members = [var.name]
  }
}
"#;
    with(text, |e| {
        let data = |name: &str| value(e, &format!("data.google_iam_policy.{name}.policy_data"));
        assert_eq!(
            shown(&data("p")),
            concat!(
                r#"{"bindings":[{"condition":{"expression":"request.time \u003c timestamp('2027-01-01T00:00:00Z')","title":"until"},"#,
                r#""members":["serviceAccount:a@p.iam.gserviceaccount.com"],"role":"roles/storage.admin"},"#,
                r#"{"members":["domain:example.com","user:⟨⟩"],"role":"roles/storage.objectViewer"}]}"#
            )
        );
        let open = |name: &str| {
            readers::call("policy_data_open", &[data(name)])
                .expect("it is a function")
                .expect("this is its argument")
                .as_bool()
        };
        assert_eq!(open("p"), Some(false));
        assert_eq!(open("open"), Some(true));
        assert_eq!(open("dark"), None);
    });
}
