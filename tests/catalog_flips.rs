//! What a catalog row reads decides something. For each row, resources are generated that differ in what
//! the row's conditions and keys look at; then
//!
//! * each case of custody and of a part is reached by one of them (a case that cannot be reached is a mistake of the
//!   cases before it);
//! * each attribute that the row reads, there or for its place, its copies, its doors, its transport, changes a fact
//!   somewhere, all others held; what shuts a door does so where another resource opens it;
//! * the customer's own key in a case's `key` makes the case answer with that key;
//! * no condition fails on values of the right type, and a switch written as a text is the switch.
//!
//! What cannot be generated is listed with its reason in `tests/data/flips-not-generated.txt`; a line without
//! need fails. Not asked here: whether the facts are the right ones (the fixtures say that).

mod support;

use sekisho::catalog::Catalog;
use sekisho::catalog::compile::{Case, KeyRef, Row, Says};
use sekisho::catalog::row::Role;
use sekisho::extract::facts::{
    Answer, Copy, Custody, Keeping, KeyAnswer, Location, SignIn, Transport, Valued, YesNo,
};
use sekisho::load::syntax::Expr;
use sekisho::report::Outcome;
use sekisho::settings::{Input, Question, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use support::provider_schema::{Found, Lists, Name, provider_of};
use support::row_walk::{Is, Named, files, named, rows};
use tempfile::TempDir;

/// What the generated resources of a provider stand in.
struct World {
    provider: &'static str,
    /// Provider configuration and the customer's own key.
    before: &'static str,
    key: &'static str,
    /// A place other than the provider configuration's.
    region: &'static str,
    /// A zone of it.
    zone: &'static str,
    /// A store that is there; in `before`.
    store: &'static str,
}

/// A provider with rows needs its line.
const WORLDS: &[World] = &[
    World {
        provider: "aws",
        before: "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nresource \"aws_kms_key\" \"own\" {}\n\
                 provider \"aws\" {\n  alias = \"there\"\n  region = \"ap-northeast-3\"\n}\n\
                 resource \"aws_s3_bucket\" \"there\" {\n  provider = aws.there\n}\n",
        key: "aws_kms_key.own.arn",
        region: "\"ap-northeast-3\"",
        zone: "\"ap-northeast-3a\"",
        store: "aws_s3_bucket.there.arn",
    },
    World {
        provider: "azurerm",
        before: "resource \"azurerm_key_vault\" \"own\" {\n  location = \"japaneast\"\n}\n\
                 resource \"azurerm_key_vault_key\" \"own\" {\n  name = \"own\"\n  key_vault_id = azurerm_key_vault.own.id\n  key_type = \"RSA\"\n}\n\
                 resource \"azurerm_storage_account\" \"there\" {\n  location = \"japanwest\"\n}\n",
        key: "azurerm_key_vault_key.own.id",
        region: "\"japanwest\"",
        zone: "\"japanwest\"",
        store: "azurerm_storage_account.there.id",
    },
    World {
        provider: "google",
        before: "provider \"google\" {\n  region = \"asia-northeast1\"\n}\n\
                 resource \"google_kms_key_ring\" \"own\" {\n  location = \"asia-northeast1\"\n}\n\
                 resource \"google_kms_crypto_key\" \"own\" {\n  key_ring = google_kms_key_ring.own.id\n}\n\
                 resource \"google_storage_bucket\" \"there\" {\n  location = \"asia-northeast2\"\n}\n",
        key: "google_kms_crypto_key.own.id",
        region: "\"asia-northeast2\"",
        zone: "\"asia-northeast2-a\"",
        store: "google_storage_bucket.there.id",
    },
];

/// A member of a project that is not one's own.
const THEIRS: &str = "serviceAccount:a@zz-theirs.iam.gserviceaccount.com";

/// What is one's own.
const OWN: &str = "[own]\naws-accounts = [\"111111111111\"]\ngoogle-projects = [\"zz-own\"]\n\
                   azure-tenants = [\"zz-own\"]\nazure-subscriptions = [\"zz-own\"]\n";

/// About how many resources of a row are generated beside those that its cases give.
const MOST: usize = 100;

/// How many combinations of what one case reads are starting points.
const OF_A_CASE: usize = 200;

/// Path to what is written there; `None`: an empty block.
type Written = BTreeMap<String, Option<String>>;

/// What opens stores to everybody.
#[derive(Default)]
struct Open {
    /// By type, what one of them says itself: one for each door.
    own: BTreeMap<String, Vec<Written>>,
    /// By type, what another resource says of one.
    others: BTreeMap<String, Vec<Opener>>,
}

/// A resource that opens a store that says nothing itself.
#[derive(Clone)]
struct Opener {
    ty: String,
    by: String,
    written: Written,
}

/// What stands around the generated resources.
#[derive(Clone, Default)]
struct Around {
    /// Settings of the account.
    beside: String,
    /// What opens the store.
    opener: Option<Opener>,
}

/// What may be written at a path.
type Knobs = BTreeMap<String, BTreeSet<Option<String>>>;

/// The paths that one case reads, by its place in the row.
type Groups = BTreeMap<String, BTreeSet<String>>;

fn knobs(lists: &mut Lists, world: &World, ty: &str, row: &toml::Table) -> (Knobs, Groups) {
    let all = named(ty, row);
    let mut out = Knobs::new();
    let mut groups = Groups::new();
    for (i, (at, one)) in all.iter().enumerate() {
        let Named::Path(path, is) = one else { continue };
        let names = match lists.find(ty, path) {
            Found::Yes(names) => names,
            _ => Vec::new(),
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
                // What decides for a whole account is alone in it.
                let scope = row.get("carries").and_then(|c| c.get("scope"));
                if scope.is_none() {
                    add(format!("{ty}.other.id"));
                }
                add(of_kind(world.region));
                add(of_kind(world.store));
            }
            // A zone of the place elsewhere, what lies there, its name.
            Is::Place => add(of_kind(if zoned(row, path) {
                world.zone
            } else if refers(row, path) {
                world.store
            } else {
                world.region
            })),
            Is::Path if at == "transport.minimum" => {
                for value in ciphers(&format!("{ty}.{path}")) {
                    add(format!("{value:?}"));
                }
            }
            Is::Path if at.starts_with("algorithm[") => {
                let name = format!("{ty}.{path}");
                for value in of_key(&name) {
                    add(format!("{value:?}"));
                }
            }
            Is::Path if at.rsplit('.').next() == Some("given") => {
                add(of_kind("\"given\""));
            }
            Is::Condition => {
                let same = all.iter().filter(|(a, _)| a == at).map(|(_, n)| n);
                let read = Read {
                    constants: same
                        .clone()
                        .filter_map(|n| match n {
                            Named::Constant(text) => Some(&**text),
                            _ => None,
                        })
                        .collect(),
                    functions: same
                        .clone()
                        .filter_map(|n| match n {
                            Named::Function(name) => Some(&**name),
                            _ => None,
                        })
                        .collect(),
                    truth: same.clone().any(|n| *n == Named::Truth),
                    key: (at.rsplit('.').next() == Some("key")).then_some(world.key),
                };
                values.extend(read.values(names.first()));
            }
            _ => continue,
        }
        out.entry(path.clone()).or_default().extend(values);
        let case = at.find(']').map_or(&**at, |end| &at[..end]);
        groups
            .entry(case.to_owned())
            .or_default()
            .insert(path.clone());
    }
    (out, groups)
}

