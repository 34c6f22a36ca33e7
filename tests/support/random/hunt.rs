//! Looks for disagreements until the time is over, and makes each as small as it can be.

use super::compare::{Verdict, answers, output, resource};
use super::modules::{Case, File, asking, expression, module, prelude};
use super::node::Node;
use super::run::{Answer, sekisho, terraform};
use super::{Rng, run};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Expressions that are asked together: terraform takes its time to start.
const TOGETHER: usize = 150;

/// What was found.
#[derive(Default, Debug)]
pub struct Tally {
    pub asked: usize,
    pub same: usize,
    pub failed: usize,
    pub more: usize,
    /// Shrunk, with both answers.
    pub bad: Vec<(String, Verdict)>,
}

/// What the developer set.
pub struct Settings {
    pub seed: u64,
    pub time: Duration,
    /// Where what is found is written to at once.
    pub out: Option<std::path::PathBuf>,
}

impl Settings {
    /// From `RANDOM_SEED`, `RANDOM_SECONDS`, `RANDOM_OUT`.
    pub fn of_environment() -> Settings {
        let number = |name: &str, or: u64| {
            std::env::var(name)
                .ok()
                .and_then(|v| v.parse().ok())
                .unwrap_or(or)
        };
        Settings {
            seed: number("RANDOM_SEED", 1),
            time: Duration::from_secs(number("RANDOM_SECONDS", 60)),
            out: std::env::var_os("RANDOM_OUT").map(Into::into),
        }
    }

    fn note(&self, kind: &str, tally: &Tally, found: Option<&(String, Verdict)>) {
        let Some(out) = &self.out else { return };
        std::fs::create_dir_all(out).expect("made");
        let counts = format!(
            "{kind}: seed {}, {} asked, {} same, {} both fail, {} sekisho knows more, {} disagreements\n",
            self.seed,
            tally.asked,
            tally.same,
            tally.failed,
            tally.more,
            tally.bad.len()
        );
        std::fs::write(out.join(format!("{kind}-{}.count", self.seed)), counts).expect("written");
        if let Some((text, verdict)) = found {
            let path = out.join(format!("{kind}-{}.txt", self.seed));
            let mut all = std::fs::read_to_string(&path).unwrap_or_default();
            let _ = writeln!(all, "==== {}\n{text}\n{}\n", tally.bad.len(), said(verdict));
            std::fs::write(path, all).expect("written");
        }
    }
}

/// A verdict in words.
pub fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Same => "the same".into(),
        Verdict::BothFail => "both fail".into(),
        Verdict::More(s) => format!("sekisho knows more: {s}"),
        Verdict::Missed(s) => format!("only terraform fails: {s}"),
        Verdict::Alarm(s) => format!("only sekisho fails: {s}"),
        Verdict::Differs(s) => format!("differs: {s}"),
    }
}

/// Expressions of random seeds, from the seed on.
pub fn expressions(settings: &Settings) -> Tally {
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut rng = Rng::new(settings.seed);
    let mut seen = BTreeSet::new();
    while start.elapsed() < settings.time {
        let nodes: Vec<Node> = (0..TOGETHER).map(|_| expression(&mut rng)).collect();
        let verdicts = ask(&nodes);
        for (node, verdict) in nodes.iter().zip(verdicts) {
            tally.asked += 1;
            match &verdict {
                Verdict::Same => tally.same += 1,
                Verdict::BothFail => tally.failed += 1,
                Verdict::More(_) => tally.more += 1,
                _ => {
                    let (small, verdict) = shrunk(node.clone(), verdict);
                    if seen.insert(small.text()) {
                        tally.bad.push((small.text(), verdict));
                        settings.note("expressions", &tally, tally.bad.last());
                    }
                }
            }
        }
        settings.note("expressions", &tally, None);
    }
    tally
}

/// What a program makes of many expressions at once.
pub struct Settled {
    /// The values of those that do not fail.
    pub answer: Option<Answer>,
    /// The number of each that fails, with the words.
    pub failed: Vec<(usize, String)>,
}

impl Settled {
    fn words(&self, i: usize) -> Option<String> {
        let failed = self.failed.iter().find(|(f, _)| *f == i);
        failed.map(|(_, words)| words.clone())
    }
}

/// Asks a program for expressions; those that fail are taken out until the rest has values.
pub fn settle(nodes: &[Node], run: fn(&Path) -> Answer) -> Settled {
    let dir = tempfile::tempdir().expect("a directory");
    let (before, _) = prelude();
    let mut left: BTreeSet<usize> = (0..nodes.len()).collect();
    let mut failed: Vec<(usize, String)> = Vec::new();
    for _ in 0..12 {
        let mut items = before.clone();
        items.extend(left.iter().map(|&i| asking(i, &nodes[i])));
        let path = "main.tf";
        let case = Case {
            files: vec![File { path, items }],
        };
        let lines = case.write(dir.path());
        let answer = run(dir.path());
        if answer.ok {
            return Settled {
                answer: Some(answer),
                failed,
            };
        }
        let order: Vec<usize> = left.iter().copied().collect();
        let mut now: Vec<(usize, String)> = Vec::new();
        for (_, line, words) in &answer.errors {
            let at = lines
                .iter()
                .find(|at| at.first <= *line && *line <= at.last);
            if let Some(i) = at.and_then(|at| at.item.checked_sub(before.len())) {
                now.push((order[i], words.clone()));
            }
        }
        if now.is_empty() {
            break;
        }
        for (i, _) in &now {
            left.remove(i);
        }
        failed.extend(now);
    }
    Settled {
        answer: None,
        failed,
    }
}

