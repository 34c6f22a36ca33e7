//! Plan files as `terraform plan -out` writes them: what is wrong with one is told, the rest is judged, and
//! nothing of it is looked for on disk. That they say what their JSON says is held by `parity.rs`.

mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::path::Path;

type Entries = Vec<(String, Vec<u8>)>;

fn fixture(name: &str) -> Vec<u8> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    std::fs::read(all.join(name).join("tfplan")).expect("it is there")
}

fn unzipped(bytes: &[u8]) -> Entries {
    let zip = rawzip::ZipArchive::from_slice(bytes).expect("a zip");
    let mut entries = zip.entries();
    let mut out = Vec::new();
    while let Some(entry) = entries.next_entry().expect("an entry") {
        let path = entry.file_path();
        let name = std::str::from_utf8(path.as_ref())
            .expect("UTF-8")
            .to_owned();
        let data = zip
            .get_entry(entry.wayfinder())
            .expect("it is there")
            .data();
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(data)
            .read_to_end(&mut content)
            .expect("it is deflated");
        out.push((name, content));
    }
    out
}

fn zipped(entries: &Entries) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, content) in entries {
        let (mut entry, config) = archive
            .new_file(name)
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .expect("an entry");
        let encoder =
            flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(encoder);
        writer.write_all(content).expect("written");
        let (encoder, descriptor) = writer.finish().expect("whole");
        encoder.finish().expect("whole");
        entry.finish(descriptor).expect("whole");
    }
    archive.finish().expect("whole");
    out
}

/// The fixture with changed entries.
fn changed(name: &str, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let entries = unzipped(&fixture(name)).into_iter();
    let entries = entries.filter_map(|(n, content)| Some((n.clone(), change(&n, content)?)));
    zipped(&entries.collect())
}

fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = support::sekisho(args)
        .current_dir(dir)
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}

/// Runs `check --format json` on a plan file with this content.
fn check(content: &[u8]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("tfplan"), content).expect("it is written");
    run(dir.path(), &["check", "tfplan", "--format", "json"])
}

fn messages(out: &str) -> Vec<String> {
    let out: Value = serde_json::from_str(out).expect("JSON");
    let all = out["diagnostics"].as_array().expect("a list").iter();
    all.map(|d| format!("{}: {}", d["code"], d["message"]))
        .collect()
}

#[test]
fn what_is_no_plan_file_is_told() {
    let whole = fixture("bucket-and-key");
    assert_eq!(check(&whole).0, Some(1));
    let other = zipped(&vec![("main.tf".to_owned(), b"# a".to_vec())]);
    let newer = changed("bucket-and-key", |name, content| {
        let at = usize::from(name == "tfplan");
        let mut content = content;
        assert!(at == 0 || content.starts_with(&[8, 3]), "the version");
        content[at] = if at == 1 { 4 } else { content[at] };
        Some(content)
    });
    let broken = changed("bucket-and-key", |name, content| {
        Some(match name {
            "tfplan" => b"CANARY".to_vec(),
            _ => content,
        })
    });
    for (content, key) in [
        (&other[..], "there is no `tfplan` in it"),
        (&whole[..whole.len() - 1], "cut or damaged"),
        (&whole[..whole.len() / 2], "cut or damaged"),
        (&newer, "format version 4"),
        (&broken, "cut or damaged"),
    ] {
        let (code, out) = check(content);
        assert_eq!(code, Some(2), "{key}: {out}");
        assert!(out.contains(key), "{key}: {out}");
        assert!(out.contains("input-not-read") && !out.contains("CANARY"));
    }
}

#[test]
fn a_part_that_is_not_read_is_told_and_the_rest_judged() {
    let without =
        |gone: &'static str| changed("lookups", |name, content| (name != gone).then_some(content));
    let whole = check(&without(""));
    assert_eq!(whole.0, Some(1));
    assert_eq!(messages(&whole.1), Vec::<String>::new());
    let findings = |out: &str| out.matches("\"rule\":").count();
    for (gone, told) in [
        ("tfstate", "the state in the plan file could not be read"),
        (
            "tfconfig/modules.json",
            "the configuration in the plan file could not be read",
        ),
    ] {
        let (code, out) = check(&without(gone));
        assert_eq!(code, Some(1), "{out}");
        let told = messages(&out)
            .iter()
            .any(|m| m.contains("plan-incomplete") && m.contains(told));
        assert!(told, "{out}");
        assert!(findings(&out) > 3, "{out}");
    }
    // Without the lock file versions are not known, and all else is.
    let (code, out) = check(&without(".terraform.lock.hcl"));
    assert_eq!((code, findings(&out)), (Some(1), findings(&whole.1)));
    // A file with an error in it.
    let half = changed("lookups", |name, mut content| {
        if name == "tfconfig/m-/main.tf" {
            content.extend(b"\nresource \"aws_sqs_queue\" {\n");
        }
        Some(content)
    });
    let (code, out) = check(&half);
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("\"file\":\"tfplan/main.tf\""), "{out}");
    assert!(findings(&out) > 3, "{out}");
}