/// The sources of the row's place that read a path, by their first words.
fn sources<'a>(row: &'a toml::Table, path: &'a str) -> impl Iterator<Item = &'a str> {
    let all = row.get("place").and_then(toml::Value::as_array);
    let all = all.into_iter().flatten().filter_map(toml::Value::as_str);
    all.filter_map(move |source| {
        let (kind, rest) = source.split_once(':')?;
        let read = rest.split('@').next()?;
        (read.trim_start_matches("self.") == path).then_some(kind)
    })
}

fn zoned(row: &toml::Table, path: &str) -> bool {
    sources(row, path).any(|kind| kind == "zone")
}

fn refers(row: &toml::Table, path: &str) -> bool {
    sources(row, path).any(|kind| matches!(kind, "parent" | "store" | "near" | "arn"))
}

/// The values of an attribute that `catalog/ciphers.toml` knows.
fn ciphers(name: &str) -> Vec<String> {
    let file: toml::Table = sekisho::catalog::embedded::CIPHERS.parse().expect("TOML");
    let of = |name: &str| file["transport"].get(name).cloned();
    let entry = of(name).unwrap_or_else(|| panic!("{name} does not stand in ciphers.toml"));
    let like = entry.get("like").and_then(toml::Value::as_str).and_then(of);
    let entry = like.unwrap_or(entry);
    let lists = ["weak", "good"]
        .into_iter()
        .filter_map(|l| entry.get(l)?.as_array());
    let all = lists.flatten().filter_map(toml::Value::as_str);
    all.map(ToOwned::to_owned).collect()
}

/// The same of a key's cipher.
fn of_key(name: &str) -> Vec<&'static str> {
    let mut all = sekisho::catalog::ciphers::of_keys();
    let found = all.find(|(attribute, _)| *attribute == name);
    found
        .unwrap_or_else(|| panic!("{name} does not stand in ciphers.toml"))
        .1
}

/// What a condition does with what it reads.
struct Read<'a> {
    constants: Vec<&'a str>,
    functions: BTreeSet<&'a str>,
    /// It asks whether something is true.
    truth: bool,
    /// What it gives is a key: one.
    key: Option<&'a str>,
}

