//! The same bytes from one thread and from many, whatever order a directory is listed in, and twice in
//! a row.

#[path = "support/fixture.rs"]
mod fixture;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// All fixtures as one tree.
fn files() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for fixture in fixture::all() {
        for (path, text) in fixture.files {
            out.insert(format!("{}/{path}", fixture.name), text);
        }
    }
    // Things that go wrong are told in an order too.
    for i in 0..8 {
        out.insert(format!("broken/{i}/main.tf"), "x = = 1\ny = ]\n".into());
        let call = format!("module \"a\" {{\n  source = \"acme/m{}/aws\"\n}}\n", i % 3);
        out.insert(format!("missing/{i}/main.tf"), call);
        let circle = "locals {\n  a = local.b\n  b = local.a\n}\nresource \"aws_sqs_queue\" \"q\" {\n  region = local.a\n}\n";
        out.insert(format!("circle/{i}/main.tf"), circle.into());
    }
    out
}

fn write(dir: &Path, path: &str, text: &str) {
    let full = dir.join(path);
    fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
    fs::write(full, text).expect("a file");
}

fn outputs(dir: &Path, threads: &str) -> Vec<(Option<i32>, String)> {
    let mut out = Vec::new();
    for command in ["check", "inventory"] {
        for format in ["json", "text"] {
            let output = support::sekisho(&[command, ".", "--boundary", ".", "--format", format])
                .current_dir(dir)
                .env("RAYON_NUM_THREADS", threads)
                .output()
                .expect("the binary starts");
            let text = String::from_utf8(output.stdout).expect("output is UTF-8");
            assert!(text.len() > 10_000 || format == "text", "it says something");
            out.push((output.status.code(), text));
        }
    }
    out
}

#[test]
fn threads_and_the_order_of_directories_change_nothing() {
    let files = files();
    // Names are listed as they were made on some systems, by a hash of them or of a seed on others.
    let mut orders: Vec<Vec<&String>> = vec![files.keys().collect(); 4];
    orders[1].reverse();
    orders[2].sort_by_key(|path| path.chars().rev().collect::<String>());
    orders[3].sort_by_key(|path| (path.len(), path.bytes().map(u64::from).sum::<u64>() % 7));
    let dirs: Vec<TempDir> = orders
        .iter()
        .enumerate()
        .map(|(i, order)| {
            let dir = TempDir::new().expect("a temporary directory");
            for (n, path) in order.iter().enumerate() {
                // Gaps that later names fill.
                if (n + i) % 3 == 0 {
                    write(dir.path(), &format!("gap{n}"), "");
                }
                write(dir.path(), path, &files[*path]);
            }
            for n in 0..order.len() {
                let _ = fs::remove_file(dir.path().join(format!("gap{n}")));
            }
            dir
        })
        .collect();
    let first = outputs(dirs[0].path(), "1");
    assert_eq!(first[0].0, Some(2), "{}", first[0].1);
    for (dir, threads) in dirs.iter().zip(["4", "1", "2", "16"]) {
        for (n, (a, b)) in first.iter().zip(outputs(dir.path(), threads)).enumerate() {
            assert_eq!(a.0, b.0);
            assert!(*a.1 == b.1, "output {n} differs with {threads} threads");
        }
    }
    assert!(first == outputs(dirs[0].path(), "8"));
}
