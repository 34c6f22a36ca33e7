//! What a catalog row reads decides something. For each row, resources are generated that differ in what
//! the row's conditions and keys look at; then
//!
//! * each case of custody and of a part is reached by one of them (a case that cannot be reached is a mistake of the
//!   cases before it);
//! * each attribute that the row reads there changes a fact somewhere, all others held;
//! * the customer's own key in a case's `key` makes the case answer with that key.
//!
//! What cannot be generated is listed with its reason in `tests/data/flips-not-generated.txt`; a line without
//! need fails. Not asked here: whether the facts are the right ones (the fixtures say that).

#[path = "support/fixture.rs"]
mod fixture;
mod support;

use fixture::{Fixture, examine};
use sekisho::catalog::Catalog;
use sekisho::catalog::compile::Row;
use sekisho::catalog::row::Role;
use sekisho::extract::facts::{Custody, KeyAnswer};
use sekisho::messages::Words;
use sekisho::report::Outcome;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use support::provider_schema::{Found, Lists, Name, provider_of};
use support::row_walk::{Is, Named, files, named, rows};

/// What the generated resources of a provider stand in.
struct World {
    provider: &'static str,
    /// Provider configuration and the customer's own key.
    before: &'static str,
    key: &'static str,
    /// A place other than the provider configuration's.
    region: &'static str,
}

/// A provider with rows needs its line.
const WORLDS: &[World] = &[
    World {
        provider: "aws",
        before: "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nresource \"aws_kms_key\" \"own\" {}\n",
        key: "aws_kms_key.own.arn",
        region: "\"ap-northeast-3\"",
    },
    World {
        provider: "azurerm",
        before: "resource \"azurerm_key_vault\" \"own\" {\n  location = \"japaneast\"\n}\n\
                 resource \"azurerm_key_vault_key\" \"own\" {\n  name = \"own\"\n  key_vault_id = azurerm_key_vault.own.id\n  key_type = \"RSA\"\n}\n",
        key: "azurerm_key_vault_key.own.id",
        region: "\"japanwest\"",
    },
    World {
        provider: "google",
        before: "provider \"google\" {\n  region = \"asia-northeast1\"\n}\n\
                 resource \"google_kms_key_ring\" \"own\" {\n  location = \"asia-northeast1\"\n}\n\
                 resource \"google_kms_crypto_key\" \"own\" {\n  key_ring = google_kms_key_ring.own.id\n}\n",
        key: "google_kms_crypto_key.own.id",
        region: "\"asia-northeast2\"",
    },
];

/// How many resources of a row are generated at most.
const MOST: usize = 400;

/// Path to what is written there; `None`: an empty block.
type Written = BTreeMap<String, Option<String>>;

/// By type, what makes a store of it open to everybody.
type Open = BTreeMap<String, Written>;

/// What may be written at a path.
type Knobs = BTreeMap<String, BTreeSet<Option<String>>>;