impl Read<'_> {
    /// What may be written where it reads: what decides, and what does not. `None`: an empty block.
    fn values(&self, name: Option<&Name>) -> BTreeSet<Option<String>> {
        let kind = name.map_or('?', |n| n.kind);
        if name.is_some_and(|n| n.body.is_some()) {
            return BTreeSet::from([None]);
        }
        let texts = match kind {
            'b' => vec!["true".to_owned(), "false".to_owned()],
            'n' => self.numbers().iter().map(ToString::to_string).collect(),
            _ => self.texts(kind),
        };
        let of_kind = |text: String| {
            Some(if kind == 'l' {
                format!("[{text}]")
            } else {
                text
            })
        };
        texts.into_iter().map(of_kind).collect()
    }

    fn numbers(&self) -> Vec<i64> {
        let numbers = self.constants.iter().filter_map(|c| c.parse::<i64>().ok());
        let numbers: Vec<i64> = numbers.flat_map(|c| [c - 1, c, c + 1]).collect();
        // A number that is a fact by itself.
        if numbers.is_empty() {
            return vec![7, 30];
        }
        numbers
    }

    fn texts(&self, kind: char) -> Vec<String> {
        let calls = |name: &str| self.functions.contains(name);
        let quoted = |text: &str| format!("{text:?}");
        let all = |write: &dyn Fn(&str) -> String| -> Vec<String> {
            self.constants.iter().map(|c| write(c)).collect()
        };
        let policy = |who: &str| {
            all(&|action| {
                format!(
                    "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", \
                     Principal = {who}, Action = {action:?}, Resource = \"*\" }}] }})"
                )
            })
        };
        let bindings = |member: &str| {
            format!("jsonencode({{ bindings = [{{ role = \"any\", members = [{member:?}] }}] }})")
        };
        if let Some(key) = self.key {
            return match kind {
                'm' => all(&|c| format!("{{ {c:?} = {key} }}")),
                _ => vec![key.to_owned()],
            };
        }
        let mut out = if calls("jsonencode") {
            // A document of what is read.
            ["*", "Decrypt", "arn:aws:iam::999999999999:root", "zz-other"]
                .map(quoted)
                .into()
        } else if calls("account_foreign") {
            ["zz-own", "zz-theirs"].map(quoted).into()
        } else if calls("policy_data_foreign") {
            return [THEIRS, "user:one@example.jp"].map(bindings).into();
        } else if calls("members_foreign") {
            let mut out = all(&quoted);
            out.extend([THEIRS, "user:one@example.jp"].map(quoted));
            out
        } else if calls("policy_open") {
            return policy("\"*\"");
        } else if calls("policy_foreign") {
            return policy("{ AWS = \"arn:aws:iam::999999999999:root\" }");
        } else if calls("policy_data_open") {
            return ["allUsers", "user:one@example.jp"].map(bindings).into();
        } else if calls("jsondecode") {
            return all(&bindings);
        } else if calls("members_open") {
            // Beside members it may compare with something.
            let mut out = all(&quoted);
            out.extend(["allUsers", "user:one@example.jp"].map(quoted));
            out
        } else if calls("cidr_open") {
            vec![quoted("0.0.0.0/0"), quoted("192.0.2.0/24")]
        } else if calls("tonumber") {
            // A number with a unit.
            let unit = self.constants.iter().find(|c| c.parse::<i64>().is_err());
            let unit = unit.copied().unwrap_or_default();
            let numbers = self.numbers();
            numbers.iter().map(|n| format!("\"{n}{unit}\"")).collect()
        } else if calls("regex") {
            let mut out = all(&|c| quoted(&sample(c)));
            out.push(quoted("zz-other"));
            out
        } else {
            let mut out = all(&quoted);
            out.push(quoted("zz-other"));
            out
        };
        // A text in the schema that is true or false to the provider.
        if self.truth && kind == 's' && self.constants.is_empty() {
            out.extend(["true".to_owned(), "false".to_owned()]);
        }
        out
    }
}

