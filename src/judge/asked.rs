//! Answers, one by one, for those who have to show evidence: also what passed.
//!
//! Lives here: which profiles a question was asked for, and how it came out under each. Not here: what
//! becomes a finding (`gather.rs`), what requirements make of it (`report/`).

use super::outcome::Which;
use super::subject::Subject;
use super::{Asking, Round};
use crate::diagnostic::Level;
use crate::policy::rules::{About, Fact};
use crate::policy::{Policy, rules::Profile};
use std::sync::Arc;

/// How a question came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It passed.
    Passed,
    /// Something makes up for it.
    MadeUp,
    /// It could not be told.
    Open,
    /// It was not asked, because another question that comes before it did not pass.
    HeldBack,
    /// It did not pass.
    Broken,
}

/// Profiles as a set: the bits are those of [`Policy::profile_names`].
pub type Profiles = u64;

/// One question, asked of one thing.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The rule that asks.
    pub rule: Arc<str>,
    /// The rule under whose id it is told where it is open.
    pub open_as: Arc<str>,
    /// What is asked for.
    pub fact: Fact,
    /// Of what kind of thing.
    pub about: About,
    /// How it came out.
    pub state: State,
    /// Under these profiles.
    pub profiles: Profiles,
    /// The number of the variable set.
    pub set: u32,
    /// The thing, or what it belongs to.
    pub of: Arc<str>,
    /// The address that it is told at.
    pub at: Arc<str>,
    /// Of a part or copy, which.
    pub which: Option<Arc<str>>,
    /// Of a store's copies, the number of this one.
    pub copy: Option<usize>,
}

/// The bit of a profile.
pub fn bit(profile: &str) -> Profiles {
    let all: &std::collections::BTreeMap<String, Profile> = &Policy::file().profiles;
    let at = all.keys().position(|name| name == profile);
    at.and_then(|at| 1u64.checked_shl(at as u32)).unwrap_or(0)
}

/// Where and how a question is noted.
pub(super) struct At<'r, 'f> {
    pub asked: (usize, usize),
    pub subject: &'r Subject<'f>,
    pub address: &'r Arc<str>,
}

impl<'f> Asking<'_, 'f, '_> {
    /// Notes how a question came out under all profiles that ask it of this class.
    pub(super) fn note_asked(
        &mut self,
        asked: (usize, usize),
        subject: &Subject<'f>,
        round: &Round<'_>,
        state: State,
    ) {
        if !self.noted {
            return;
        }
        let rule = &self.policy.rules[asked.0];
        let mut profiles = 0;
        for (i, name) in self.policy.profiles.iter().enumerate() {
            if self.policy.level_under(i, rule, None, round.class) > Level::Off {
                profiles |= bit(name);
            }
        }
        let at = At {
            asked,
            subject,
            address: round.address,
        };
        self.note_under(&at, state, profiles);
    }

    /// Notes how a question came out under some profiles.
    pub(super) fn note_under(&mut self, at: &At<'_, 'f>, state: State, profiles: Profiles) {
        if !self.noted || profiles == 0 {
            return;
        }
        let (r, a) = at.asked;
        let Some(about) = at.subject.about() else {
            return;
        };
        let rule = &self.policy.rules[r];
        let open_as = rule.asks[a].undecided_as;
        let which = match at.subject.which() {
            Which::Part(part) | Which::Secret(part) => Some(part.into()),
            Which::Copy(kind, _) => Some(kind.into()),
            Which::Itself | Which::TextKey => None,
        };
        self.asked.push(Asked {
            rule: rule.id.clone(),
            open_as: self.policy.rules[open_as].id.clone(),
            fact: rule.asks[a].fact,
            about,
            state,
            profiles,
            set: self.set as u32,
            of: at.subject.address().clone(),
            at: at.address.clone(),
            which,
            copy: match at.subject {
                Subject::Copy {
                    store: Some(store),
                    copy,
                    ..
                } => store.copies.iter().position(|c| std::ptr::eq(c, *copy)),
                _ => None,
            },
        });
    }
}