fn knobs(lists: &mut Lists, world: &World, ty: &str, row: &toml::Table) -> Knobs {
    let all = named(ty, row);
    let mut out = Knobs::new();
    for (i, (at, one)) in all.iter().enumerate() {
        let Named::Path(path, is) = one else { continue };
        let names = match lists.find(ty, path) {
            Found::Yes(names) => names,
            _ => Vec::new(),
        };
        let constants = || {
            let same = all.iter().filter(|(a, _)| a == at);
            same.filter_map(|(_, n)| match n {
                Named::Constant(text) => Some(text.clone()),
                _ => None,
            })
        };
        let calls = |name: &str| {
            let mut same = all.iter().filter(|(a, _)| a == at);
            same.any(|(_, n)| matches!(n, Named::Function(f) if f == name))
        };
        let list = names.first().is_some_and(|n| n.kind == 'l');
        let of_kind = |text: &str| {
            if list {
                format!("[{text}]")
            } else {
                text.to_owned()
            }
        };
        let mut values: BTreeSet<Option<String>> = BTreeSet::new();
        let mut add = |text: String| {
            values.insert(Some(text));
        };
        match is {
            Is::Each => {
                values.insert(None);
            }
            Is::Key => {
                add(world.key.to_owned());
            }
            Is::Column => {
                let before = i.checked_sub(1).and_then(|i| all.get(i));
                let Some((_, Named::Elsewhere(theirs))) = before else {
                    continue;
                };
                let (ty, column) = theirs.split_once('.').expect("type and column");
                add(format!("{ty}.own.{column}"));
                add("\"zz-other\"".to_owned());
            }
            Is::Whose | Is::To => {
                add(world.key.to_owned());
                add(format!("{ty}.other.id"));
                add(world.region.to_owned());
            }
            Is::Path if at.rsplit('.').next() == Some("given") => {
                add(of_kind("\"given\""));
            }
            Is::Condition if calls("policy_open") || calls("policy_foreign") => {
                for action in constants() {
                    let anybody = if calls("policy_open") {
                        "\"*\""
                    } else {
                        "{ AWS = \"arn:aws:iam::999999999999:root\" }"
                    };
                    add(format!(
                        "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", \
                         Principal = {anybody}, Action = {action:?}, Resource = \"*\" }}] }})"
                    ));
                }
            }
            Is::Condition if calls("members_open") => add(of_kind("\"allUsers\"")),
            Is::Condition if calls("cidr_open") => add(of_kind("\"0.0.0.0/0\"")),
            Is::Condition => match names.first() {
                Some(n) if n.body.is_some() => {
                    values.insert(None);
                }
                Some(n) if n.kind == 'b' => {
                    add("true".to_owned());
                    add("false".to_owned());
                }
                Some(n) if n.kind == 'n' => {
                    for c in constants().filter_map(|c| c.parse::<i64>().ok()) {
                        for near in [c - 1, c, c + 1] {
                            add(near.to_string());
                        }
                    }
                }
                Some(n) if n.kind == 'l' => {
                    for c in constants() {
                        add(format!("[{c:?}]"));
                    }
                    add("[\"zz-other\"]".to_owned());
                }
                _ => {
                    for c in constants() {
                        add(format!("{c:?}"));
                    }
                    add("\"zz-other\"".to_owned());
                }
            },
            _ => continue,
        }
        out.entry(path.clone()).or_default().extend(values);
    }
    out
}

/// Lists of what is written become a resource's body.
fn body(lists: &mut Lists, ty: &str, written: &Written) -> String {
    let mut out = String::new();
    let all: Vec<(Vec<&str>, &Option<String>)> = written
        .iter()
        .map(|(path, value)| (path.split('.').collect(), value))
        .collect();
    block(lists, ty, "", &all, 1, &mut out);
    out
}

fn block(
    lists: &mut Lists,
    ty: &str,
    above: &str,
    all: &[(Vec<&str>, &Option<String>)],
    depth: usize,
    out: &mut String,
) {
    let pad = "  ".repeat(depth);
    let mut first: Vec<&str> = all.iter().filter_map(|(p, _)| p.first().copied()).collect();
    first.sort_unstable();
    first.dedup();
    for name in first {
        let inner: Vec<(Vec<&str>, &Option<String>)> = all
            .iter()
            .filter(|(p, _)| p.first() == Some(&name))
            .map(|(p, v)| (p[1..].to_vec(), *v))
            .collect();
        let path = format!("{above}{}{name}", if above.is_empty() { "" } else { "." });
        if let [(_, Some(text))] = inner
            .iter()
            .filter(|(p, _)| p.is_empty())
            .collect::<Vec<_>>()[..]
            && inner.len() == 1
        {
            let _ = writeln!(out, "{pad}{name} = {text}");
            continue;
        }
        let node: Option<Name> = match lists.find(ty, &path) {
            Found::Yes(names) => names.into_iter().next(),
            _ => None,
        };
        let (open, close) = match node {
            Some(n) if n.is_block() => (" {", "}"),
            Some(n) if n.kind == 'l' && n.body.is_some() => (" = [{", "}]"),
            _ => (" = {", "}"),
        };
        let _ = writeln!(out, "{pad}{name}{open}");
        let kept: Vec<_> = inner.into_iter().filter(|(p, _)| !p.is_empty()).collect();
        block(lists, ty, &path, &kept, depth + 1, out);
        let _ = writeln!(out, "{pad}{close}");
    }
}