/// A text that a pattern fits: of alternatives the first, what may be missing left out.
fn sample(pattern: &str) -> String {
    fn alternatives(rest: &mut std::str::Chars<'_>) -> String {
        let mut first: Option<String> = None;
        let mut now = String::new();
        // Where the last piece starts: `?` takes it away.
        let mut last = 0;
        while let Some(c) = rest.next() {
            match c {
                ')' => break,
                '|' => {
                    first.get_or_insert_with(|| std::mem::take(&mut now));
                    now.clear();
                    last = 0;
                }
                '(' => {
                    last = now.len();
                    if rest.as_str().starts_with("?i)") {
                        rest.nth(2);
                    } else {
                        if rest.as_str().starts_with("?:") {
                            rest.nth(1);
                        }
                        now += &alternatives(rest);
                    }
                }
                '?' | '*' => now.truncate(last),
                '^' | '$' | '+' => {}
                '[' => {
                    last = now.len();
                    now.extend(rest.next());
                    let _ = rest.by_ref().find(|&c| c == ']');
                }
                _ => {
                    last = now.len();
                    now.extend(if c == '\\' { rest.next() } else { Some(c) });
                }
            }
        }
        first.unwrap_or(now)
    }
    alternatives(&mut pattern.chars())
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

/// What is known of a generated resource: its facts in words without its own names, and its answers about keys.
#[derive(Clone, Default)]
struct Known {
    facts: String,
    answers: Vec<KeyAnswer>,
    public: bool,
    door: Option<String>,
    /// Rows and cases of its copies.
    copies: BTreeSet<String>,
    /// Facts that are not known though all that they hang on is: their condition fails.
    failed: BTreeSet<String>,
}

impl Known {
    fn cases(&self) -> BTreeSet<String> {
        let cases = self.answers.iter().filter_map(|a| a.case.as_ref());
        let cases = cases.map(ToString::to_string);
        cases.chain(self.copies.iter().cloned()).collect()
    }
}

/// A line for each fact; whose row decided it and where that stands is no fact.
#[derive(Default)]
struct Lines(String, BTreeSet<String>);

impl Lines {
    fn add(&mut self, name: &str, what: impl std::fmt::Debug) {
        let _ = writeln!(self.0, "{name}: {what:?}");
    }

    fn yes_no(&mut self, name: &str, fact: &YesNo) {
        let answers: BTreeSet<&str> = fact.answers.iter().map(|(_, a)| a.word()).collect();
        if answers.contains("unknown") && fact.why.is_none() {
            self.1.insert(name.to_owned());
        }
        self.add(name, (answers, &fact.door));
    }

    fn valued<T: std::fmt::Debug>(&mut self, name: &str, fact: &Valued<T>) {
        let values: Vec<&Option<T>> = fact.answers.iter().map(|(_, v)| v).collect();
        self.add(name, values);
    }

    fn transport(&mut self, wire: &Transport) {
        self.yes_no("plaintext", &wire.plaintext);
        self.yes_no("weak", &wire.weak);
    }

    fn location(&mut self, name: &str, place: &Location) {
        let places = place.alternatives.iter();
        let codes: BTreeSet<Vec<&str>> = places
            .map(|p| p.regions.iter().map(|r| &*r.code).collect())
            .collect();
        self.add(name, (place.state(), codes));
    }

    fn keeping(&mut self, name: &str, keeping: &Keeping) {
        for a in &keeping.answers {
            let place = a.key_location.as_ref().map(|l| {
                let mut lines = Lines::default();
                lines.location("key", l);
                lines.0
            });
            let words = (a.level, a.encrypted, &a.key, a.key_as_store, place);
            self.add(name, words);
        }
        self.add(name, keeping.imported);
    }

    fn sign_in(&mut self, s: Option<&SignIn>) {
        let Some(s) = s else { return };
        for (_, v) in &s.length {
            self.add("length", v.identity());
        }
        self.yes_no("mfa", &s.mfa);
        self.yes_no("reuse", &s.reuse);
    }

    fn copies(&mut self, copies: &[Copy]) {
        let mut all: Vec<String> = copies
            .iter()
            .map(|c| {
                let mut one = Lines::default();
                one.add("copy", (&c.kind, &c.service_kind, &c.to));
                one.location("copy.at", &c.location);
                one.keeping("copy.custody", &c.custody);
                one.yes_no("copy.made", &c.made);
                one.0
            })
            .collect();
        all.sort();
        self.0.extend(all);
    }
}

/// Everybody can reach it, by some version of the provider at least.
fn may_be_public(fact: &YesNo) -> bool {
    fact.answers.iter().any(|(_, a)| *a == Answer::Yes)
}

/// All facts of an outcome that rules can ask for, by root and address.
fn known(outcome: &Outcome) -> BTreeMap<(String, String), Known> {
    let mut out = BTreeMap::new();
    let at = |target: &str, address: &str| {
        let root = target.rsplit('/').next().unwrap_or(target);
        (root.to_owned(), address.to_owned())
    };
    let answers = |all: &[Copy]| -> Vec<KeyAnswer> {
        let all = all.iter().flat_map(|c| &c.custody.answers);
        all.cloned().collect()
    };
    let cases =
        |all: &[Copy]| -> BTreeSet<String> { all.iter().map(|c| c.case.to_string()).collect() };
    for s in &outcome.stores {
        let mut lines = Lines::default();
        let encryption = (s.encryption.at_rest, &s.encryption.cipher);
        lines.add("store", (&s.category, &s.service_kind, encryption));
        lines.add("operator", (&s.operator.name, &s.operator.country));
        lines.location("at", &s.location);
        lines.keeping("custody", &s.custody);
        for p in &s.parts {
            lines.add("part", (&p.part, p.encryption.at_rest));
            lines.keeping("part.custody", &p.custody);
        }
        lines.copies(&s.copies);
        lines.yes_no("exposure", &s.exposure);
        lines.yes_no("network", &s.network);
        lines.sign_in(s.sign_in.as_deref());
        lines.yes_no("backup", &s.backup);
        lines.yes_no("protected", &s.deletion_protected);
        lines.transport(&s.transport);
        let not_asked: Vec<&str> = s.not_asked.iter().map(|(q, _)| &**q).collect();
        lines.add("not asked", not_asked);
        let own = std::iter::once(&s.custody).chain(s.parts.iter().map(|p| &p.custody));
        let mut all: Vec<KeyAnswer> = own.flat_map(|k| k.answers.iter().cloned()).collect();
        all.extend(answers(&s.copies));
        let one = Known {
            facts: lines.0,
            failed: lines.1,
            answers: all,
            public: may_be_public(&s.exposure),
            door: s.exposure.door.as_ref().map(ToString::to_string),
            copies: cases(&s.copies),
        };
        out.insert(at(&s.target, &s.address), one);
    }
    for k in &outcome.keys {
        let mut lines = Lines::default();
        lines.location("at", &k.location);
        lines.keeping("custody", &k.custody);
        lines.yes_no("rotation", &k.rotation);
        lines.yes_no("open", &k.open);
        lines.yes_no("foreign", &k.foreign);
        lines.yes_no("protected", &k.protected);
        lines.valued("window", &k.window);
        lines.valued("cipher", &k.cipher);
        lines.add("key", (&k.inside, k.defers));
        let one = Known {
            facts: lines.0,
            failed: lines.1,
            answers: k.custody.answers.clone(),
            public: may_be_public(&k.open),
            door: k.open.door.as_ref().map(ToString::to_string),
            copies: BTreeSet::new(),
        };
        out.insert(at(&k.target, &k.address), one);
    }
    for o in &outcome.others {
        let mut lines = Lines::default();
        lines.add("other", (o.role, &o.service_kind));
        lines.location("at", &o.location);
        lines.copies(&o.copies);
        lines.yes_no("open", &o.open);
        lines.sign_in(o.sign_in.as_deref());
        lines.transport(&o.transport);
        let one = Known {
            facts: lines.0,
            failed: lines.1,
            answers: answers(&o.copies),
            public: may_be_public(&o.open),
            door: o.open.door.as_ref().map(ToString::to_string),
            copies: cases(&o.copies),
        };
        out.insert(at(&o.target, &o.address), one);
    }
    out
}

/// A resource that names another one.
fn naming(
    lists: &mut Lists,
    (ty, name): (&str, &str),
    written: &Written,
    by: &str,
    address: &str,
) -> String {
    let list = matches!(lists.find(ty, by), Found::Yes(n) if n.iter().any(|n| n.kind == 'l'));
    let id = if list {
        format!("[{address}.id]")
    } else {
        format!("{address}.id")
    };
    let mut written = written.clone();
    // It may name something else.
    written.entry(by.to_owned()).or_insert(Some(id));
    let body = body(lists, ty, &written);
    format!("resource \"{ty}\" \"{name}\" {{\n{body}}}\n")
}

/// How many roots are examined at once.
const ROOTS: usize = 50;

/// A directory with roots `r0`, `r1`, …, written anew for each run: making directories takes longer than all else.
struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        let dir = TempDir::new().expect("a temporary directory");
        std::fs::write(dir.path().join("sekisho.toml"), OWN).expect("a file");
        for i in 0..ROOTS {
            std::fs::create_dir(dir.path().join(format!("r{i}"))).expect("a directory");
        }
        Bench(dir)
    }

    /// What is found in roots with these texts.
    fn examine(&self, files: &[String]) -> Outcome {
        let dir = self.0.path();
        let mut paths = Vec::new();
        for (i, text) in files.iter().enumerate() {
            let root = dir.join(format!("r{i}"));
            std::fs::write(root.join("main.tf"), text).expect("a file");
            paths.push(root);
        }
        let input = Input {
            current_dir: dir.to_path_buf(),
            paths,
            boundary: Some(dir.to_path_buf()),
            ..Input::default()
        };
        let settings = Settings::plain(Question::Findings, input);
        sekisho::on_own_threads(|| sekisho::examine(&settings, &sekisho::policy_of(&settings)))
    }
}

