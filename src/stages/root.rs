//! One root through the stages: evaluated, extracted, judged, with its plan and what was before it.

use super::{Asked, before, files, id_wanted, wanted};
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::evaluate::{Evaluation, workspace_of_plan};
use crate::extract;
use crate::extract::facts::{Facts, Store};
use crate::judge;
use crate::load::project::{Project, Root};
use crate::policy::classify;
use crate::policy::suppress::Suppressions;
use crate::settings::Settings;
use crate::source::slashed;
use crate::{Judged, internal_error, panics};
use std::sync::Arc;

/// Evaluate, extract and, where findings are asked for, judge one root with all its variable sets.
///
/// `look` sees each root's evaluations and facts while they are there.
pub fn judge<T>(
    project: &Project,
    root: &Root,
    asked: &Asked,
    settings: &Settings,
    suppressions: &Suppressions,
    look: &dyn Fn(&[judge::Judged<'_, '_>]) -> T,
) -> (Judged, T) {
    let files = files(project, root);
    let catalog = asked.catalog();
    let mut sets = std::borrow::Cow::Borrowed(&root.sets[..]);
    // A plan file tells its workspace; a plan in JSON does not.
    if sets[0].workspace.is_none()
        && let Some(name) = workspace_of_plan(project, root, &sets[0], &files)
    {
        sets.to_mut()[0].workspace = Some(name);
    }
    let evaluations: Vec<Evaluation<'_>> = sets
        .iter()
        .map(|set| Evaluation::of_types(project, root, set, &files, catalog))
        .collect();
    if let Some(plan) = &root.beside
        && let [first, ..] = &evaluations[0].not_of_this_code()[..]
    {
        // What the plan holds has to be judged in any case.
        let alone = Root::of_plan(plan, Arc::clone(&root.target), Arc::clone(&root.identity));
        let (mut out, looked) = judge(project, &alone, asked, settings, suppressions, look);
        out.diagnostics
            .push(not_of_this_code(root, &evaluations[0], first));
        return (out, looked);
    }
    // One after the other: the values of both sides at once would be twice the memory.
    let was = (settings.judges() && before::is_known(root))
        .then(|| panics::catch(|| before::was(project, root, asked)));
    evaluations.iter().for_each(Evaluation::validate);
    let mut facts: Vec<Facts> = evaluations
        .iter()
        .map(|evaluation| extract::facts(evaluation, catalog, &asked.options))
        .collect();
    classify_all(project, root, &asked.classes, &mut facts);
    let mut out = Judged {
        // Trails evaluate once more, out of order: what they run into was said before.
        diagnostics: evaluations
            .iter()
            .flat_map(Evaluation::diagnostics)
            .collect(),
        ..Judged::default()
    };
    let sets: Vec<judge::Judged<'_, '_>> = evaluations
        .iter()
        .zip(&facts)
        .map(|(evaluation, facts)| judge::Judged { evaluation, facts })
        .collect();
    if settings.judges() {
        let was = match was {
            Some(Err(place)) => {
                out.diagnostics.push(internal_error(root, &place));
                None
            }
            Some(Ok(was)) => Some(was),
            None => None,
        };
        let mut judgement = judge::judge(
            &sets,
            &asked.policy,
            suppressions,
            judge::Noting {
                compared: was.is_some(),
                asked: settings.noted,
            },
        );
        if let Some(was) = &was {
            out.compared = true;
            out.resolved = was.compared(&sets, &mut judgement, asked);
            out.resolved.retain(|r| id_wanted(settings, &r.rule));
        }
        out.findings = judgement.findings;
        out.findings.retain(|finding| wanted(settings, finding));
        out.passed = judgement.passed;
        out.asked = judgement.asked;
    }
    let looked = look(&sets);
    out.facts = facts;
    (out, looked)
}

/// Gives all stores their data class.
pub(super) fn classify_all(
    project: &Project,
    root: &Root,
    entries: &[classify::Entry],
    facts: &mut [Facts],
) {
    for store in facts.iter_mut().flat_map(|f| &mut f.stores) {
        classify(project, root, entries, store);
    }
}

/// Gives a store its data class.
fn classify(project: &Project, root: &Root, entries: &[classify::Entry], store: &mut Store) {
    let file = slashed(&project.sources.file(store.place.file).path);
    let dir = slashed(&project.module(root.module).dir);
    let class = classify::classify(
        entries,
        &classify::Subject {
            ty: &store.ty,
            category: &store.category,
            address: &store.address,
            paths: [&file, &dir],
            labels: store.labels.as_deref(),
        },
    );
    store.data_class = class.class;
    store.marks = class.marks;
    store.class_because = class.because;
}

/// Tells that a plan is judged without the code beside it, which makes no resource of an address.
fn not_of_this_code(root: &Root, ev: &Evaluation<'_>, address: &str) -> Diagnostic {
    let mut missing = ev.missing().iter();
    let (message, help) = match missing.find(|call| address.starts_with(&*call.address)) {
        Some(call) => (
            Message::new("load.plan-without-module").arg(&*call.address),
            "load.help-plan-without-module",
        ),
        None => (
            Message::new("load.plan-differs").arg(address),
            "load.help-plan-differs",
        ),
    };
    Diagnostic::new(Code::PlanIncomplete, message)
        .target(Arc::clone(&root.target))
        .path(Arc::clone(&root.target))
        .help(Message::new(help))
}
