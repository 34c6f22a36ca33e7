//! How things are before the change that a plan makes: evaluated, extracted and judged as everything is, and
//! compared with how they will be.

use super::root::classify_all;
use super::{Asked, files};
use crate::compare::{Known, Register, compare};
use crate::diagnostic::Mended;
use crate::evaluate::Evaluation;
use crate::extract::{self, facts::Facts};
use crate::judge::{self, Judged, Judgement};
use crate::load::planned::Planned;
use crate::load::project::{Project, Root};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How things were.
pub(super) struct Was {
    facts: Facts,
    /// What the change leaves as it is, and says nothing of.
    aside: FxHashSet<Arc<str>>,
}

/// The plan of a root that tells how things are before it.
fn plan(root: &Root) -> Option<&Arc<Planned>> {
    let plan = root.planned.as_ref().or(root.beside.as_ref())?;
    plan.before.is_some().then_some(plan)
}

/// Whether something tells how a root is before the change.
pub(super) fn is_known(root: &Root) -> bool {
    plan(root).is_some()
}

/// How things are before the change.
pub(super) fn was(project: &Project, root: &Root, asked: &Asked) -> Was {
    let mut out = Was {
        facts: Facts::default(),
        aside: FxHashSet::default(),
    };
    let Some(plan) = plan(root) else { return out };
    // A root of its own: the plan may lie beside the code that is judged.
    let of = Root::of_plan(plan, Arc::clone(&root.target), Arc::clone(&root.identity));
    let files = files(project, &of);
    let ev = Evaluation::before(project, &of, &of.sets[0], &files, asked.catalog());
    out.facts = extract::facts(&ev, asked.catalog(), &asked.options);
    let all = std::slice::from_mut(&mut out.facts);
    classify_all(project, &of, &asked.classes, all);
    out.aside.extend(ev.left_aside());
    out
}

impl Was {
    /// Marks findings with what the change does to each, and gives what it resolves.
    pub(super) fn compared(
        &self,
        now: &[Judged<'_, '_>],
        judgement: &mut Judgement<'_>,
        asked: &Asked,
    ) -> Vec<Mended> {
        let Some(first) = now.first() else {
            return Vec::new();
        };
        // Requirements speak of facts alone: any evaluation can run them.
        let outcomes = judge::outcomes(first.evaluation, &self.facts, &asked.policy);
        // A plan has one variable set, whatever it is called beside its code.
        let sets = [(first.evaluation.set.name.clone(), &self.facts)];
        let rules: Vec<Arc<str>> = asked.policy.rules.iter().map(|r| r.id.clone()).collect();
        let before = Register {
            sets: &sets,
            outcomes: &outcomes,
            rules: &rules,
        };
        let sets = now.iter().map(|s| (s.evaluation.set.name.clone(), s.facts));
        let sets: Vec<_> = sets.collect();
        let after = Register {
            sets: &sets,
            outcomes: &judgement.outcomes,
            rules: &rules,
        };
        let known = Known {
            at_home: &|namespace, code, country| asked.policy.at_home(namespace, code, country),
            aside: &self.aside,
            // A plan holds nothing of where its state is kept.
            configured: false,
        };
        let compared = compare(&before, &after, &known);
        compared.mark(&mut judgement.findings, &judgement.outcomes);
        let mut resolved = compared.resolved;
        for r in &mut resolved {
            r.target = first.evaluation.root.target.clone();
        }
        resolved
    }
}
