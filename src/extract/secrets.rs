//! Secrets that stand in the code as text: at the paths that rows name, in provider configurations and
//! backends, in texts that may hold some.
//!
//! Lives here: which texts are secrets, and that no value leaves this place. What they look like stands in
//! `catalog/documents.toml`. Not here: whether a text stands in the code (`evaluate/in_code.rs`).
//!
//! A value that is generated, read, or given from outside is none. A text of which terraform's
//! `ignore_changes` says that it is changed elsewhere is perhaps none any more. One that says of itself that it
//! is none (`changeme`) stands for what is put into a store of secrets later; as a password it is used.

use super::collect::{EntryId, Extractor, why_of};
use super::facts::{Answer, Basis, Secret, YesNo};
use crate::catalog::documents::Documents;
use crate::diagnostic::Message;
use crate::evaluate::evaluated::{Found, InstanceId, View};
use crate::evaluate::functions::base64_text;
use crate::evaluate::text::parts_of;
use crate::evaluate::value::{Kind, Part, Val, Why, World};
use crate::load::project::Mode;
use crate::source::Place;
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// Shorter texts behind a name that sounds like a secret are switches and names of things.
const SHORTEST: usize = 6;

/// The secrets of one thing are found one after the other: so many are looked back at.
const LATELY: usize = 32;

/// A text that is a secret, as far as its looks tell.
struct Candidate {
    /// Below the path: the key in a map.
    key: Option<Arc<str>>,
    text: Arc<str>,
}

/// Where something was found.
struct At<'a> {
    id: Option<InstanceId>,
    address: &'a Arc<str>,
    ty: &'a Arc<str>,
    place: Place,
    worlds: &'a [World],
    path: &'a str,
    /// In a store of secrets.
    kept: bool,
}

struct Finder<'x, 'e, 'p> {
    x: &'x Extractor<'e, 'p>,
    target: &'x Arc<str>,
    set: &'x Arc<str>,
    out: Vec<Secret>,
}

/// The secrets that stand in the code of a target, or may. `rest` are the resources without a row.
pub(super) fn secrets(
    x: &Extractor<'_, '_>,
    rest: &[&crate::evaluate::evaluated::Instance],
    target: &Arc<str>,
    set: &Arc<str>,
) -> Vec<Secret> {
    let mut finder = Finder {
        x,
        target,
        set,
        out: Vec::new(),
    };
    for e in 0..x.entries.len() {
        if !x.entries[e].row.secrets.is_empty() {
            finder.entry(e);
        }
    }
    for instance in rest.iter().filter(|i| i.mode == Mode::Managed) {
        let at = At {
            id: Some(instance.id),
            address: &instance.address,
            ty: &instance.ty,
            place: instance.place,
            worlds: &instance.worlds,
            path: "",
            kept: false,
        };
        finder.named(&at, &x.ev.view(instance.id));
    }
    // Of a plan's configurations nobody knows which of their values are constants.
    if !x.ev.is_planned() {
        for (address, provider) in x.ev.configurations() {
            if let Some(view) = &provider.view
                && !provider.handed_in
            {
                finder.configuration(&address, &provider.source, view);
            }
        }
        if let Some(view) = x.ev.backend() {
            let module = x.ev.project.module(x.ev.root.module);
            let ty = module.backend.as_ref().map_or("", |b| &b.ty);
            let address = Arc::from(format!("terraform.backend.{ty}"));
            finder.configuration(&address, &Arc::from(ty), &view);
        }
    }
    finder.out
}