/// What is known of each of these resources.
///
/// What decides for others does so for a store that says nothing, and for those that are open to everybody.
fn try_all(
    bench: &Bench,
    lists: &mut Lists,
    world: &World,
    row: &Row,
    all: &[Written],
    open: &Open,
    around: &Around,
) -> Vec<Known> {
    let mut out = Vec::new();
    for some in all.chunks(ROOTS) {
        // Each in a root of its own: what is not known of one may be about any other.
        let mut files = Vec::new();
        let mut addresses = Vec::new();
        for written in some {
            let mut text = format!("{}{}", world.before, around.beside);
            addresses.push(root(lists, row, written, open, around, &mut text));
            files.push(text);
        }
        let outcome = bench.examine(&files);
        let broken: Vec<String> = outcome
            .diagnostics
            .iter()
            .filter(|d| d.code.id() != "nothing-judged")
            .map(|d| format!("{} {:?}", d.message.key, d.message.args))
            .collect();
        assert!(broken.is_empty(), "{broken:?}\n{files:#?}");
        let mut facts = known(&outcome);
        for (i, here) in addresses.into_iter().enumerate() {
            let mut one = Known::default();
            for (n, address) in here.into_iter().enumerate() {
                let more = facts.remove(&(format!("r{i}"), address));
                let more = more.unwrap_or_default();
                one.facts += &more.facts;
                one.answers.extend(more.answers);
                one.copies.extend(more.copies);
                one.failed.extend(more.failed);
                // The first is the one that says nothing itself.
                if n == 0 {
                    (one.public, one.door) = (more.public, more.door);
                }
            }
            out.push(one);
        }
    }
    out
}