/// What is known of a generated resource: its entry in the register without its own names, and its answers about keys.
#[derive(Clone, Default)]
struct Known {
    entry: String,
    answers: Vec<KeyAnswer>,
}

impl Known {
    fn cases(&self) -> BTreeSet<String> {
        let cases = self.answers.iter().filter_map(|a| a.case.as_ref());
        cases.map(ToString::to_string).collect()
    }
}

/// The register of an outcome, and the answers of each of its entries.
fn known(outcome: &Outcome) -> BTreeMap<String, Known> {
    let mut bytes = Vec::new();
    sekisho::report::write_register(&mut bytes, outcome, &Words::default()).expect("into memory");
    let json: Json = serde_json::from_slice(&bytes).expect("the register is JSON");
    let mut out: BTreeMap<String, Known> = BTreeMap::new();
    for list in ["stores", "keys", "others"] {
        for entry in json[list].as_array().into_iter().flatten() {
            let mut entry = entry.as_object().expect("an entry").clone();
            let address = entry["address"].as_str().expect("an address").to_owned();
            for name in ["address", "line", "file"] {
                entry.remove(name);
            }
            let text = serde_json::to_string(&entry).expect("JSON");
            let text = text.replace(&address, "ITSELF");
            out.entry(address).or_default().entry = text;
        }
    }
    for s in &outcome.stores {
        let all = std::iter::once(&s.custody)
            .chain(s.parts.iter().map(|p| &p.custody))
            .chain(s.copies.iter().map(|c| &c.custody));
        let all = all.flat_map(|k| k.answers.iter().cloned());
        out.entry(s.address.to_string()).or_default().answers = all.collect();
    }
    for k in &outcome.keys {
        let all = k.custody.answers.clone();
        out.entry(k.address.to_string()).or_default().answers = all;
    }
    out
}

/// What is known of each of these resources.
///
/// What decides for others does so for a store that says nothing, and for one that is open to everybody.
fn try_all(
    lists: &mut Lists,
    world: &World,
    row: &Row,
    all: &[Written],
    open: &Open,
) -> Vec<Known> {
    let ty = &*row.ty;
    let carries = row.carries.as_ref();
    // What decides for a whole account is alone in it.
    let together = if carries.is_some_and(|c| c.by.is_empty()) {
        1
    } else {
        100
    };
    let mut out = Vec::new();
    for some in all.chunks(together) {
        let mut text = world.before.to_owned();
        if together > 1 {
            let _ = writeln!(text, "resource \"{ty}\" \"other\" {{}}");
        }
        let mut addresses = Vec::new();
        for (i, written) in some.iter().enumerate() {
            let Some(c) = carries else {
                let body = body(lists, ty, written);
                let _ = writeln!(text, "resource \"{ty}\" \"n{i}\" {{\n{body}}}");
                addresses.push(vec![format!("{ty}.n{i}")]);
                continue;
            };
            let store = &c.to[0];
            let said = open.get(store.as_ref()).cloned().unwrap_or_default();
            let mut here = Vec::new();
            for (name, of_store) in [("s", Written::new()), ("p", said)] {
                let of_store = body(lists, store, &of_store);
                let _ = writeln!(text, "resource \"{store}\" \"{name}{i}\" {{\n{of_store}}}");
                let address = format!("{store}.{name}{i}");
                let mut written = written.clone();
                if let Some(by) = c.by.first() {
                    let list = matches!(lists.find(ty, &by.path), Found::Yes(n) if n.iter().any(|n| n.kind == 'l'));
                    let by_id = if list {
                        format!("[{address}.id]")
                    } else {
                        format!("{address}.id")
                    };
                    written.insert(by.path.to_string(), Some(by_id));
                }
                let body = body(lists, ty, &written);
                let _ = writeln!(text, "resource \"{ty}\" \"{name}{i}\" {{\n{body}}}");
                here.push(address);
                if together == 1 {
                    break;
                }
            }
            addresses.push(here);
        }
        let fixture = Fixture {
            name: ty.to_owned(),
            files: BTreeMap::from([("main.tf".to_owned(), text)]),
        };
        let dir = fixture.write();
        let outcome = sekisho::on_own_threads(|| examine(dir.path()));
        let broken: Vec<String> = outcome
            .diagnostics
            .iter()
            .filter(|d| d.code.id() != "nothing-judged")
            .map(|d| format!("{} {:?}", d.message.key, d.message.args))
            .collect();
        assert!(broken.is_empty(), "{broken:?}\n{}", fixture.shown());
        let mut facts = known(&outcome);
        for here in addresses {
            let mut one = Known::default();
            for address in here {
                let more = facts.remove(&address).unwrap_or_default();
                one.entry += &more.entry;
                one.answers.extend(more.answers);
            }
            out.push(one);
        }
    }
    out
}

