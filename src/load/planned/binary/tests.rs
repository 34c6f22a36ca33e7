//! Real plan files against what the real `terraform show -json` made of them, and what no plan holds.

use super::archive::Archive;
use super::plan::{self, NoPlan};
use super::{MAX_PART, PLAN, open};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::path::Path;

fn fixtures() -> Vec<(String, Vec<u8>, Value)> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    let mut out = Vec::new();
    for entry in std::fs::read_dir(all).expect("the fixtures are there") {
        let folder = entry.expect("an entry").path();
        let Ok(binary) = std::fs::read(folder.join("tfplan")) else {
            continue;
        };
        let text = std::fs::read(folder.join("plan.json")).expect("the JSON beside it");
        let name = folder.file_name().expect("a name").to_string_lossy();
        let json = serde_json::from_slice(&text).expect("JSON");
        out.push((name.into_owned(), binary, json));
    }
    assert!(out.len() >= 6, "{}", out.len());
    out
}

/// Without what says nothing: false, and what is empty.
fn pruned(v: &Value) -> Value {
    match v {
        Value::Object(fields) => fields
            .iter()
            .map(|(k, v)| (k.clone(), pruned(v)))
            .filter(|(_, v)| !v.is_null())
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(pruned).collect();
            if items.iter().all(Value::is_null) {
                Value::Null
            } else {
                items.into()
            }
        }
        Value::Bool(false) => Value::Null,
        other => other.clone(),
    }
}

fn empty(v: &Value) -> Value {
    match v {
        Value::Object(fields) if fields.is_empty() => Value::Null,
        other => other.clone(),
    }
}

/// Trees without leaves are null, all the way up.
fn tree(v: &Value) -> Value {
    let mut v = pruned(v);
    if let Value::Object(fields) = &mut v {
        for inner in fields.values_mut() {
            *inner = tree(inner);
        }
        fields.retain(|_, v| !v.is_null());
    } else if let Value::Array(items) = &mut v {
        for i in items.iter_mut() {
            *i = tree(i);
        }
        if items.iter().all(Value::is_null) {
            return Value::Null;
        }
    }
    empty(&v)
}

/// Whether all that one tree marks the other marks too.
fn within(small: &Value, large: &Value) -> bool {
    match (small, large) {
        (Value::Null, _) | (_, Value::Bool(true)) => true,
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .all(|(k, v)| within(v, b.get(k).unwrap_or(&Value::Null))),
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).all(|(a, b)| within(a, b)),
        _ => false,
    }
}

#[test]
fn the_same_changes_as_in_json() {
    for (name, binary, json) in fixtures() {
        let opened = open(&binary).expect("a plan");
        assert!(!opened.no_state && opened.lost == 0, "{name}");
        let ours: Value = serde_json::from_str(&opened.json).expect("JSON");
        assert_eq!(ours["errored"], json["errored"], "{name}");
        let partial = |v: &Value| v["complete"] == false && v["errored"] != true;
        // Of `-refresh-only` terraform says nothing.
        assert!(partial(&ours) || !partial(&json), "{name}");
        let list = |v: &Value| {
            let mut list = v["resource_changes"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            list.sort_by_key(|c| (c["address"].to_string(), c["deposed"].to_string()));
            list
        };
        let (ours, theirs) = (list(&ours), list(&json));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            for key in [
                "address",
                "module_address",
                "mode",
                "type",
                "name",
                "index",
                "deposed",
                "previous_address",
                "provider_name",
            ] {
                assert_eq!(ours[key], theirs[key], "{name} {key}");
            }
            let at = format!("{name} {}", ours["address"]);
            let (ours, theirs) = (&ours["change"], &theirs["change"]);
            for key in ["actions", "importing", "before", "after"] {
                let differ = ours[key] != theirs[key];
                assert!(!differ, "{at} {key}:\n{}\n{}", ours[key], theirs[key]);
            }
            let unknown = |c: &Value| tree(&c["after_unknown"]);
            assert_eq!(unknown(ours), unknown(theirs), "{at}");
            for key in ["before_sensitive", "after_sensitive"] {
                // What the schema calls sensitive, only terraform knows.
                let (a, b) = (tree(&ours[key]), tree(&theirs[key]));
                assert!(within(&a, &b), "{at} {key}: {a} {b}");
            }
        }
    }
}