/// Writes a resource, and the stores that it decides for; gives the addresses that are looked at.
fn root(
    lists: &mut Lists,
    row: &Row,
    written: &Written,
    open: &Open,
    around: &Around,
    text: &mut String,
) -> Vec<String> {
    let ty = &*row.ty;
    let opened = |lists: &mut Lists, text: &mut String, address: &str| {
        if let Some(o) = &around.opener {
            let name = address.replace('.', "_");
            *text += &naming(lists, (&o.ty, &name), &o.written, &o.by, address);
        }
    };
    let own = body(lists, ty, written);
    let by = match &row.carries {
        None => {
            let _ = writeln!(text, "resource \"{ty}\" \"other\" {{}}");
            let _ = writeln!(text, "resource \"{ty}\" \"n\" {{\n{own}}}");
            let address = format!("{ty}.n");
            opened(lists, text, &address);
            return vec![address];
        }
        Some(c) => c.by.first(),
    };
    let mut here = Vec::new();
    let store = row.carries.as_ref().map_or("", |c| &*c.to[0]);
    let mut stores = vec![Written::new()];
    stores.extend(open.own.get(store).into_iter().flatten().cloned());
    for (n, of_store) in stores.iter().enumerate() {
        let name = format!("s{n}");
        let of_store = body(lists, store, of_store);
        let _ = writeln!(text, "resource \"{store}\" \"{name}\" {{\n{of_store}}}");
        let address = format!("{store}.{name}");
        opened(lists, text, &address);
        here.push(address.clone());
        if let Some(by) = by {
            *text += &naming(lists, (ty, &name), written, &by.path, &address);
            here.push(format!("{ty}.{name}"));
        }
    }
    if by.is_none() {
        // What decides for a whole account is alone in it.
        let _ = writeln!(text, "resource \"{ty}\" \"alone\" {{\n{own}}}");
        here.push(format!("{ty}.alone"));
    } else {
        let _ = writeln!(text, "resource \"{ty}\" \"other\" {{}}");
    }
    here
}

