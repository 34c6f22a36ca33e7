//! Whatever is cut out of a fixture or put into it: a run ends, and no answer is lost to a fault of ours.

#[path = "support/fixture.rs"]
mod fixture;

use fixture::Fixture;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::LazyLock;

static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(fixture::all);

/// Text that means something in the language.
const PIECES: &[&str] = &[
    "",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "${",
    "%{",
    "%{ if true }",
    "<<E\n",
    "E\n",
    "=",
    "...",
    "null",
    "true",
    "-1",
    "1e999",
    "0.1",
    "[*]",
    ".*.",
    "[0]",
    "?",
    ":",
    "&&",
    "!",
    "each.value",
    "count.index",
    "self.id",
    "var.none",
    "local.x",
    "path.module",
    "terraform.workspace",
    "for_each = toset([\"a\", \"b\"])\n",
    "count = 3\n",
    "count = -1\n",
    "count = var.n\n",
    "for_each = { for k in [1, 2] : k => k }\n",
    "dynamic \"rule\" {\n",
    "content {\n",
    "sensitive(",
    "nonsensitive(",
    "jsondecode(\"{\")",
    "file(\"main.tf\")",
    "templatefile(\"main.tf\", {})",
    "[for a, b in c : a if b]",
    "{ for a in b : a => a... }",
    "module.a.b[\"k\"]",
    "data.x.y.z",
    "aws_s3_bucket.x",
    "provider = aws.x\n",
    "providers = {}\n",
    "source = \".\"\n",
    "source = \"./m\"\n",
    "lifecycle {\n",
    "variable \"n\" {}\n",
    "locals {\n  x = local.x\n}\n",
    "\u{feff}",
    "\0",
    "鍵",
    "try(",
    "can(",
    "merge(",
    "flatten(",
    "lookup(",
    "format(\"%s%d\", ",
    "regex(\"(\", ",
    "\r\n",
    "#",
    "/*",
];

#[derive(Clone, Debug)]
struct Change {
    file: prop::sample::Index,
    at: prop::sample::Index,
    cut: usize,
    put: &'static str,
    from: prop::sample::Index,
    take: usize,
}

fn change() -> impl Strategy<Value = Change> {
    (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop_oneof![Just(0usize), 0..4usize, 0..400usize],
        prop::sample::select(PIECES),
        any::<prop::sample::Index>(),
        prop_oneof![3 => Just(0usize), 1 => 0..200usize],
    )
        .prop_map(|(file, at, cut, put, from, take)| Change {
            file,
            at,
            cut,
            put,
            from,
            take,
        })
}

fn apply(fixture: &mut Fixture, change: &Change) {
    let names: Vec<String> = fixture.files.keys().cloned().collect();
    let name = change.file.get(&names).clone();
    let text = &fixture.files[&name];
    if text.is_empty() {
        return;
    }
    let edge = |mut i: usize| {
        i = i.min(text.len());
        while !text.is_char_boundary(i) {
            i -= 1;
        }
        i
    };
    let start = edge(change.at.index(text.len()));
    let end = edge(start + change.cut).max(start);
    let from = edge(change.from.index(text.len()));
    let to = edge(from + change.take).max(from);
    let new = format!(
        "{}{}{}{}",
        &text[..start],
        change.put,
        &text[from..to],
        &text[end..]
    );
    fixture.files.insert(name, new);
}

#[test]
fn a_fixture_that_was_cut_and_mixed_up() {
    let strategy = (
        any::<prop::sample::Index>(),
        prop::collection::vec(change(), 1..6),
    );
    let config = Config {
        cases: 600,
        failure_persistence: None,
        ..Config::default()
    };
    sekisho::on_own_threads(|| {
        TestRunner::new(config)
            .run(&strategy, |(which, changes)| {
                let mut fixture = which.get(&ALL).clone();
                for change in &changes {
                    apply(&mut fixture, change);
                }
                let answers = fixture.examine();
                prop_assert!(
                    !answers.broken(),
                    "{:#?}\n{}",
                    answers.told,
                    fixture.shown()
                );
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn a_fixture_that_ends_early() {
    for fixture in ALL.iter() {
        for (name, text) in &fixture.files {
            let step = (text.len() / 12).max(1);
            for end in (0..text.len()).step_by(step) {
                if !text.is_char_boundary(end) {
                    continue;
                }
                let mut files = fixture.files.clone();
                files.insert(name.clone(), text[..end].to_owned());
                let cut = fixture.with(files);
                let answers = sekisho::on_own_threads(|| cut.examine());
                assert!(!answers.broken(), "{:#?}\n{}", answers.told, cut.shown());
            }
        }
    }
}