#[test]
fn nothing_is_looked_for_on_disk() {
    let content = changed("replaced", |name, content| {
        if name != "tfconfig/m-/main.tf" {
            return Some(content);
        }
        let text = String::from_utf8(content).expect("UTF-8");
        let read = text.replace("\"us-east-1\"", "file(\"region.txt\")");
        assert_ne!(read, text);
        Some(read.into_bytes())
    });
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, content: &[u8]| {
        std::fs::write(dir.path().join(name), content).expect("it is written");
    };
    write("tfplan", &content);
    write("region.txt", b"ap-northeast-1");
    write("main.tf", b"resource \"aws_s3_bucket\" \"other\" {}\n");
    let (code, out) = run(dir.path(), &["check", "tfplan", "--format", "json"]);
    assert_eq!(code, Some(1), "{out}");
    let told = "the file `region.txt` is not in the plan file";
    assert!(out.contains(told), "{out}");
    assert!(!out.contains("aws_s3_bucket.other"), "{out}");
    assert_eq!(messages(&out), Vec::<String>::new());
}

#[test]
fn a_finding_marks_a_line_of_the_code_in_the_plan_file() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("tfplan"), fixture("nested")).expect("it is written");
    let (_, out) = run(dir.path(), &["check", "tfplan", "--format", "json"]);
    let out: Value = serde_json::from_str(&out).expect("JSON");
    let findings = out["findings"].as_array().expect("a list");
    let rotated = findings
        .iter()
        .find(|f| f["rule"] == "key-not-rotated")
        .expect("it is there");
    assert_eq!(rotated["file"], "tfplan/keys/main.tf");
    assert_eq!(rotated["line"], 1);
    assert_eq!(rotated["target"], "tfplan");
    // Where the plan lies beside its code, a code host finds the line.
    let (_, out) = run(dir.path(), &["check", "tfplan", "--format", "sarif"]);
    assert!(out.contains("\"uri\":\"keys/main.tf\"") || out.contains("\"uri\": \"keys/main.tf\""));
    // Comments in it accept.
    let accepted = changed("nested", |name, content| {
        Some(if name == "tfconfig/m-keys/main.tf" {
            [
                b"# sekisho:ignore[key-not-rotated] made anew each month\n",
                &content[..],
            ]
            .concat()
        } else {
            content
        })
    });
    std::fs::write(dir.path().join("tfplan"), accepted).expect("it is written");
    let (_, out) = run(dir.path(), &["check", "tfplan", "--format", "json"]);
    let out: Value = serde_json::from_str(&out).expect("JSON");
    let mut findings = out["findings"].as_array().expect("a list").iter();
    let open = findings.any(|f| f["rule"] == "key-not-rotated" && f["suppressed"].is_null());
    assert!(!open, "{out}");
}

#[test]
fn modules_that_lie_in_each_other_come_to_an_end() {
    for source in ["./outer", "acme/outer/aws"] {
        let circle = changed("nested", |name, content| {
            let text = String::from_utf8_lossy(&content).into_owned();
            Some(match name {
                "tfconfig/modules.json" => {
                    let all: Value = serde_json::from_str(&text).expect("JSON");
                    let mut all = all.as_array().expect("a list").clone();
                    for m in &mut all {
                        m["Dir"] = "outer".into();
                    }
                    serde_json::to_vec(&all).expect("JSON")
                }
                name if name.starts_with("tfconfig/m-") => {
                    let words = text.split('"').collect::<Vec<_>>();
                    let words = words
                        .iter()
                        .map(|w| if w.starts_with("./") { source } else { w });
                    words.collect::<Vec<_>>().join("\"").into_bytes()
                }
                _ => content,
            })
        });
        let (code, out) = check(&circle);
        assert!(matches!(code, Some(1 | 2)), "{code:?} {out}");
        assert!(!out.contains("\"internal-error\""), "{out}");
    }
}

#[test]
fn a_zip_that_unpacks_without_end_is_refused() {
    let bomb = changed("nested", |name, content| {
        Some(match name {
            // A file of configuration is not read to more than 100 MiB.
            "tfconfig/m-keys/main.tf" => vec![b' '; 101 << 20],
            _ => content,
        })
    });
    assert!(bomb.len() < 1 << 20);
    let (code, out) = check(&bomb);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("configuration in the plan file could not be read"));
}

#[test]
fn changed_entries_are_no_panic() {
    let all: Vec<Entries> = ["nested", "lookups"]
        .iter()
        .map(|name| unzipped(&fixture(name)))
        .collect();
    let config = Config {
        failure_persistence: None,
        cases: 60,
        ..Config::default()
    };
    let index = any::<prop::sample::Index>;
    let input = (index(), index(), index(), index(), any::<[u8; 3]>());
    TestRunner::new(config)
        .run(&input, |(which, entry, from, to, bytes)| {
            let mut entries = which.get(&all).clone();
            let at = entry.index(entries.len());
            let content = &mut entries[at].1;
            let (a, b) = (from.index(content.len()), to.index(content.len()));
            if a < b && b - a < 100 {
                content.drain(a..b);
            } else {
                content.splice(a..(a + 3).min(content.len()), bytes);
            }
            let (code, out) = check(&zipped(&entries));
            prop_assert!(matches!(code, Some(1 | 2)), "{:?} {}", code, out);
            prop_assert!(!out.contains("\"internal-error\""), "{}", out);
            Ok(())
        })
        .expect("no panic");
}