#[test]
fn what_is_sensitive_by_the_configuration_is_marked() {
    let (_, binary, _) = fixtures()
        .into_iter()
        .find(|(name, ..)| name == "sensitive")
        .expect("it is there");
    let opened = open(&binary).expect("a plan");
    let ours: Value = serde_json::from_str(&opened.json).expect("JSON");
    let changes = ours["resource_changes"].as_array().expect("a list");
    let marked = |name: &str, attribute: &str| {
        let change = changes.iter().find(|c| c["name"] == name);
        change.expect("it is there")["change"]["after_sensitive"][attribute] == true
    };
    assert!(marked("d", "password"));
    assert!(marked("hidden", "kms_key_id"));
    assert!(!marked("d", "engine"));
}

/// A message, put together by hand.
#[derive(Default, Clone)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut n: u64) {
        while n > 0x7f {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(mut self, field: u64, n: u64) -> Message {
        self.varint(field << 3);
        self.varint(n);
        self
    }

    fn bytes(mut self, field: u64, bytes: impl AsRef<[u8]>) -> Message {
        self.varint(field << 3 | 2);
        self.varint(bytes.as_ref().len() as u64);
        self.0.extend(bytes.as_ref());
        self
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn value(msgpack: &[u8]) -> Message {
    Message::default().bytes(1, msgpack)
}

fn changes(plan: &Message) -> (Value, usize) {
    let plan = plan::read(&plan.0).expect("a plan");
    let json: Value = serde_json::from_str(&format!("{{{}}}", plan.json)).expect("JSON");
    (json, plan.lost)
}

#[test]
fn actions_and_what_is_no_action() {
    let new = || Message::default().number(1, 3);
    let (before, after) = (value(b"\x81\xa1a\x01"), value(b"\x81\xa1a\x02"));
    for (action, count, words, left) in [
        (0, 1, json!(["no-op"]), json!({"a": 1})),
        (1, 1, json!(["create"]), json!({"a": 1})),
        (2, 2, json!(["read"]), json!({"a": 2})),
        (3, 2, json!(["update"]), json!({"a": 2})),
        (5, 1, json!(["delete"]), json!(null)),
        (6, 2, json!(["delete", "create"]), json!({"a": 2})),
        (7, 2, json!(["create", "delete"]), json!({"a": 2})),
        (8, 1, json!(["forget"]), json!(null)),
        (9, 2, json!(["create", "forget"]), json!({"a": 2})),
        (77, 2, json!([]), json!({"a": 2})),
        (77, 1, json!([]), json!({"a": 1})),
    ] {
        let mut change = Message::default().number(1, action).bytes(2, &before);
        if count == 2 {
            change = change.bytes(2, &after);
        }
        let one = Message::default().bytes(13, "aws_x.y").bytes(9, &change);
        let (json, lost) = changes(&new().bytes(3, &one));
        let got = &json["resource_changes"][0]["change"];
        assert_eq!(
            (&got["actions"], &got["after"]),
            (&words, &left),
            "{action}"
        );
        assert_eq!(lost, 0, "{action}");
    }
}

#[test]
fn plans_before_1_1_tell_instances_in_parts() {
    let change = Message::default()
        .number(1, 1)
        .bytes(2, value(b"\x81\xa1a\x01"));
    let one = |key: Message| {
        let one = Message::default()
            .bytes(1, "module.m")
            .bytes(3, "test_x")
            .bytes(4, "y")
            .bytes(8, "provider.aws.osaka")
            .bytes(9, &change);
        Message([one.0, key.0].concat())
    };
    let plan = Message::default()
        .number(1, 3)
        .bytes(3, one(Message::default().bytes(5, "k")))
        .bytes(3, one(Message::default().number(6, 2)))
        .bytes(3, one(Message::default().number(2, 1)));
    let (json, lost) = changes(&plan);
    assert_eq!(lost, 0);
    let got: Vec<String> = json["resource_changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| {
            assert_eq!(c["provider_name"], "aws");
            format!("{} {} {}", c["module_address"], c["mode"], c["index"])
        })
        .collect();
    assert_eq!(
        got,
        [
            "\"module.m\" \"managed\" \"k\"",
            "\"module.m\" \"managed\" 2",
            "\"module.m\" \"data\" null"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_counted_and_not_known() {
    let new = || Message::default().number(1, 3);
    let with = |values: &[u8]| {
        let change = Message::default().number(1, 1).bytes(2, value(values));
        Message::default().bytes(13, "aws_x.y").bytes(9, change)
    };
    let (json, lost) = changes(&new().bytes(3, with(b"\x81\xa1a\xc1")).bytes(3, b"\xff"));
    assert_eq!(lost, 2);
    let got = &json["resource_changes"];
    assert_eq!(got.as_array().map(Vec::len), Some(1));
    assert_eq!(got[0]["change"]["after_unknown"], true);
    let nowhere = Message::default().bytes(13, "module.a[*].aws_x.y");
    assert_eq!(changes(&new().bytes(3, nowhere)).1, 1);
}

#[test]
fn what_is_a_part_says_so() {
    let complete = |plan: Message| changes(&plan).0["complete"].clone();
    let new = || Message::default().number(1, 3);
    assert_eq!(complete(new()), Value::Null, "an old one says nothing");
    assert_eq!(complete(new().number(25, 1).number(26, 1)), Value::Null);
    assert_eq!(complete(new().number(25, 1)), false);
    assert_eq!(complete(new().bytes(5, "aws_x.y")), false, "-target");
    assert_eq!(complete(new().number(17, 2)), false, "-refresh-only");
    assert_eq!(complete(new().number(17, 1)), Value::Null, "-destroy");
}

#[test]
fn other_versions_are_no_plan() {
    let version = |n| plan::read(&Message::default().number(1, n).0).err();
    assert_eq!(version(3), None);
    assert_eq!(version(4), Some(NoPlan::Version(4)));
    assert_eq!(plan::read(b"").err(), Some(NoPlan::Version(0)));
    assert_eq!(plan::read(b"\xff").err(), Some(NoPlan::Broken));
}

#[test]
fn changed_messages_are_no_panic() {
    let all: Vec<Vec<u8>> = fixtures()
        .iter()
        .map(|(_, binary, _)| {
            let mut archive = Archive::open(binary).expect("a zip");
            archive
                .read(PLAN, MAX_PART)
                .expect("it is there")
                .expect("it is whole")
        })
        .collect();
    let config = Config {
        failure_persistence: None,
        cases: 2000,
        ..Config::default()
    };
    let input = (
        0..all.len(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    );
    TestRunner::new(config)
        .run(&input, |(which, from, to, bytes)| {
            let mut message = all[which].clone();
            for (at, byte) in bytes {
                let at = at.index(message.len());
                message[at] = byte;
            }
            let (a, b) = (from.index(message.len()), to.index(message.len()));
            if a < b && b - a < message.len() / 4 {
                message.drain(a..b);
            }
            if let Ok(plan) = plan::read(&message) {
                let json = format!("{{{}}}", plan.json);
                let read: Result<Value, _> = serde_json::from_str(&json);
                prop_assert!(read.is_ok(), "{:?}", read);
            }
            Ok(())
        })
        .expect("no panic");
}

#[test]
fn changed_files_are_no_panic() {
    for (_, binary, _) in fixtures() {
        for cut in (0..binary.len()).step_by(37) {
            assert!(open(&binary[..cut]).is_err(), "cut at {cut}");
        }
        for at in (0..binary.len()).step_by(13) {
            let mut changed = binary.clone();
            changed[at] ^= 0x55;
            let _ = open(&changed);
        }
    }
}
