//! Signatures: texts that are the same for things with the same facts, so that a question is asked of
//! them once.

use super::subject::{Subject, same_key};
use crate::catalog::custody::Custody;
use crate::evaluate::value::World;
use crate::extract::facts::{Keeping, Location, SignIn, Store, Valued, YesNo};
use std::fmt::Write;

/// The facts of a subject as a text.
pub(super) fn of(subject: &Subject<'_>) -> String {
    match subject {
        Subject::Store(s) => of_store(s),
        Subject::Part(s, p) => {
            let mut out = of_store(s);
            let _ = write!(out, "part {}/{}", p.part, of_keeping(&p.custody));
            out
        }
        Subject::Copy {
            store,
            copy,
            cipher,
            ..
        } => {
            let mut out = store.map_or_else(|| "nobody's".to_owned(), of_store);
            let _ = write!(
                out,
                "copy {}/{}/{:?}/{}/{}",
                copy.kind,
                copy.service_kind,
                cipher,
                of_place(&copy.location),
                of_keeping(&copy.custody)
            );
            of_yes_no(&copy.made, &mut out);
            // The place of a key that only a text names.
            for a in &copy.custody.answers {
                if let Some(l) = &a.key_location {
                    out.push_str(&of_place(l));
                }
            }
            out
        }
        Subject::Key(k) => {
            let mut out = format!(
                "key {}|{}|{}|{}",
                k.ty,
                of_place(&k.location),
                of_keeping(&k.custody),
                k.custody.imported
            );
            for fact in [&k.rotation, &k.open, &k.foreign, &k.protected, &k.backup] {
                of_yes_no(fact, &mut out);
                out.push('|');
            }
            of_valued(&k.window, &mut out);
            of_valued(&k.cipher, &mut out);
            for s in &k.serves {
                let _ = write!(out, "{}:{:?} ", s.what, s.cipher);
            }
            worlds(&k.worlds, &mut out);
            out
        }
        Subject::TextKey(s, k, a) => {
            let place = a.key_location.as_deref().map(of_place);
            let mut out = format!("text {}", place.unwrap_or_default());
            let _ = write!(out, "|{:?}|", a.foreign);
            out.push_str(&of_keeping(&same_key(k, a)));
            worlds(&s.worlds, &mut out);
            out
        }
        Subject::Other(o) => {
            let mut out = format!("{} {}|{}", o.role, o.ty, of_place(&o.location));
            if let Some(operator) = &o.operator {
                let kept = if o.credentials { "credentials" } else { "" };
                let _ = write!(out, "|{}|{}|{kept}", operator.name, o.service_kind);
            }
            out.push_str(if o.opens_keys { "|keys|" } else { "|" });
            for fact in [&o.open, &o.transport.plaintext, &o.transport.weak] {
                of_yes_no(fact, &mut out);
            }
            of_sign_in(o.sign_in.as_deref(), &mut out);
            worlds(&o.worlds, &mut out);
            out
        }
        Subject::Secret(s) => {
            let mut out = format!("secret {}|{}", s.ty, s.path);
            of_yes_no(&s.in_code, &mut out);
            worlds(&s.worlds, &mut out);
            out
        }
    }
}

fn worlds(list: &[World], out: &mut String) {
    for w in list {
        world(out, w);
        out.push(';');
    }
}

fn world(out: &mut String, w: &World) {
    for l in w.literals() {
        let _ = write!(out, "&{}{}{}", l.atom, l.equal, l.constant);
    }
}

fn of_place(l: &Location) -> String {
    let mut out = String::with_capacity(32);
    for p in &l.alternatives {
        for r in &p.regions {
            out.push_str(&r.code);
            out.push('=');
            out.push_str(&r.country);
            out.push(' ');
        }
        world(&mut out, &p.when);
        out.push('|');
    }
    if l.open {
        out.push('?');
    }
    out.push_str(l.namespace.as_deref().unwrap_or(""));
    out
}

fn of_keeping(k: &Keeping) -> String {
    let mut out = String::with_capacity(24);
    for a in &k.answers {
        out.push_str(a.level.map_or("?", Custody::word));
        out.push_str(a.encrypted.word());
        world(&mut out, &a.when);
        out.push('|');
    }
    out
}

fn of_store(s: &Store) -> String {
    let mut out = of_place(&s.location);
    out.push('/');
    out.push_str(&of_keeping(&s.custody));
    let parts = [&s.ty, &s.service_kind, &s.data_class, &s.provider];
    for part in parts.into_iter().chain(&s.marks) {
        out.push('/');
        out.push_str(part);
    }
    for fact in [&s.backup, &s.exposure, &s.deletion_protected] {
        of_yes_no(fact, &mut out);
    }
    out.push('/');
    for fact in [&s.access, &s.network] {
        of_yes_no(fact, &mut out);
    }
    of_sign_in(s.sign_in.as_deref(), &mut out);
    of_yes_no(&s.transport.plaintext, &mut out);
    of_yes_no(&s.transport.weak, &mut out);
    out.push_str(&s.operator.name);
    out.push_str(&s.operator.country);
    out.push_str(s.encryption.cipher.as_deref().unwrap_or(""));
    worlds(&s.worlds, &mut out);
    out
}

fn of_valued<T: std::fmt::Debug>(fact: &Valued<T>, out: &mut String) {
    for (w, v) in &fact.answers {
        let _ = write!(out, "{v:?}");
        world(out, w);
        out.push(' ');
    }
    out.push('|');
}

fn of_sign_in(s: Option<&SignIn>, out: &mut String) {
    let Some(s) = s else { return };
    for (w, v) in &s.length {
        let _ = write!(out, "{:x}", v.identity());
        world(out, w);
        out.push(' ');
    }
    of_yes_no(&s.mfa, out);
    of_yes_no(&s.reuse, out);
}

fn of_yes_no(fact: &YesNo, out: &mut String) {
    for (w, a) in &fact.answers {
        out.push_str(a.word());
        world(out, w);
        out.push(' ');
    }
}