impl Finder<'_, '_, '_> {
    fn entry(&mut self, e: EntryId) {
        let row = self.x.entries[e].row.clone();
        let instance = self.x.instance(e);
        let ty: Arc<str> = row.ty.clone();
        for path in &row.secrets {
            let at = At {
                id: Some(instance.id),
                address: &instance.address,
                ty: &ty,
                place: instance.place,
                worlds: &instance.worlds,
                path,
                kept: row.category.as_deref() == Some("secret-store"),
            };
            let through = row.looked_through.iter().find(|(p, _)| **p == **path);
            let through = through.map(|(_, c)| self.x.holds(c, e, None));
            let all = |b: Option<bool>| {
                let said = through.as_ref();
                said.is_some_and(|t| t.iter().all(|(_, h)| *h == b))
            };
            if let Some(blocks) = path.strip_suffix(".value") {
                for block in self.x.blocks(self.x.view(e), blocks) {
                    self.block(&at, &block);
                }
            }
            let found = self.x.ev.path(self.x.view(e), path);
            for found in found {
                if all(Some(true)) {
                    self.looked_through(&at, &found);
                } else {
                    let sure = through.is_none() || all(Some(false));
                    let before = self.out.len();
                    self.itself(&at, &found, sure);
                    if sure && before == self.out.len() && is_given(&found.val) {
                        self.elsewhere(&at, &found);
                    }
                }
            }
        }
    }

    /// A block that holds what is called so: `name` and `value`.
    fn block(&mut self, at: &At<'_>, block: &View) {
        let read = |name: &str| self.x.ev.attribute(block, name);
        let (Some(name), Some(found)) = (read("name"), read("value")) else {
            return;
        };
        let Some(name) = name.val.as_str().filter(|n| sounds(n)) else {
            return;
        };
        // A value that says where the secret is kept.
        let kept = read("type").and_then(|t| t.val.as_str().map(str::to_ascii_lowercase));
        if kept.is_some_and(|t| t.contains("secret") || t.contains("parameter")) {
            return;
        }
        let key: Arc<str> = name.into();
        for (_, v) in found.val.alternatives() {
            if let Kind::Str(s) = &v.kind
                && v.via.is_none()
                && plausible(s)
            {
                self.note(at, &found, Some(key.clone()), s, true);
            }
        }
    }

    fn configuration(&mut self, address: &Arc<str>, ty: &Arc<str>, view: &View) {
        let at = At {
            id: None,
            address,
            ty,
            place: view.place,
            worlds: &[],
            path: "",
            kept: false,
        };
        self.named(&at, view);
    }

    /// Arguments that are called like secrets, where no row says what they are.
    fn named(&mut self, at: &At<'_>, view: &View) {
        for name in &Documents::builtin().secrets.texts {
            if let Some(found) = self.x.ev.attribute(view, name) {
                self.looked_through(&At { path: name, ..*at }, &found);
            }
        }
        for name in &Documents::builtin().secrets.arguments {
            let Some(found) = self.x.ev.attribute(view, name) else {
                continue;
            };
            for (_, v) in found.val.alternatives() {
                let text = match &v.kind {
                    Kind::Str(s) if v.via.is_none() && plausible(s) => s.clone(),
                    _ => continue,
                };
                let at = At { path: name, ..*at };
                self.note(&at, &found, None, &text, true);
            }
        }
    }

    /// A value that is a secret by itself; `sure`: it is known that it is one.
    fn itself(&mut self, at: &At<'_>, found: &Found, sure: bool) {
        for (_, v) in found.val.alternatives() {
            // What another resource is given is told there; what it is called is none.
            if v.via.is_some() {
                continue;
            }
            match &v.kind {
                Kind::Str(s) if s.trim().is_empty() || empty_document(s) => {}
                Kind::Str(s) => self.note(at, found, None, s, sure),
                Kind::Num(n) => self.note(at, found, None, &n.to_string(), sure),
                Kind::Unknown(u) => {
                    let before = self.out.len();
                    for c in looks(&v) {
                        self.note(at, found, c.key, &c.text, sure);
                    }
                    let hidden = matches!(
                        u.why,
                        Why::File | Why::NotHeld | Why::Function | Why::TooMany | Why::Limit
                    );
                    if hidden && before == self.out.len() {
                        self.undecided(at, found, why_of(&v));
                    }
                }
                _ => {
                    for c in looks(&v) {
                        self.note(at, found, c.key, &c.text, sure);
                    }
                }
            }
        }
    }

    /// A text, a map or a list that may hold secrets.
    fn looked_through(&mut self, at: &At<'_>, found: &Found) {
        for (_, v) in found.val.alternatives() {
            if v.via.is_some() {
                continue;
            }
            for c in looks(&v) {
                self.note(at, found, c.key, &c.text, true);
            }
        }
    }

    fn note(&mut self, at: &At<'_>, found: &Found, key: Option<Arc<str>>, text: &str, sure: bool) {
        let ev = self.x.ev;
        let stands = ev.stands_in_code(at.id, at.path, found, text);
        if stands == Some(false) {
            return;
        }
        let argument = at.path.split('.').next().unwrap_or(at.path);
        let ignored = at.id.is_some_and(|id| ev.ignores_changes(id, argument));
        // What is only kept is put there later; a password is used as it is.
        let later = ignored || at.kept;
        let why = match (stands, ignored, sure) {
            _ if later && placeholder(text) => return,
            (None, ..) => Some(Message::new("why.secret-from")),
            (_, true, _) => Some(Message::new("why.secret-changed")),
            (_, _, false) => Some(Message::new("why.secret-kind")),
            _ => None,
        };
        let answer = if why.is_some() {
            Answer::Unknown
        } else {
            Answer::Yes
        };
        self.push(at, found, key, answer, why);
    }

    /// Every place on a value's way.
    fn stands(&self, at: &At<'_>, found: &Found) -> Vec<Place> {
        let way = self.x.ev.way(found, &World::ANY);
        let mut out: Vec<Place> = way.iter().map(|(mark, _)| mark.place).collect();
        // The header of a block has no value in it.
        if found.place != at.place && found.place != found.header {
            out.push(found.place);
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// A secret that does not stand in the code.
    fn elsewhere(&mut self, at: &At<'_>, found: &Found) {
        let same = |s: &Secret| s.address == *at.address && *s.path == *at.path;
        if self.out.iter().rev().take(LATELY).any(same) {
            return;
        }
        self.out.push(Secret {
            target: self.target.clone(),
            variable_set: self.set.clone(),
            address: at.address.clone(),
            ty: at.ty.clone(),
            path: at.path.into(),
            place: at.place,
            in_code: YesNo {
                basis: Some(Basis {
                    secret: true,
                    ..Basis::value(found.clone())
                }),
                ..YesNo::of(Answer::No)
            },
            worlds: at.worlds.to_vec(),
            stands: Vec::new(),
        });
    }

    fn undecided(&mut self, at: &At<'_>, found: &Found, why: Message) {
        self.push(at, found, None, Answer::Unknown, Some(why));
    }

    fn push(
        &mut self,
        at: &At<'_>,
        found: &Found,
        key: Option<Arc<str>>,
        answer: Answer,
        why: Option<Message>,
    ) {
        let path: Arc<str> = match key {
            Some(key) => format!("{}.{key}", at.path).into(),
            None => at.path.into(),
        };
        let stands = self.stands(at, found);
        let in_code = YesNo {
            basis: Some(Basis {
                secret: true,
                ..Basis::value(found.clone())
            }),
            why,
            ..YesNo::of(answer)
        };
        let same = |s: &&mut Secret| s.address == *at.address && s.path == path;
        if let Some(have) = self.out.iter_mut().rev().take(LATELY).find(same) {
            have.stands.extend(stands);
            // One that certainly stands there says more than one that may, and that more than one that does not.
            let weight = |a: Answer| match a {
                Answer::Yes => 2,
                Answer::Unknown => 1,
                Answer::No | Answer::NotApplicable => 0,
            };
            if weight(answer) > weight(have.in_code.answer()) {
                have.in_code = in_code;
            }
            return;
        }
        self.out.push(Secret {
            target: self.target.clone(),
            variable_set: self.set.clone(),
            address: at.address.clone(),
            ty: at.ty.clone(),
            path,
            place: at.place,
            in_code,
            worlds: at.worlds.to_vec(),
            stands,
        });
    }
}

/// Whether something is given at all.
fn is_given(v: &Val) -> bool {
    v.alternatives().into_iter().any(|(_, v)| match &v.kind {
        Kind::Null(_) => false,
        Kind::Str(s) => !s.trim().is_empty() && !empty_document(s),
        _ => true,
    })
}

/// Stands for what is not known of a text.
const GAP: char = '\u{1}';

/// The secrets in a value, by their looks.
fn looks(v: &Val) -> Vec<Candidate> {
    let mut out = Vec::new();
    look(v, None, &mut out);
    out
}

fn look(v: &Val, key: Option<&Arc<str>>, out: &mut Vec<Candidate>) {
    if v.via.is_some() {
        return;
    }
    match &v.kind {
        Kind::Str(s) => in_text(s, key, out),
        Kind::Unknown(_) => {
            let mut text = String::new();
            for part in parts_of(v) {
                match part {
                    Part::Known(s) => text.push_str(&s),
                    _ => text.push(GAP),
                }
            }
            in_text(&text, None, out);
        }
        Kind::OneOf(alts) => alts.iter().for_each(|a| look(&a.val, key, out)),
        Kind::Map(f) | Kind::Object(f) => {
            for (name, v) in &f.items {
                let inner: Arc<str> = match key {
                    Some(key) => format!("{key}.{name}").into(),
                    None => name.clone(),
                };
                look(v, Some(&inner), out);
            }
        }
        Kind::List(s) | Kind::Set(s) | Kind::Tuple(s) => {
            s.items.iter().for_each(|v| look(v, key, out));
        }
        _ => {}
    }
}

fn in_text(text: &str, key: Option<&Arc<str>>, out: &mut Vec<Candidate>) {
    let mut add = |text: &str| {
        out.push(Candidate {
            key: key.cloned(),
            text: text.into(),
        });
    };
    if let Some(name) = key
        && sounds(name.rsplit('.').next().unwrap_or(name))
        && plausible(text)
    {
        return add(text);
    }
    let decoded = base64_text(text);
    let text = decoded.as_deref().unwrap_or(text);
    let form = FORMS
        .iter()
        .find_map(|f| f.find_iter(text).find(|found| !placeholder(found.as_str())));
    if let Some(found) = form {
        // Of what was decoded the code has other text.
        return add(if decoded.is_some() {
            "\u{0}"
        } else {
            found.as_str()
        });
    }
    let assigned = ASSIGNMENT.captures_iter(text).find_map(|c| {
        let quoted = c.name("quoted").or_else(|| c.name("single"));
        let value = quoted.or_else(|| c.name("value"))?.as_str();
        let mixed = |value: &str| {
            value.bytes().any(|b| b.is_ascii_digit())
                && value.bytes().any(|b| b.is_ascii_alphabetic())
        };
        let word = value
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.' | b' '));
        let whole = quoted.is_some() && !word && !value.contains(' ');
        (plausible(value) && (whole || mixed(value) && !value.contains('('))).then_some(value)
    });
    let named = || {
        PAIR.captures_iter(text).find_map(|c| {
            let value = c.name("value")?.as_str();
            (sounds(c.name("name")?.as_str()) && plausible(value)).then_some(value)
        })
    };
    if let Some(value) = assigned.or_else(named) {
        add(if decoded.is_some() { "\u{0}" } else { value });
    }
}

static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let forms = Documents::builtin().secrets.forms.iter();
    forms
        .map(|f| Regex::new(f).unwrap_or_else(|e| panic!("catalog: documents: {e}")))
        .collect()
});