/// The same with something written at a path.
fn put(written: &Written, path: &str, value: Option<&String>) -> Written {
    let below = |name: &str, above: &str| {
        let rest = name.strip_prefix(above);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let mut out = written.clone();
    // A block that something is written in is there.
    out.retain(|name, value| value.is_some() || !below(path, name));
    if value.is_some() || !out.keys().any(|name| below(name, path)) {
        out.insert(path.to_owned(), value.cloned());
    }
    out
}

/// The same with nothing at a path; the block around it stays. `None`: nothing stood there.
fn without(written: &Written, path: &str) -> Option<Written> {
    let mut out = written.clone();
    out.remove(path)?;
    Some(match path.rsplit_once('.') {
        Some((block, _)) => put(&out, block, None),
        None => out,
    })
}

/// All that can be written at these paths, `None` where that is too much.
fn product(knobs: &Knobs, paths: &BTreeSet<String>, most: usize) -> Option<Vec<Written>> {
    let mut out = vec![Written::new()];
    // A block that something is written in is there.
    let inner = |path: &String| paths.iter().any(|p| p.starts_with(&format!("{path}.")));
    for path in paths.iter().filter(|p| !inner(p)) {
        let values = knobs.get(path)?;
        if out.len().checked_mul(values.len() + 1)? > most {
            return None;
        }
        let with: Vec<Written> = out
            .iter()
            .flat_map(|w| values.iter().map(|v| put(w, path, v.as_ref())))
            .collect();
        out.extend(with);
    }
    Some(out)
}

/// All combinations, where they are few; else what lies one step around each that showed something new, from all
/// combinations of what one case reads.
fn explore(
    (knobs, groups): &(Knobs, Groups),
    try_all: &mut dyn FnMut(&[Written]) -> Vec<Known>,
) -> Vec<(Written, Known)> {
    let fewer = |from: &Written| -> Vec<Written> {
        let blocks = from.iter().filter(|(_, v)| v.is_none()).map(|(b, _)| {
            let mut out = from.clone();
            out.remove(b);
            out
        });
        let paths = knobs.keys().filter_map(|path| without(from, path));
        paths.chain(blocks).collect()
    };
    let steps = |from: &Written| -> Vec<Written> {
        let mut out = fewer(from);
        for (path, values) in knobs {
            out.extend(values.iter().map(|v| put(from, path, v.as_ref())));
        }
        out
    };
    let every: BTreeSet<String> = knobs.keys().cloned().collect();
    let everything = product(knobs, &every, MOST);
    let whole = everything.is_some();
    let everything = everything.map(|mut all| {
        let more: Vec<Written> = all.iter().flat_map(&fewer).collect();
        all.extend(more);
        all
    });
    let mut next = everything.unwrap_or_else(|| {
        let of_cases = groups.values();
        let of_cases = of_cases.filter_map(|paths| product(knobs, paths, OF_A_CASE));
        of_cases.flatten().collect()
    });
    if next.is_empty() {
        next.push(Written::new());
    }
    let most = next.len() + MOST;
    let mut asked: BTreeSet<Written> = BTreeSet::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut out: Vec<(Written, Known)> = Vec::new();
    while !next.is_empty() && asked.len() < most {
        next.retain(|w| asked.insert(w.clone()));
        let known = try_all(&next);
        let mut around = Vec::new();
        for (written, known) in next.iter().zip(known) {
            if told.insert(format!("{}{:?}", known.facts, known.cases())) {
                around.extend(steps(written));
            }
            out.push((written.clone(), known));
        }
        next = if whole { Vec::new() } else { around };
    }
    out
}

/// A case of a scope that leaves what the store's own row says: it is nobody's answer.
fn leaves_it(row: &Row, case: &Case) -> bool {
    let Says::Is(levels) = &case.says else {
        return false;
    };
    row.carries
        .as_ref()
        .is_some_and(|c| c.scope.is_some() && levels.iter().all(|l| c.instead_of.contains(l)))
}

/// A case that can name a key; `value = "null"` says that there is none.
fn keyed(case: &Case) -> bool {
    let Says::Key(refs) = &case.says else {
        return false;
    };
    !refs
        .iter()
        .all(|r| matches!(r, KeyRef::Value(c) if matches!(c.tree.expr(c.tree.root()), Expr::Null)))
}

/// What a row promises and the generated resources do not show, as the list of exceptions names it.
fn misses(
    bench: &Bench,
    lists: &mut Lists,
    world: &World,
    row: &Row,
    text: &toml::Table,
    open: &mut Open,
    around: &Around,
) -> Misses {
    let knobs = knobs(lists, world, &row.ty, text);
    let all = explore(&knobs, &mut |some| {
        try_all(bench, lists, world, row, some, open, around)
    });
    if around.opener.is_none() {
        opens(row, &all, open);
    }
    let mut out = BTreeSet::new();
    let mut failed: BTreeSet<String> = all
        .iter()
        .flat_map(|(w, k)| k.failed.iter().map(move |f| (w, f)))
        .map(|(written, fact)| format!("{} {fact} fails: {written:?}", row.ty))
        .collect();
    if around.opener.is_none() {
        failed.extend(as_text(bench, lists, world, row, &all, open, around));
    }
    let met: BTreeSet<String> = all.iter().flat_map(|(_, k)| k.cases()).collect();
    let parts = row.parts.iter().flat_map(|(_, cases)| cases);
    let keys = row.copies.iter().filter_map(|c| c.key.as_ref());
    let cases = row.custody.iter().chain(parts);
    let cases: Vec<&Case> = cases.filter(|c| !leaves_it(row, c)).collect();
    let all_cases = cases.iter().map(|c| &c.id);
    for id in all_cases.chain(row.copies.iter().map(|c| &c.id)) {
        if !met.contains(&**id) {
            out.insert(id.to_string());
        }
    }
    for case in cases.into_iter().chain(keys) {
        let own = all.iter().flat_map(|(_, k)| &k.answers).any(|a| {
            a.case.as_deref() == Some(&*case.id)
                && a.level.is_some_and(|l| l >= Custody::CustomerManaged)
        });
        if keyed(case) && !own && met.contains(&*case.id) {
            out.insert(format!("{} key", case.id));
        }
    }
    let by: BTreeMap<&Written, &Known> = all.iter().map(|(w, k)| (w, k)).collect();
    let knobs = &knobs.0;
    for path in knobs.keys() {
        // A block that something is written in is there.
        let above = format!("{path}.");
        if knobs.keys().any(|k| k.starts_with(&above)) {
            continue;
        }
        let flips = all.iter().any(|(written, known)| {
            without(written, path).is_some_and(|other| {
                let differs = |o: &Written| by.get(o).is_some_and(|k| k.facts != known.facts);
                let values = knobs[path].iter();
                differs(&other)
                    || values
                        .map(|v| put(&other, path, v.as_ref()))
                        .any(|o| differs(&o))
            })
        });
        if !flips {
            out.insert(format!("{} {path}", row.ty));
        }
    }
    Misses { out, failed }
}

/// What generated resources do not show, and what is wrong with some of them.
struct Misses {
    out: BTreeSet<String>,
    failed: BTreeSet<String>,
}

/// A switch that is written as a text, as old code does, is the switch.
fn as_text(
    bench: &Bench,
    lists: &mut Lists,
    world: &World,
    row: &Row,
    all: &[(Written, Known)],
    open: &Open,
    around: &Around,
) -> BTreeSet<String> {
    let text = |v: &Option<String>| match v.as_deref() {
        Some(v @ ("true" | "false")) => Some(format!("{v:?}")),
        _ => v.clone(),
    };
    let (mut texts, mut facts) = (Vec::new(), Vec::new());
    // Each fact, and each switch, once.
    let (mut told, mut switched) = (BTreeSet::new(), BTreeSet::new());
    for (written, known) in all {
        let mut with_texts = written.clone();
        let mut new = told.insert(&known.facts);
        for (path, value) in &mut with_texts {
            let as_text = text(value);
            if as_text != *value {
                new |= switched.insert((path.clone(), value.clone(), &known.facts));
                *value = as_text;
            }
        }
        if new && with_texts != *written {
            texts.push(with_texts);
            facts.push(&known.facts);
        }
    }
    let others = try_all(bench, lists, world, row, &texts, open, around);
    let odd = texts.iter().zip(facts).zip(&others);
    let odd = odd.filter(|((_, facts), other)| **facts != other.facts);
    odd.map(|((written, _), _)| format!("{} as text: {written:?}", row.ty))
        .collect()
}

/// Notes what opens a store: itself, or for another one.
fn opens(row: &Row, all: &[(Written, Known)], open: &mut Open) {
    let public: Vec<_> = all.iter().filter(|(_, k)| k.public).collect();
    match &row.carries {
        None => {
            let mut doors = BTreeSet::new();
            for (written, known) in public {
                if doors.insert(known.door.clone()) {
                    let own = open.own.entry(row.ty.to_string()).or_default();
                    own.push(written.clone());
                }
            }
        }
        Some(c) => {
            let (Some((written, _)), Some(by)) = (public.first(), c.by.first()) else {
                return;
            };
            let opener = Opener {
                ty: row.ty.to_string(),
                by: by.path.to_string(),
                written: written.clone(),
            };
            for store in &c.to {
                let others = open.others.entry(store.to_string()).or_default();
                others.push(opener.clone());
            }
        }
    }
}

/// Settings of the account that a key of the row is read from.
fn beside(world: &World, row: &Row) -> Option<Around> {
    let refs = row.custody.iter().filter_map(|c| match &c.says {
        Says::Key(refs) => Some(refs),
        _ => None,
    });
    let text: BTreeSet<String> = refs
        .flatten()
        .filter_map(|r| match r {
            KeyRef::Beside(ty, path) => {
                let key = world.key;
                Some(format!(
                    "resource \"{ty}\" \"own\" {{\n  {path} = {key}\n}}\n"
                ))
            }
            _ => None,
        })
        .collect();
    (!text.is_empty()).then(|| Around {
        beside: text.into_iter().collect(),
        opener: None,
    })
}

fn world_of(ty: &str) -> &'static World {
    let provider = provider_of(ty);
    let world = WORLDS.iter().find(|w| w.provider == provider);
    world.unwrap_or_else(|| panic!("{provider} needs a line in WORLDS"))
}