/// All combinations, where they are few; else what lies one step around each that showed something new.
fn explore(
    lists: &mut Lists,
    world: &World,
    row: &Row,
    knobs: &Knobs,
    open: &Open,
) -> Vec<(Written, Known)> {
    let steps = |from: &Written| -> Vec<Written> {
        let mut out = Vec::new();
        for (path, values) in knobs {
            let mut without = from.clone();
            if without.remove(path).is_some() {
                out.push(without.clone());
            }
            for v in values {
                let mut with = without.clone();
                with.insert(path.clone(), v.clone());
                out.push(with);
            }
        }
        out
    };
    let product: usize = knobs
        .values()
        .map(|v| v.len() + 1)
        .try_fold(1, usize::checked_mul)
        .unwrap_or(usize::MAX);
    let mut next: Vec<Written> = vec![Written::new()];
    if product <= MOST {
        for (path, values) in knobs {
            let with = next.iter().flat_map(|w| {
                values.iter().map(|v| {
                    let mut w = w.clone();
                    w.insert(path.clone(), v.clone());
                    w
                })
            });
            let with: Vec<Written> = with.collect();
            next.extend(with);
        }
    }
    let mut asked: BTreeSet<Written> = BTreeSet::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut out: Vec<(Written, Known)> = Vec::new();
    while !next.is_empty() && asked.len() < MOST {
        next.retain(|w| asked.insert(w.clone()));
        let known = try_all(lists, world, row, &next, open);
        let mut around = Vec::new();
        for (written, known) in next.iter().zip(known) {
            if told.insert(format!("{}{:?}", known.entry, known.cases())) {
                around.extend(steps(written));
            }
            out.push((written.clone(), known));
        }
        next = if product <= MOST { Vec::new() } else { around };
    }
    out
}