/// Asks both programs.
pub fn ask(nodes: &[Node]) -> Vec<Verdict> {
    let (t, s) = (settle(nodes, terraform), settle(nodes, sekisho));
    let each = (0..nodes.len()).map(|i| match (t.words(i), s.words(i)) {
        (Some(_), Some(_)) => Verdict::BothFail,
        (Some(w), None) => Verdict::Missed(w),
        (None, Some(w)) => Verdict::Alarm(w),
        (None, None) => match (&t.answer, &s.answer) {
            (Some(t), Some(s)) => one(t, s, i),
            _ => Verdict::Same,
        },
    });
    each.collect()
}

/// How the answers to the expression of a number stand to each other.
pub fn one(t: &Answer, s: &Answer, i: usize) -> Verdict {
    let (address, name) = (format!("terraform_data.e{i}"), format!("o{i}"));
    if !t.resources.contains_key(&address) {
        return Verdict::Same;
    }
    match resource(t, s, &address) {
        Verdict::Same if t.outputs.contains_key(&name) => output(t, s, &name),
        other => other,
    }
}

fn shrunk(mut node: Node, mut verdict: Verdict) -> (Node, Verdict) {
    'smaller: for _ in 0..40 {
        let candidates = node.smaller();
        for some in candidates.chunks(40).take(8) {
            let verdicts = ask(some);
            if let Some(at) = verdicts.iter().position(|v| v.like(&verdict)) {
                node = some[at].clone();
                verdict = verdicts[at].clone();
                continue 'smaller;
            }
        }
        break;
    }
    (node, verdict)
}

/// Modules of random seeds, from the seed on.
pub fn modules(settings: &Settings) -> Tally {
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut rng = Rng::new(settings.seed ^ 0xABCD);
    while start.elapsed() < settings.time {
        let mut case = module(&mut rng);
        tally.asked += 1;
        // What fails in both is made harmless, so that the rest is compared too.
        for round in 0..6 {
            let (verdict, t) = whole(&case);
            match verdict {
                Verdict::BothFail => {
                    if round == 0 {
                        tally.failed += 1;
                    }
                    let dir = tempfile::tempdir().expect("a directory");
                    let lines = case.write(dir.path());
                    let mut tamed = false;
                    for (file, line) in places(&t) {
                        for at in &lines {
                            if case.files[at.file].path == file
                                && at.first <= line
                                && line <= at.last
                            {
                                let item = &mut case.files[at.file].items[at.item];
                                let was = item.text();
                                *item = item.tamed();
                                tamed |= was != item.text();
                            }
                        }
                    }
                    if !tamed {
                        break;
                    }
                    continue;
                }
                Verdict::Same if round == 0 => tally.same += 1,
                Verdict::More(_) if round == 0 => tally.more += 1,
                Verdict::Same | Verdict::More(_) => {}
                bad => {
                    let (small, verdict) = shrunk_module(case.clone(), bad);
                    tally.bad.push((small.text(), verdict));
                    settings.note("modules", &tally, tally.bad.last());
                }
            }
            break;
        }
        settings.note("modules", &tally, None);
    }
    tally
}

/// Where errors are, and where they say that what they are about is.
fn places(answer: &Answer) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    for (file, line, words) in &answer.errors {
        out.push((file.clone(), *line));
        for at in words.split(" at ").skip(1) {
            let mut of = at.split([':', ',']);
            if let (Some(file), Some(Ok(line))) = (of.next(), of.next().map(str::parse)) {
                out.push((file.to_owned(), line));
            }
        }
    }
    out
}

/// Both answers of a module.
pub fn whole(case: &Case) -> (Verdict, Answer) {
    let dir = tempfile::tempdir().expect("a directory");
    case.write(dir.path());
    let t = run::terraform(dir.path());
    let s = run::sekisho(dir.path());
    (answers(&t, &s), t)
}

fn shrunk_module(mut case: Case, mut verdict: Verdict) -> (Case, Verdict) {
    let mut runs = 0;
    let mut skip = 0;
    // What could be left out before can still be, so the walk goes on where it was.
    loop {
        let candidates = case.smaller();
        let mut found = false;
        for (i, candidate) in candidates.iter().enumerate().skip(skip) {
            runs += 1;
            if runs > 90 {
                return (case, verdict);
            }
            let (now, _) = whole(candidate);
            if now.like(&verdict) {
                case = candidate.clone();
                verdict = now;
                skip = i;
                found = true;
                break;
            }
        }
        if !found {
            if skip == 0 {
                return (case, verdict);
            }
            skip = 0;
        }
    }
}
