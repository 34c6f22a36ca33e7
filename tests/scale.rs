//! Cost grows with the number of instances, not with its square.
//!
//! Times are compared with each other, never with a clock: four times the instances may take somewhat
//! more than four times as long, and sixteen times would be a search for each in all of them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The best of three: what else the machine does only ever adds.
fn time(dir: &Path) -> Duration {
    (0..3)
        .map(|_| {
            let start = Instant::now();
            let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
                .args(["check", "--boundary", "."])
                .current_dir(dir)
                .output()
                .expect("sekisho runs");
            assert_eq!(output.status.code(), Some(1), "there are findings");
            start.elapsed()
        })
        .min()
        .expect("three times")
}

/// How much longer four times as many take.
fn growth(name: &str, make: impl Fn(usize) -> String) -> f64 {
    let dir = tempfile::tempdir().expect("a directory");
    let times = [4_000, 16_000].map(|n| {
        let root = dir.path().join(format!("{name}-{n}"));
        std::fs::create_dir(&root).expect("made");
        std::fs::write(root.join("main.tf"), make(n)).expect("written");
        time(&root)
    });
    times[1].as_secs_f64() / times[0].as_secs_f64()
}

const PROVIDER: &str = "provider \"aws\" {\n  region = \"us-east-1\"\n}\n";

#[test]
fn one_for_each() {
    let growth = growth("for-each", |n| {
        format!(
            "{PROVIDER}resource \"aws_sqs_queue\" \"q\" {{\n  for_each = toset([for i in range(1000) : \"${{i}}\"])\n}}\nresource \"aws_sqs_queue\" \"r\" {{\n  count = {n}\n  name  = \"r${{count.index}}\"\n}}\n"
        )
    });
    assert!(
        growth < 9.0,
        "four times as many take {growth:.1} times as long"
    );
}

#[test]
fn many_blocks_with_carriers() {
    let growth = growth("blocks", |n| {
        let mut text = PROVIDER.to_owned();
        for i in 0..n / 8 {
            let _ = writeln!(
                text,
                "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = \"b{i}\"\n}}\nresource \"aws_s3_bucket_server_side_encryption_configuration\" \"b{i}\" {{\n  bucket = aws_s3_bucket.b{i}.id\n  rule {{\n    apply_server_side_encryption_by_default {{\n      sse_algorithm = \"AES256\"\n    }}\n  }}\n}}"
            );
        }
        text
    });
    assert!(
        growth < 9.0,
        "four times as many take {growth:.1} times as long"
    );
}
