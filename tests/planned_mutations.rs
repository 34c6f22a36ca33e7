//! Real plans and states that are cut, changed and mixed up: a run ends, nothing of ours breaks, and what is
//! no whole JSON is never judged.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sekisho::diagnostic::Code;
use sekisho::settings::{Input, Question, Settings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .flat_map(|e| std::fs::read_dir(e.expect("an entry").path()).expect("a folder"))
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "json" || e == "tfstate"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|f| serde_json::from_slice(&std::fs::read(f).expect("a file")).expect("JSON"))
        .collect()
});

/// Evaluation is recursive; the binary's threads have this too.
static POOL: LazyLock<rayon::ThreadPool> = LazyLock::new(|| {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .stack_size(64 << 20)
        .build()
        .expect("a thread")
});

/// Whether the file could not be read; no fault of ours.
fn refused(bytes: &[u8]) -> bool {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("plan.json");
    std::fs::write(&file, bytes).expect("it is written");
    let settings = Settings::plain(
        Question::Findings,
        Input {
            current_dir: dir.path().to_owned(),
            paths: vec![file],
            boundary: Some(dir.path().to_owned()),
            ..Input::default()
        },
    );
    POOL.install(|| {
        let policy = sekisho::policy_of(&settings);
        let outcome = sekisho::examine(&settings, &policy);
        for d in &outcome.diagnostics {
            assert!(d.code != Code::InternalError, "{:?}", d.message);
        }
        outcome
            .diagnostics
            .iter()
            .any(|d| d.code == Code::InputNotRead)
    })
}

/// The values in a document, by pointer.
fn pointers(v: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match v {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{i}"), out);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(item, &format!("{at}/{name}"), out);
            }
        }
        _ => {}
    }
}

fn part(document: &Value, which: usize) -> String {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    all.swap_remove(which % all.len())
}

/// What means something in a plan.
const TEXTS: &[&str] = &[
    "",
    "module.",
    "module.a[",
    "module.x[\"a\"].module.y[0]",
    "data.aws_kms_key.k",
    "aws_kms_key.k[0].arn",
    "each.value",
    "each.key",
    "count.index",
    "var.x",
    "var.x[0].y",
    "module.kms.arns[\"s3\"]",
    "local.x",
    "managed",
    "data",
    "delete",
    "0.1",
    "aws.osaka",
    "module.a:aws",
    "arn:aws:kms:us-east-1:123456789012:key/x",
    "\u{0}\u{2028}",
];

fn changed(document: &mut Value, other: &Value, (kind, a, b): (usize, usize, usize)) {
    let at = part(document, a);
    let there = part(other, b);
    let taken = other.pointer(&there).cloned().unwrap_or(Value::Null);
    let own = part(document, b);
    let moved = document.pointer(&own).cloned().unwrap_or(Value::Null);
    let Some(v) = document.pointer_mut(&at) else {
        return;
    };
    match kind {
        0 => *v = Value::Null,
        1 => *v = Value::String(TEXTS[b % TEXTS.len()].into()),
        2 => *v = taken,
        3 => *v = moved,
        4 => {
            *v = serde_json::json!({"references": [TEXTS[b % TEXTS.len()], "each.value", "var.x"]});
        }
        5 => *v = Value::Bool(b % 2 == 0),
        6 => {
            let inner = v.take();
            *v = Value::Array(vec![inner.clone(), inner]);
        }
        _ => {
            if let (Value::Object(own), Value::Object(more)) = (v, taken) {
                own.extend(more);
            }
        }
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    })
}

#[test]
fn changed_and_mixed_plans() {
    let change = (0..8usize, any::<usize>(), any::<usize>());
    let all = (
        0..ALL.len(),
        0..ALL.len(),
        prop::collection::vec(change, 1..6),
    );
    runner(400)
        .run(&all, |(which, other, changes)| {
            let mut document = ALL[which].clone();
            for change in changes {
                changed(&mut document, &ALL[other], change);
            }
            refused(document.to_string().as_bytes());
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn cut_plans() {
    let all = (0..ALL.len(), 0..1000usize, any::<bool>());
    runner(150)
        .run(&all, |(which, part, bytes)| {
            let text = ALL[which].to_string();
            let at = text.len() * part / 1000;
            if bytes {
                // Without the end.
                prop_assert!(refused(&text.as_bytes()[..at]));
            } else {
                // Without the start.
                prop_assert!(refused(&text.as_bytes()[at + 1..]) || at + 1 >= text.len());
            }
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
}
