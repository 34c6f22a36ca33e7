//! The flow map: what stands in which box, what leads where, and that nothing of the input is read as
//! anything but text.

mod support;

use std::collections::BTreeSet;
use support::{run, snapshot};

const COPIES: &str = "../../fixtures/evaluation/copies";

fn drawn(path: &str, format: &str, more: &[&str]) -> String {
    let args = [&["inventory", path, "--format", format], more].concat();
    String::from_utf8(run(&args).stdout).expect("output is UTF-8")
}

#[test]
fn as_it_is_drawn() {
    snapshot(
        "mermaid-copies",
        &["inventory", COPIES, "--format", "mermaid"],
    );
    snapshot(
        "svg-copies-ja",
        &["inventory", COPIES, "--format", "svg", "--lang", "ja"],
    );
    snapshot(
        "mermaid-modules",
        &["inventory", "modules", "--format", "mermaid"],
    );
}

/// Marks of an XML text, each closed in the right order; gives the names of those that opened.
fn elements(text: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').expect("a mark is closed") + at;
        let mark = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if mark.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = mark.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = mark.split([' ', '/']).next().expect("a name").to_owned();
        if !mark.ends_with('/') {
            open.push(name.clone());
        }
        all.push(name);
    }
    assert!(open.is_empty(), "{open:?}");
    for entity in text.split('&').skip(1) {
        let name = entity.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&name),
            "&{name}"
        );
    }
    all
}

#[test]
fn svg_is_whole_and_brings_nothing_along() {
    for lang in ["en", "ja"] {
        for path in [
            "../../fixtures/demo",
            COPIES,
            "bucket",
            "modules",
            "broken",
            "empty",
        ] {
            let text = drawn(path, "svg", &["--lang", lang]);
            let names: BTreeSet<String> = elements(&text).into_iter().collect();
            assert!(names.contains("title") && names.contains("desc"), "{path}");
            for bad in ["script", "image", "foreignObject", "a", "use", "iframe"] {
                assert!(!names.contains(bad), "{path}: {bad}");
            }
            let links = text.matches("://").count();
            assert_eq!(links, text.matches("http://www.w3.org/2000/svg").count());
            assert!(
                !text.contains("@import") && !text.contains("url(h"),
                "{path}"
            );
        }
    }
}

#[test]
fn nothing_of_the_input_is_read_as_anything_but_text() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let hostile =
        r#"x</title><script>alert(1)</script>&amp;\" onload=\"a ]]> --> `` | ; {{ %%{init}%%"#;
    std::fs::write(
        dir.path().join("main.tf"),
        format!(
            "provider \"aws\" {{\n  region = \"us-east-1\"\n}}\n\
             resource \"aws_sqs_queue\" \"q\" {{\n  for_each = toset([\"{hostile}\"])\n}}\n"
        ),
    )
    .expect("written");
    let path = dir.path().display().to_string();
    let svg = drawn(&path, "svg", &[]);
    let names = elements(&svg);
    assert!(!names.contains(&"script".to_owned()), "{svg}");
    assert!(svg.contains("&lt;script&gt;"), "{svg}");
    let mermaid = drawn(&path, "mermaid", &[]);
    let node = mermaid.lines().find(|l| l.contains("aws_sqs_queue.q"));
    let node = node.expect("it is drawn").trim();
    assert_eq!(node.matches('"').count(), 2, "{node}");
    assert!(
        !mermaid.contains("<script") && !mermaid.contains("%%{"),
        "{mermaid}"
    );
}

#[test]
fn abroad_is_told_in_words_and_by_the_line() {
    let svg = drawn("bucket", "svg", &[]);
    assert!(svg.contains("ABROAD: United States (US)"), "{svg}");
    assert!(svg.contains("class=\"lane abroad\""), "{svg}");
    let tokyo = drawn("bucket", "svg", &["--var-file", "bucket/tokyo.tfvars"]);
    assert!(!tokyo.contains("class=\"lane abroad\""), "{tokyo}");
}

#[test]
fn many_stores_are_few_boxes_and_none_is_lost() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut text = String::from("provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n");
    text += "provider \"aws\" {\n  alias = \"us\"\n  region = \"us-east-1\"\n}\n";
    for i in 0..250 {
        text += &format!("resource \"aws_sqs_queue\" \"q{i}\" {{}}\n");
        text += &format!("resource \"aws_s3_bucket\" \"b{i}\" {{\n  provider = aws.us\n}}\n");
    }
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    let path = dir.path().display().to_string();
    let mermaid = drawn(&path, "mermaid", &[]);
    let nodes = mermaid.lines().filter(|l| l.starts_with("    n")).count();
    assert!(nodes < 10, "{mermaid}");
    assert!(mermaid.contains("aws_sqs_queue ×250"), "{mermaid}");
    assert!(mermaid.contains("aws_s3_bucket ×250"), "{mermaid}");
    let svg = drawn(&path, "svg", &[]);
    elements(&svg);
    assert!(svg.contains("aws_s3_bucket ×250"), "{svg}");
}

#[test]
fn the_same_bytes_each_time() {
    for format in ["mermaid", "svg"] {
        let path = "../../fixtures/evaluation";
        assert_eq!(drawn(path, format, &[]), drawn(path, format, &[]));
    }
}