/// What a row promises and the generated resources do not show, as the list of exceptions names it.
fn misses(
    lists: &mut Lists,
    world: &World,
    row: &Row,
    text: &toml::Table,
    open: &mut Open,
) -> Vec<String> {
    let knobs = knobs(lists, world, &row.ty, text);
    let all = explore(lists, world, row, &knobs, open);
    let public = all
        .iter()
        .find(|(_, k)| k.entry.contains("\"exposure\":\"public\""));
    if let Some((written, _)) = public {
        open.insert(row.ty.to_string(), written.clone());
    }
    let mut out = Vec::new();
    let met: BTreeSet<String> = all.iter().flat_map(|(_, k)| k.cases()).collect();
    let parts = row.parts.iter().flat_map(|(_, cases)| cases);
    let copies = row.copies.iter().filter_map(|c| c.key.as_ref());
    for case in row.custody.iter().chain(parts).chain(copies) {
        if !met.contains(&*case.id) {
            out.push(case.id.to_string());
            continue;
        }
        let keyed = matches!(case.says, sekisho::catalog::compile::Says::Key(_));
        let own = all.iter().flat_map(|(_, k)| &k.answers).any(|a| {
            a.case.as_deref() == Some(&*case.id)
                && a.level.is_some_and(|l| l >= Custody::CustomerManaged)
        });
        if keyed && !own {
            out.push(format!("{} key", case.id));
        }
    }
    let by: BTreeMap<&Written, &Known> = all.iter().map(|(w, k)| (w, k)).collect();
    for path in knobs.keys() {
        // A block that something is written in is there.
        let above = format!("{path}.");
        if knobs.keys().any(|k| k.starts_with(&above)) {
            continue;
        }
        let flips = all.iter().any(|(written, known)| {
            let mut other = written.clone();
            other.remove(path).is_some() && {
                let differs = |o: &Written| by.get(o).is_some_and(|k| k.entry != known.entry);
                differs(&other)
                    || knobs[path].iter().any(|v| {
                        let mut one = other.clone();
                        one.insert(path.clone(), v.clone());
                        differs(&one)
                    })
            }
        });
        if !flips {
            out.push(format!("{} {path}", row.ty));
        }
    }
    out
}

#[test]
fn what_a_row_reads_decides_something() {
    let mut lists = Lists::new();
    let path = support::provider_schema::dir().join("../flips-not-generated.txt");
    let list = std::fs::read_to_string(path).expect("the list is there");
    let mut excepted: BTreeSet<String> = list
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| {
            let (what, why) = l.split_once(" # ").unwrap_or_else(|| panic!("{l}: why?"));
            assert!(!why.trim().is_empty(), "{l}");
            what.trim().to_owned()
        })
        .collect();
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    let mut looked = 0;
    let tables: Vec<(String, toml::Table)> = files()
        .into_iter()
        .map(|(shown, text)| (shown, text.parse().expect("the catalog's files are TOML")))
        .collect();
    let mut all: Vec<(&str, String, &toml::Table)> = Vec::new();
    for (shown, table) in &tables {
        all.extend(
            rows(table)
                .into_iter()
                .map(|(name, row)| (&**shown, name, row)),
        );
    }
    // First those that decide for themselves: what opens them is asked of those that decide for others.
    all.sort_by_key(|(_, _, row)| row.contains_key("carries"));
    let mut open = Open::new();
    for (shown, name, row_text) in all {
        let row = catalog.row(&name).expect("it stands in the catalog");
        // Data sources are read, backends have a place alone.
        let role = matches!(row.role, Some(Role::Route | Role::Door | Role::Endpoint));
        let asked = row.is_store() || row.is_key() || row.carries.is_some() || role;
        if name.starts_with("data.") || name.starts_with("backend.") || !asked {
            continue;
        }
        let provider = provider_of(&name);
        let world = WORLDS.iter().find(|w| w.provider == provider);
        let world = world.unwrap_or_else(|| panic!("{provider} needs a line in WORLDS"));
        for miss in misses(&mut lists, world, &row, row_text, &mut open) {
            if !excepted.remove(&miss) {
                wrong.push(format!("{shown}: {miss}"));
            }
        }
        looked += 1;
    }
    assert!(looked > 20, "the catalog is there");
    assert!(
        wrong.is_empty(),
        "{} cases that no generated resource reaches (TYPE.custody[0]), that do not take the customer's key (… key), and \
         attributes that a row reads and that change nothing (TYPE PATH):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        excepted.is_empty(),
        "in flips-not-generated.txt without need: {excepted:#?}"
    );
}