#[test]
fn a_sample_fits_its_pattern() {
    for (pattern, text) in [
        ("/global/(AllUsers|AuthenticatedUsers)$", "/global/AllUsers"),
        (":all(Authenticated)?Users$", ":allUsers"),
        ("^(?i)TLSv1([.]1)?$", "TLSv1"),
        ("^(public|authenticated)Read", "publicRead"),
        ("a|b", "a"),
        ("x\\.y+", "x.y"),
    ] {
        assert_eq!(sample(pattern), text);
        let pattern = regex::Regex::new(pattern).expect("a pattern");
        assert!(pattern.is_match(text));
    }
}

#[test]
fn what_a_row_reads_decides_something() {
    let mut lists = Lists::new();
    let bench = Bench::new();
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
    let mut open = Open::default();
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let mut left: Vec<(&str, std::sync::Arc<Row>, &toml::Table, BTreeSet<String>)> = Vec::new();
    for (shown, name, row_text) in all {
        let row = catalog.row(&name).expect("it stands in the catalog");
        // Data sources are read, backends have a place alone.
        let role = matches!(row.role, Some(Role::Route | Role::Door | Role::Endpoint));
        let asked = row.is_store() || row.is_key() || row.carries.is_some() || role;
        if name.starts_with("data.") || name.starts_with("backend.") || !asked {
            continue;
        }
        let world = world_of(&name);
        let around = Around::default();
        let missed = misses(
            &bench, &mut lists, world, &row, row_text, &mut open, &around,
        );
        failed.extend(missed.failed);
        left.push((shown, row, row_text, missed.out));
        looked += 1;
    }
    // What shuts a door decides where something opens it.
    for (shown, row, row_text, mut missed) in left {
        let world = world_of(&row.ty);
        let store = row.carries.as_ref().map_or(&row.ty, |c| &c.to[0]);
        let openers = open.others.get(&**store).cloned().unwrap_or_default();
        let arounds = openers.into_iter().filter(|o| *o.ty != *row.ty);
        let arounds = arounds.map(|o| Around {
            opener: Some(o),
            ..Around::default()
        });
        for around in arounds.chain(beside(world, &row)) {
            if missed.is_empty() {
                break;
            }
            let other = misses(
                &bench, &mut lists, world, &row, row_text, &mut open, &around,
            );
            missed.retain(|m| other.out.contains(m));
            failed.extend(other.failed);
        }
        for miss in missed {
            if !excepted.remove(&miss) {
                wrong.push(format!("{shown}: {miss}"));
            }
        }
    }
    assert!(looked > 20, "the catalog is there");
    let failed: Vec<String> = failed.into_iter().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
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
