//! What Terraform does not have: alternatives under assumptions, references, known parts, `[*]`.

use super::Evaluation;
use super::files_on_disk::BoundedFiles;
use super::value::{Kind, Val, Why};
use crate::load::{GivenArg, Request, load};
use std::path::PathBuf;

/// Loads `text` as a root and hands its evaluation to `f`.
fn with(text: &str, vars: &[(&str, &str)], f: impl FnOnce(&Evaluation<'_>)) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    let mut request = Request::new(vec![PathBuf::from(".")], dir.path().to_path_buf());
    request.boundary = Some(dir.path().to_path_buf());
    request.given = vars
        .iter()
        .map(|(k, v)| GivenArg::Var((*k).into(), (*v).into()))
        .collect();
    let loaded = load(&request);
    let project = &loaded.project;
    let root = &project.roots[0];
    let files = BoundedFiles::new(&project.module(root.module).dir, &project.boundaries);
    f(&Evaluation::new(project, root, &root.sets[0], &files));
}

fn output(e: &Evaluation<'_>, name: &str) -> Val {
    let module = e.project.module(e.root.module);
    e.output_at(0, module.output_index[name])
}

fn texts(v: &Val) -> Vec<String> {
    v.alternatives()
        .iter()
        .map(|(w, v)| {
            let shown = match &v.kind {
                Kind::Str(s) => s.to_string(),
                Kind::Num(n) => n.to_string(),
                Kind::Bool(b) => b.to_string(),
                Kind::Null(_) => "null".into(),
                Kind::Unknown(_) => "unknown".into(),
                _ => "…".into(),
            };
            format!("{shown} if {}", w.texts().join(" and "))
        })
        .collect()
}

#[test]
fn an_unknown_condition_gives_both_each_under_its_assumption() {
    let text = r#"
        variable "dr" { type = bool }
        locals {
          region = var.dr ? "us-east-1" : "ap-northeast-1"
          arn    = "arn:aws:kms:${local.region}:1:key/x"
          both   = "${local.region}/${var.dr ? "dr" : "main"}"
          not    = !var.dr ? "a" : "b"
        }
        output "arn"  { value = local.arn }
        output "both" { value = local.both }
        output "not"  { value = "${local.not}-${local.region}" }
    "#;
    with(text, &[], |e| {
        assert_eq!(
            texts(&output(e, "arn")),
            [
                "arn:aws:kms:us-east-1:1:key/x if var.dr = true",
                "arn:aws:kms:ap-northeast-1:1:key/x if var.dr = false"
            ]
        );
        // The two conditions are one: there is no world with us-east-1 and main.
        assert_eq!(
            texts(&output(e, "both")),
            [
                "us-east-1/dr if var.dr = true",
                "ap-northeast-1/main if var.dr = false"
            ]
        );
        let mut not = texts(&output(e, "not"));
        not.sort();
        assert_eq!(
            not,
            [
                "a-ap-northeast-1 if var.dr = false",
                "b-us-east-1 if var.dr = true"
            ]
        );
    });
    with(text, &[("dr", "true")], |e| {
        assert_eq!(texts(&output(e, "both")), ["us-east-1/dr if "]);
    });
}

#[test]
fn equality_with_a_constant_is_the_same_assumption_everywhere() {
    let text = r#"
        variable "env" { type = string }
        locals {
          a = var.env == "prod" ? 1 : 2
          b = var.env != "prod" ? 10 : 20
          c = { prod = 100, dev = 200 }[var.env]
        }
        output "ab" { value = local.a + local.b }
        output "ac" { value = local.a + local.c }
    "#;
    with(text, &[], |e| {
        let mut ab = texts(&output(e, "ab"));
        ab.sort();
        assert_eq!(ab, ["12 if var.env ≠ \"prod\"", "21 if var.env = \"prod\""]);
        let ac = output(e, "ac");
        let numbers: Vec<String> = texts(&ac)
            .iter()
            .map(|t| t.split(' ').next().unwrap_or("").into())
            .collect();
        let mut sorted = numbers.clone();
        sorted.sort();
        assert_eq!(sorted, ["101", "202"], "{:?}", texts(&ac));
    });
}

#[test]
fn instances_exist_in_the_worlds_of_their_count() {
    let text = r#"
        variable "dr" { type = bool }
        resource "x_store" "a" {
          count  = var.dr ? 1 : 0
          region = var.dr ? "us" : "jp"
        }
        resource "x_store" "b" { count = length(var.list) }
        variable "list" { type = list(string) }
        output "one" { value = one(x_store.a[*].region) }
    "#;
    with(text, &[], |e| {
        let addresses: Vec<&str> = e.instances().iter().map(|i| &*i.address).collect();
        assert_eq!(addresses, ["x_store.a[0]", "x_store.b[*]"]);
        let a = &e.instances()[0];
        assert_eq!(a.worlds.len(), 1);
        assert!(a.counted);
        assert!(!e.instances()[1].counted);
        // Read in the world in which it exists, the region is one.
        let view = e.view(a.id);
        assert_eq!(
            texts(&e.attribute(&view, "region").expect("written").val),
            ["us if "]
        );
        assert_eq!(
            texts(&output(e, "one")),
            ["us if var.dr = true", "null if var.dr = false"]
        );
    });
}

#[test]
fn a_computed_attribute_keeps_its_reference_through_locals_and_modules() {
    let text = r#"
        resource "x_key" "k" {
          for_each = toset(["a", "b"])
        }
        locals { keys = { for n, k in x_key.k : n => k.arn } }
        resource "x_store" "s" {
          for_each = local.keys
          key      = each.value
          name     = x_key.k["a"].id
          half     = "prefix/${x_key.k["b"].id}"
        }
    "#;
    with(text, &[], |e| {
        let store = e
            .instances()
            .iter()
            .find(|i| &*i.address == "x_store.s[\"b\"]")
            .expect("there");
        let view = e.view(store.id);
        let key = e.attribute(&view, "key").expect("written").val;
        let via = key.via.clone().expect("a reference");
        assert_eq!(e.address(&via), "x_key.k[\"b\"].arn");
        assert_eq!(e.resolve(&via).len(), 1);
        let half = e.attribute(&view, "half").expect("written").val;
        let unknown = half.as_unknown().expect("not known");
        assert_eq!(unknown.parts.len(), 2);
        assert_eq!(e.address(&unknown.refs[0]), "x_key.k[\"b\"].id");
        assert!(!super::could_be(&unknown.parts, "other/x"));
        assert!(super::could_be(&unknown.parts, "prefix/x"));
    });
}

#[test]
fn too_many_possibilities_are_plain_unknown_with_that_reason() {
    let mut text = String::new();
    for i in 0..6 {
        text += &format!("variable \"v{i}\" {{ type = bool }}\n");
    }
    text += "output \"o\" { value = 0";
    for i in 0..6 {
        text += &format!(" + (var.v{i} ? {} : 0)", 1 << i);
    }
    text += " }\n";
    with(&text, &[], |e| {
        let v = output(e, "o");
        // What is left may still differ by the last condition; no part of it is known.
        for (_, v) in v.alternatives() {
            assert_eq!(v.as_unknown().map(|u| u.why), Some(Why::TooMany), "{v:?}");
        }
    });
}

#[test]
fn a_cycle_is_a_diagnostic_and_the_rest_is_evaluated() {
    let text = r#"
        locals {
          a = local.b
          b = local.a
          c = "x"
        }
        output "a" { value = local.a }
        output "c" { value = local.c }
    "#;
    with(text, &[], |e| {
        let a = output(e, "a");
        assert_eq!(a.as_unknown().map(|u| u.why), Some(Why::Error));
        assert_eq!(output(e, "c").as_str(), Some("x"));
        assert!(
            e.diagnostics()
                .iter()
                .any(|d| d.message.key == "evaluate.cycle")
        );
    });
}

#[test]
fn deep_chains_end_in_a_limit_not_in_a_crash() {
    let mut text = String::from("locals {\n  l0 = 1\n");
    for i in 1..5_000 {
        text += &format!("  l{i} = [local.l{}]\n", i - 1);
    }
    text += "}\noutput \"o\" { value = local.l4999 }\n";
    let run = move || {
        with(&text, &[], |e| {
            let v = output(e, "o");
            assert!(
                e.diagnostics()
                    .iter()
                    .any(|d| d.message.key == "limit.depth")
            );
            drop(v);
        });
    };
    // As the program does: on a thread with the stack that the limits are made for.
    let thread = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(run)
        .expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn values_that_share_their_parts_end_in_a_limit() {
    let mut wide = String::from("locals {\n  l0 = [1, 2]\n");
    let mut deep = String::from("locals {\n  l0 = [1]\n");
    for i in 1..100 {
        wide += &format!("  l{i} = [local.l{}, local.l{}]\n", i - 1, i - 1);
    }
    for i in 1..20_000 {
        deep += &format!("  l{i} = [local.l{}]\n", i - 1);
    }
    wide += "}\noutput \"o\" { value = jsonencode(local.l99) }\n";
    // Asked for one after the other, no evaluation is deep; the value is.
    deep += "}\noutput \"o\" { value = [";
    for i in 0..20_000 {
        deep += &format!("local.l{i}, ");
    }
    deep += "] }\n";
    for text in [wide, deep] {
        with(&text, &[], |e| {
            drop(output(e, "o"));
            assert!(
                e.diagnostics()
                    .iter()
                    .any(|d| d.message.key == "limit.size")
            );
        });
    }
}

#[test]
fn a_provider_is_handed_through_modules_by_name_and_alias() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("in a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "main.tf",
        r#"
        provider "x" { region = "jp" }
        provider "x" {
          alias  = "us"
          region = var.r
        }
        variable "r" { default = "us" }
        module "a" {
          source    = "./a"
          providers = { x = x.us }
        }
        module "b" { source = "./a" }
    "#,
    );
    write("a/main.tf", "module \"in\" { source = \"../b\" }\n");
    write("b/main.tf", "resource \"x_store\" \"s\" {}\n");
    let mut request = Request::new(vec![PathBuf::from(".")], dir.path().to_path_buf());
    request.boundary = Some(dir.path().to_path_buf());
    let loaded = load(&request);
    let root = &loaded.project.roots[0];
    let files = BoundedFiles::new(
        &loaded.project.module(root.module).dir,
        &loaded.project.boundaries,
    );
    let e = Evaluation::new(&loaded.project, root, &root.sets[0], &files);
    let regions: Vec<(String, Vec<String>)> = e
        .instances()
        .iter()
        .map(|i| {
            let provider = e.provider(i.id);
            let view = provider.view.expect("configured");
            let region = e.attribute(&view, "region").expect("written");
            (i.address.to_string(), texts(&region.val))
        })
        .collect();
    assert_eq!(
        regions,
        [
            (
                "module.a.module.in.x_store.s".into(),
                vec!["us if ".to_owned()]
            ),
            (
                "module.b.module.in.x_store.s".into(),
                vec!["jp if ".to_owned()]
            ),
        ]
    );
    let view = e.provider(e.instances()[0].id).view.expect("configured");
    let trail = e.trail(&e.attribute(&view, "region").expect("written"));
    assert_eq!(trail.len(), 1, "the default of var.r: {trail:?}");
    assert_eq!(trail[0].message.key, "trail.default");
}

#[test]
fn dynamic_blocks_unfold_and_unknown_ones_are_a_maybe() {
    let text = r#"
        variable "list" { type = list(string) }
        variable "on" { type = bool }
        resource "x_store" "s" {
          dynamic "rule" {
            for_each = ["a", "b"]
            content { key = rule.value }
          }
          dynamic "other" {
            for_each = var.list
            iterator = it
            content { key = it.value }
          }
          dynamic "some" {
            for_each = var.on ? [1] : []
            content { key = "k" }
          }
        }
    "#;
    with(text, &[], |e| {
        let view = e.view(e.instances()[0].id);
        let keys: Vec<String> = e
            .path(&view, "rule.key")
            .iter()
            .flat_map(|f| texts(&f.val))
            .collect();
        assert_eq!(keys, ["a if ", "b if "]);
        let other = e.path(&view, "other.key");
        assert_eq!(other.len(), 1);
        assert!(other[0].maybe);
        let some = e.path(&view, "some.key");
        assert_eq!(some.len(), 1);
        assert!(!some[0].maybe);
        assert_eq!(some[0].when.texts().len(), 1);
    });
}

#[test]
fn a_cloud_block_names_the_workspace_and_nothing_else_guesses_it() {
    let text = r#"
        terraform {
          cloud {
            workspaces { name = "prod" }
          }
        }
        output "w" { value = terraform.workspace }
    "#;
    with(text, &[], |e| {
        assert_eq!(output(e, "w").as_str(), Some("prod"));
    });
    with("output \"w\" { value = terraform.workspace }", &[], |e| {
        assert_eq!(
            output(e, "w").as_unknown().map(|u| u.why),
            Some(Why::Environment)
        );
    });
}
