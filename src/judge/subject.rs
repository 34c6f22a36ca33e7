//! What a question is asked of, and the words of its condition.

use crate::evaluate::value::{Val, World};
use crate::extract::facts::{
    Answer, Copy, Keeping, KeyAnswer, KeyFacts, Location, Operator, Other, Part, Secret, SignIn,
    Store, YesNo,
};
use crate::policy::rules::{About, Fact};
use crate::policy::words;
use crate::source::Place;
use std::sync::Arc;

/// What a question is asked of.
#[derive(Clone, Copy)]
pub(super) enum Subject<'f> {
    Store(&'f Store),
    Part(&'f Store, &'f Part),
    /// With its store, when that is in this target, and the cipher there.
    Copy {
        store: Option<&'f Store>,
        copy: &'f Copy,
        cipher: Option<&'f Arc<str>>,
        /// The address of what it is a copy of.
        owner: &'f Arc<str>,
    },
    Key(&'f KeyFacts),
    /// A key that only a text names, at the store: one of the answers of the store, a part or a copy.
    TextKey(&'f Store, &'f Keeping, &'f KeyAnswer),
    Other(&'f Other),
    /// Text in the code.
    Secret(&'f Secret),
}

impl<'f> Subject<'f> {
    /// What a rule calls it; `None`: nothing is asked of it.
    pub fn about(&self) -> Option<About> {
        Some(match self {
            Subject::Store(_) => About::Store,
            Subject::Part(..) => About::Part,
            Subject::Copy { .. } => About::Copy,
            Subject::Key(_) | Subject::TextKey(..) => About::Key,
            Subject::Other(o) => match o.role {
                "backend" => About::Backend,
                "route" => About::Route,
                "door" => About::Door,
                "endpoint" => About::Endpoint,
                "opaque" => About::Opaque,
                "service" => About::Service,
                "sign-in" => About::SignIn,
                _ => return None,
            },
            Subject::Secret(_) => About::Secret,
        })
    }

    /// The address of the thing that it is, or is of.
    pub fn address(&self) -> &'f Arc<str> {
        match *self {
            Subject::Store(s) | Subject::Part(s, _) | Subject::TextKey(s, ..) => &s.address,
            Subject::Copy { owner, .. } => owner,
            Subject::Key(k) => &k.address,
            Subject::Other(o) => &o.address,
            Subject::Secret(s) => &s.address,
        }
    }

    /// The header of its block.
    pub fn place(&self) -> Place {
        match self {
            Subject::Store(s) | Subject::Part(s, _) | Subject::TextKey(s, ..) => s.place,
            Subject::Copy { copy, .. } => copy.basis.place,
            Subject::Key(k) => k.place,
            Subject::Other(o) => o.place,
            Subject::Secret(s) => s.place,
        }
    }

    /// The store that it is, or belongs to.
    pub fn store(&self) -> Option<&'f Store> {
        match *self {
            Subject::Store(s) | Subject::Part(s, _) | Subject::TextKey(s, ..) => Some(s),
            Subject::Copy { store, .. } => store,
            Subject::Key(_) | Subject::Other(_) | Subject::Secret(_) => None,
        }
    }

    /// The worlds in which it exists; empty: always.
    pub fn exists(&self) -> &'f [World] {
        match *self {
            Subject::Key(k) => &k.worlds,
            Subject::Other(o) => &o.worlds,
            Subject::Secret(s) => &s.worlds,
            _ => self.store().map_or(&[], |s| &s.worlds),
        }
    }

    /// A yes-or-no fact of it.
    pub fn yes_no(&self, fact: Fact) -> Option<&'f YesNo> {
        Some(match (*self, fact) {
            (Subject::Store(s), Fact::Exposure) => &s.exposure,
            (Subject::Store(s), Fact::Access) => &s.access,
            (Subject::Store(s), Fact::Network) => &s.network,
            (Subject::Store(s), Fact::Backup) => &s.backup,
            (Subject::Store(s), Fact::Loss) => &s.deletion_protected,
            (Subject::Store(s), Fact::Plaintext) => &s.transport.plaintext,
            (Subject::Store(s), Fact::Weak) => &s.transport.weak,
            (Subject::Key(k), Fact::Rotation) => &k.rotation,
            (Subject::Key(k), Fact::Exposure) => &k.open,
            (Subject::Key(k), Fact::Foreign) => &k.foreign,
            (Subject::Key(k), Fact::Loss) => &k.protected,
            (Subject::Other(o), Fact::Exposure) => &o.open,
            (Subject::Other(o), Fact::Plaintext) => &o.transport.plaintext,
            (Subject::Other(o), Fact::Weak) => &o.transport.weak,
            (Subject::Secret(s), Fact::InCode) => &s.in_code,
            _ => return None,
        })
    }

    /// Its place.
    pub fn location(&self) -> Option<&'f Location> {
        match *self {
            Subject::Store(s) => Some(&s.location),
            Subject::Copy { copy, .. } => Some(&copy.location),
            Subject::Key(k) => Some(&k.location),
            Subject::TextKey(_, _, a) => a.key_location.as_deref(),
            Subject::Other(o) => Some(&o.location),
            Subject::Part(..) | Subject::Secret(_) => None,
        }
    }

    /// Who runs it.
    pub fn operator(&self) -> Option<&'f Operator> {
        match *self {
            Subject::Other(o) => o.operator.as_ref(),
            _ => self.store().map(|s| &s.operator),
        }
    }

    /// Who keeps its key.
    pub fn keeping(&self) -> Option<&'f Keeping> {
        match *self {
            Subject::Store(s) => Some(&s.custody),
            Subject::Part(_, p) => Some(&p.custody),
            Subject::Copy { copy, .. } => Some(&copy.custody),
            Subject::Key(k) => Some(&k.custody),
            Subject::TextKey(..) | Subject::Other(_) | Subject::Secret(_) => None,
        }
    }

    /// How people sign in to it, or by it.
    pub fn sign_in(&self) -> Option<&'f SignIn> {
        match *self {
            Subject::Store(s) => s.sign_in.as_deref(),
            Subject::Other(o) => o.sign_in.as_deref(),
            _ => None,
        }
    }

    /// Whether it has such a fact, and somebody may ask for it.
    pub fn has(&self, fact: Fact) -> bool {
        match (self, fact) {
            // Of a key that a text names is known what the text says. Where it is says the store, if no place
            // stands in it.
            (Subject::TextKey(_, _, a), _) => match fact {
                Fact::Location => !a.key_as_store,
                Fact::Custody => a.level.is_some(),
                Fact::Foreign => a.foreign.is_some(),
                _ => false,
            },
            // A ring or vault has no key of its own.
            (Subject::Key(k), Fact::Custody) => !k.custody.answers.is_empty(),
            (Subject::Key(k), Fact::Window) => !k.window.answers.is_empty(),
            (Subject::Key(k), Fact::Cipher) => !k.cipher.answers.is_empty(),
            // What it is kept with is asked of what is encrypted.
            (Subject::Store(s), Fact::Cipher) => {
                s.encryption.at_rest == Answer::Yes && !not_asked(s, Fact::Encryption)
            }
            (_, Fact::SignIn) => self.sign_in().is_some(),
            (Subject::Store(s), _) => !not_asked(s, fact),
            // A key that cannot be had at the store says nothing of its copies'.
            (Subject::Copy { store, copy, .. }, Fact::Custody) => {
                copy.custody_asked && !store.is_some_and(|s| not_asked(s, fact))
            }
            _ => true,
        }
    }

    /// The words of its conditions, but `policy`.
    pub fn words(&self) -> Vec<(&'static str, Val)> {
        match *self {
            Subject::Store(s) => vec![("store", words::store(s))],
            Subject::Part(s, p) => vec![("store", words::store(s)), ("part", words::part(p))],
            Subject::Copy {
                store,
                copy,
                cipher,
                ..
            } => {
                let store = store.map_or_else(Val::null, words::store);
                vec![("store", store), ("copy", words::copy(copy, cipher))]
            }
            Subject::Key(k) => vec![("key", words::key(k))],
            Subject::TextKey(_, k, a) => vec![("key", words::text_key(&same_key(k, a)))],
            Subject::Other(o) if o.role == "backend" => vec![("backend", words::backend(o))],
            Subject::Other(o) if o.role == "service" => vec![("service", words::service(o))],
            Subject::Other(o) => vec![("other", words::other(o))],
            Subject::Secret(s) => vec![("secret", words::secret(s))],
        }
    }
}

/// The answers about the key that a text names: one for each step that the text leaves open.
pub(super) fn same_key(k: &Keeping, answer: &KeyAnswer) -> Keeping {
    let place = |a: &KeyAnswer| a.key_location.as_ref().map(Arc::as_ptr);
    let same = |a: &&KeyAnswer| {
        a.key.is_none() && place(a) == place(answer) && a.foreign == answer.foreign
    };
    Keeping {
        answers: k.answers.iter().filter(same).cloned().collect(),
        imported: false,
    }
}

/// Whether a row says that this cannot be had at the store.
fn not_asked(s: &Store, fact: Fact) -> bool {
    let question = match fact {
        Fact::Custody => "custody",
        Fact::Encryption => "encryption",
        Fact::Exposure | Fact::Access | Fact::Network => "exposure",
        Fact::Backup => "backup",
        Fact::Loss => "loss",
        Fact::Plaintext | Fact::Weak => "transport",
        Fact::Location
        | Fact::Rotation
        | Fact::Operator
        | Fact::Contents
        | Fact::Foreign
        | Fact::Window
        | Fact::Cipher
        | Fact::SignIn
        | Fact::InCode => return false,
    };
    s.not_asked.iter().any(|(q, _)| &**q == question)
}