static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&Documents::builtin().secrets.pair)
        .unwrap_or_else(|e| panic!("catalog: documents: {e}"))
});

static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&Documents::builtin().secrets.assignment)
        .unwrap_or_else(|e| panic!("catalog: documents: {e}"))
});

/// Whether a name is that of a secret.
fn sounds(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = &Documents::builtin().secrets.names;
    names.iter().any(|n| name.ends_with(n.as_str()))
}

/// Whether a text behind such a name may be the secret, and not a switch, a number, or where the secret is.
fn plausible(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let references = &Documents::builtin().secrets.references;
    text.len() >= SHORTEST
        && !text.contains(GAP)
        && !text.contains(char::is_whitespace)
        && !text.bytes().all(|b| b.is_ascii_digit())
        && !references.iter().any(|r| lower.starts_with(r.as_str()))
        && !text.contains("${")
        && !placeholder(text)
        // A key of somewhere else: `prod/db/password`, `db-password`.
        && !(lower.contains('/') && sounds(&lower))
}

/// Whether a text says of itself that it is none.
fn placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = &Documents::builtin().secrets.placeholders;
    words.iter().any(|w| lower.contains(w.as_str()))
        || lower.trim().starts_with('<') && lower.trim().ends_with('>')
}

/// `{}`, `[]`, `{"a": ""}`: a document in which nothing stands.
fn empty_document(text: &str) -> bool {
    fn empty(v: &serde_json::Value) -> bool {
        match v {
            serde_json::Value::Null => true,
            serde_json::Value::String(s) => s.is_empty(),
            serde_json::Value::Array(a) => a.iter().all(empty),
            serde_json::Value::Object(o) => o.values().all(empty),
            _ => false,
        }
    }
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str(text).is_ok_and(|v: serde_json::Value| empty(&v))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(v: &Val) -> Vec<String> {
        let all = looks(v).into_iter();
        all.map(|c| format!("{}={}", c.key.as_deref().unwrap_or(""), c.text))
            .collect()
    }

    fn text(s: &str) -> Vec<String> {
        found(&Val::text(s))
    }

    #[test]
    fn what_is_called_like_a_secret_and_is_written_out() {
        for (written, secret) in [
            ("export DB_PASSWORD=Sup3rS3cret9", "Sup3rS3cret9"),
            ("{\"password\": \"a-long.one!\"}", "a-long.one!"),
            (
                "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG",
                "wJalrXUtnFEMI/K7MDENG",
            ),
            (
                "[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2hunter2\"}]",
                "hunter2hunter2",
            ),
            (
                "postgres://app:s3cret@db.example.jp/x",
                "postgres://app:s3cret@",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
                "-----BEGIN RSA PRIVATE KEY-----",
            ),
        ] {
            assert_eq!(text(written), [format!("={secret}")], "{written}");
        }
        // Encoded it stands there too; what stands there is another text.
        let encoded = "ZXhwb3J0IERCX1BBU1NXT1JEPVN1cDNyUzNjcmV0OQ==";
        assert_eq!(text(encoded), ["=\u{0}"]);
    }

    #[test]
    fn what_only_looks_like_one() {
        for written in [
            "export DB_PASSWORD=$(aws ssm get-parameter --name x)",
            "PASSWORD=`cat /run/secret`",
            "password: ${password}",
            "PasswordAuthentication no",
            "ssh_pwauth: false",
            "DB_PASSWORD_FILE=/run/secrets/db1",
            "token: arn:aws:secretsmanager:ap-northeast-1:1:secret:x1",
            "password = getpass.getpass()",
            "secret: my-secret-name",
            "password=changeme123",
            "https://example.jp/?a=b",
            "postgres://app:${password}@db/x",
        ] {
            assert_eq!(text(written), Vec::<String>::new(), "{written}");
        }
    }

    #[test]
    fn maps_by_the_names_of_their_keys() {
        let map = |key: &str, v: &str| Val::object(vec![(key.into(), Val::text(v))]);
        assert_eq!(
            found(&map("DB_PASSWORD", "hunter2x")),
            ["DB_PASSWORD=hunter2x"]
        );
        for (key, v) in [
            ("DB_PASSWORD", "/prod/db/password"),
            ("DB_PASSWORD", ""),
            ("DB_PASSWORD", "true"),
            ("PASSWORD_MIN_LENGTH", "hunter2x"),
            ("CLIENT_SECRET", "projects/p/secrets/s"),
            ("API_TOKEN", "REPLACE_ME"),
        ] {
            assert_eq!(found(&map(key, v)), Vec::<String>::new(), "{key} {v}");
        }
    }

    #[test]
    fn documents_in_which_nothing_stands() {
        for text in ["{}", "[]", "{\"a\": \"\", \"b\": null}"] {
            assert!(empty_document(text), "{text}");
        }
        assert!(!empty_document("{\"a\": \"b\"}"));
    }
}
