//! Every folder below `fixtures/` with configuration is a root; what is expected of it stands in it:
//! `# expect: RULE` at the end of a line where a violation is marked, `# expect: RULE undetermined`,
//! `# expect: RULE accepted`. `# profiles: A, B` says who judges; without it `baseline` does. `# own: KEY = […]` is a line
//! of `[own]` in settings, `# today: DAY` the day of the run.
//! `# countries-of-concern: XX, YY` is the setting.
//!
//! A rule that is an error under `baseline` is compared in every folder; a lesser one (there is a backup, a
//! foreign operator) in the folders of its own name, and wherever something expects it: else every fixture
//! would have to speak of everything.

#[path = "support/fixture_roots.rs"]
mod fixture_roots;

use sekisho::catalog::Catalog;
use sekisho::catalog::compile::{Condition, Row, Transport, YesNo};
use sekisho::catalog::row::Role;
use sekisho::date::Date;
use sekisho::diagnostic::{Level, Verdict};
use sekisho::evaluate::Evaluation;
use sekisho::evaluate::files_on_disk::BoundedFiles;
use sekisho::extract::{self, facts::Facts};
use sekisho::judge::{self, Judged, Noting};
use sekisho::load::syntax::Expr;
use sekisho::load::{Request, load};
use sekisho::policy::Policy;
use sekisho::policy::suppress::{Options, Suppressions};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// File, line, rule, verdict.
type Expected = (String, u32, String, &'static str);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All roots but those of `plans`, `changes` and `beside`: what they say is held against plans and states
/// (tests/parity.rs, tests/changes.rs, tests/beside.rs).
fn roots() -> Vec<PathBuf> {
    let planned = ["fixtures/plans", "fixtures/changes", "fixtures/beside"];
    fixture_roots::roots(&fixtures(), &planned)
}

fn expected(dir: &Path, base: &Path, out: &mut BTreeSet<Expected>) {
    for entry in std::fs::read_dir(dir)
        .expect("fixtures can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            expected(&path, base, out);
            continue;
        }
        let name = path.to_string_lossy();
        // The demo is for people: what is expected of it stands beside it.
        if name.ends_with("expected.txt") {
            let text = std::fs::read_to_string(&path).expect("fixtures are text");
            for line in text.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                let [file, line, rule, verdict] = words[..] else {
                    panic!("{name}: `{line}`?");
                };
                let verdict = if verdict == "violation" {
                    "violation"
                } else {
                    "undetermined"
                };
                let line = line.parse().expect("a line's number");
                out.insert((file.to_owned(), line, rule.to_owned(), verdict));
            }
            continue;
        }
        if ![".tf", ".tofu", ".tfvars"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("fixtures are text");
        let shown = path
            .strip_prefix(base)
            .expect("it lies below")
            .to_string_lossy()
            .replace('\\', "/");
        for (i, line) in text.lines().enumerate() {
            let Some((_, words)) = line.split_once("# expect: ") else {
                continue;
            };
            for one in words.split(',') {
                let mut words = one.split_whitespace();
                let rule = words.next().expect("a rule is named").to_owned();
                let verdict = match words.next() {
                    Some("undetermined") => "undetermined",
                    Some("accepted") => "accepted",
                    None => "violation",
                    Some(other) => panic!("{shown}:{}: `{other}`?", i + 1),
                };
                out.insert((shown.clone(), i as u32 + 1, rule, verdict));
            }
        }
    }
}

/// What the library says of a folder, notes left out of reusable modules too.
fn found(dir: &Path, policy: &Policy) -> (BTreeSet<Expected>, Vec<Facts>) {
    let mut request = Request::new(vec![dir.to_path_buf()], dir.to_path_buf());
    request.boundary = Some(dir.to_path_buf());
    let loaded = load(&request);
    assert!(
        loaded.diagnostics.is_empty(),
        "{}: {:?}",
        dir.display(),
        loaded.diagnostics
    );
    let project = loaded.project;
    let comments = sekisho::load::suppress::comments(&project.sources);
    let options = Options {
        inline: true,
        vendored: false,
        data_dir: ".terraform".into(),
        today: Date::parse("2026-11-25").expect("a day"),
    };
    let suppressions = Suppressions::new(&project, comments, policy, &options);
    let settings = extract::Options {
        own: own(dir),
        today: Some(policy.today),
        ..extract::Options::default()
    };
    let mut findings = Vec::new();
    let mut all = Vec::new();
    for root in &project.roots {
        let files = BoundedFiles::new(&project.module(root.module).dir, &project.boundaries);
        let evaluations: Vec<Evaluation<'_>> = root
            .sets
            .iter()
            .map(|set| Evaluation::of_types(&project, root, set, &files, Catalog::builtin()))
            .collect();
        let mut facts: Vec<Facts> = evaluations
            .iter()
            .map(|ev| extract::facts(ev, Catalog::builtin(), &settings))
            .collect();
        for missing in facts.iter_mut().flat_map(|f| &mut f.modules_missing) {
            suppressions.missing(&project, missing);
        }
        let sets: Vec<Judged<'_, '_>> = evaluations
            .iter()
            .zip(&facts)
            .map(|(evaluation, facts)| Judged { evaluation, facts })
            .collect();
        findings.extend(judge::judge(&sets, policy, &suppressions, Noting::default()).findings);
        drop(sets);
        all.extend(facts);
    }
    let all_of_it = |_: &Path| true;
    findings.extend(suppressions.findings(&project, policy, true, &|_| true, &all_of_it));
    let mut out = BTreeSet::new();
    for f in findings {
        assert!(f.level > Level::Off);
        if f.suppressed.is_some() {
            continue;
        }
        assert_eq!(f.fingerprints.len(), f.addresses.len());
        let verdict = match f.verdict {
            Verdict::Violation => "violation",
            Verdict::Undetermined => "undetermined",
            Verdict::Pass => "accepted",
        };
        let file = project.sources.file(f.place.file);
        let shown = file.shown.to_string();
        let line = project.sources.lines(f.place).line;
        out.insert((shown, line, f.rule.to_string(), verdict));
    }
    (out, all)
}

/// What belongs to the organisation: lines `# own: KEY = […]`, as settings have them.
fn own(dir: &Path) -> extract::Own {
    let lines = fixture_roots::told(dir, "own");
    let table: toml::Table = toml::from_str(&lines.join("\n")).expect("`# own: ` is TOML");
    let list = |key: &str| -> Vec<String> {
        let items = table.get(key).and_then(|v| v.as_array());
        let items = items.into_iter().flatten();
        items
            .map(|v| v.as_str().expect("a text").to_owned())
            .collect()
    };
    extract::Own {
        aws_accounts: list("aws-accounts"),
        google_projects: list("google-projects"),
        google_domains: list("google-domains"),
        azure_tenants: list("azure-tenants"),
        azure_subscriptions: list("azure-subscriptions"),
        trusted_keys: list("trusted-keys"),
    }
}

/// Who judges a folder, and with what settings.
fn policy_of(dir: &Path) -> Policy {
    let profiles = fixture_roots::list(dir, "profiles").unwrap_or_else(|| vec!["baseline".into()]);
    let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
    let mut policy = Policy::builtin(&profiles).expect("the profiles exist");
    let concern = fixture_roots::list(dir, "countries-of-concern").unwrap_or_default();
    policy.countries_of_concern = concern.iter().map(|c| c.as_str().into()).collect();
    let today = fixture_roots::list(dir, "today").unwrap_or_else(|| vec!["2026-11-25".into()]);
    policy.today = Date::parse(&today[0]).expect("a day");
    policy
}

/// Whether a rule is compared in a folder.
fn compared(rule: &str, dir: &Path, want: &BTreeSet<Expected>, baseline: &Policy) -> bool {
    let found = baseline.rules.iter().find(|r| &*r.id == rule);
    let level = found.and_then(|r| r.levels.get("baseline"));
    let own = fixtures().join("rules").join(rule);
    level == Some(&Level::Error) || dir.starts_with(own) || want.iter().any(|e| e.2 == rule)
}

#[test]
fn every_fixture_gives_what_stands_in_it() {
    let baseline = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    let mut dirs = roots();
    // There it is facts that stand in them: tests/rows.rs.
    dirs.retain(|d| !d.starts_with(fixtures().join("catalog")));
    assert!(dirs.len() > 10, "the fixtures are there");
    let mut wrong: Vec<String> = Vec::new();
    for dir in &dirs {
        let mut want = BTreeSet::new();
        expected(dir, dir, &mut want);
        let policy = policy_of(dir);
        let (mut got, _) = found(dir, &policy);
        got.retain(|e| compared(&e.2, dir, &want, &baseline));
        for e in want.difference(&got) {
            wrong.push(format!("{}: missing {e:?}", dir.display()));
        }
        for e in got.difference(&want) {
            wrong.push(format!("{}: not expected {e:?}", dir.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_its_fixtures() {
    let policy = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    for rule in &policy.rules {
        for kind in ["bad", "good", "unresolved"] {
            let dir = fixtures().join("rules").join(&*rule.id).join(kind);
            assert!(
                dir.join("main.tf").is_file(),
                "{} is missing",
                dir.display()
            );
        }
    }
}

/// Cases of the catalog that no fixture decides yet. A line goes when a fixture decides its case (`UPDATE=1` takes
/// it out); none is added by a program: a new case comes with its fixture.
fn without_fixture() -> (PathBuf, BTreeSet<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases-without-fixture.txt");
    let text = std::fs::read_to_string(&path).expect("the list is there");
    let cases = text.lines().filter(|l| !l.starts_with('#'));
    (path.clone(), cases.map(ToOwned::to_owned).collect())
}

/// A question that makes no sense for the type.
fn never_asked(fact: &YesNo) -> bool {
    let always = |c: &Condition| matches!(c.tree.expr(c.tree.root()), Expr::Bool(true));
    fact.not_asked.as_ref().is_some_and(always)
}

/// A condition that never holds.
fn never(c: &Condition) -> bool {
    matches!(c.tree.expr(c.tree.root()), Expr::Bool(false))
}

fn wire(row: &Row, has: fn(&Transport) -> bool) -> bool {
    row.transport.as_ref().is_some_and(has)
}

#[test]
fn the_fixtures_meet_the_catalogs_cases() {
    let policy = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    let dirs = roots();
    let mut met: BTreeSet<String> = BTreeSet::new();
    for dir in &dirs {
        for facts in found(dir, &policy).1 {
            let stores = facts.stores.iter().flat_map(|s| {
                std::iter::once(&s.custody)
                    .chain(s.parts.iter().map(|p| &p.custody))
                    .chain(s.copies.iter().map(|c| &c.custody))
            });
            let keys = facts.keys.iter().map(|k| &k.custody);
            for a in stores.chain(keys).flat_map(|k| &k.answers) {
                met.extend(a.case.as_ref().map(ToString::to_string));
            }
            let copies = facts.stores.iter().flat_map(|s| &s.copies);
            let copies = copies.chain(facts.others.iter().flat_map(|o| &o.copies));
            met.extend(copies.map(|c| c.case.to_string()));
            let of_stores = facts.stores.iter().flat_map(|s| {
                let wire = [&s.transport.plaintext, &s.transport.weak];
                [&s.exposure, &s.backup, &s.deletion_protected]
                    .into_iter()
                    .chain(wire)
            });
            let of_keys = facts
                .keys
                .iter()
                .flat_map(|k| [&k.rotation, &k.open, &k.protected, &k.foreign]);
            let valued = facts
                .keys
                .iter()
                .flat_map(|k| [&k.window.case, &k.cipher.case]);
            met.extend(valued.flatten().map(ToString::to_string));
            let of_others = facts.others.iter().flat_map(|o| {
                let wire = [&o.transport.plaintext, &o.transport.weak];
                std::iter::once(&o.open).chain(wire)
            });
            for fact in of_stores.chain(of_keys).chain(of_others) {
                met.extend(fact.case.as_ref().map(ToString::to_string));
            }
        }
    }
    let catalog = Catalog::builtin();
    let mut missed = BTreeSet::new();
    for name in catalog.names() {
        let row = catalog.row(name).expect("the name is from the catalog");
        let parts = row.parts.iter().flat_map(|(_, cases)| cases);
        // What others refer to for its custody alone answers under their cases.
        let shown = row.is_store() || row.is_key() || row.carries.is_some();
        for case in row.custody.iter().chain(parts) {
            if shown && !met.contains(&*case.id) {
                missed.insert(case.id.to_string());
            }
        }
        let copies = row.copies.iter().map(|c| c.id.to_string());
        let has = [
            (
                "exposure",
                // What only others name answers under their cases.
                row.role != Some(Role::Place)
                    && row.exposure.as_ref().is_some_and(|x| !x.open.is_empty()),
            ),
            ("backup", row.backup.is_some()),
            (
                "loss",
                row.loss.as_ref().is_some_and(|l| l.protected.is_some()),
            ),
            (
                "loss.days",
                row.loss.as_ref().is_some_and(|l| l.days.is_some()),
            ),
            (
                "foreign",
                row.foreign
                    .as_ref()
                    .is_some_and(|f| !never_asked(f) && !never(&f.yes)),
            ),
            ("algorithm", !row.algorithm.is_empty()),
            (
                "rotation",
                row.rotation.as_ref().is_some_and(|r| !never_asked(r)),
            ),
            ("transport.plaintext", wire(&row, |t| t.plaintext.is_some())),
            ("transport.weak", wire(&row, |t| t.weak.is_some())),
            ("transport.minimum", wire(&row, |t| t.minimum.is_some())),
        ];
        let facts = has.into_iter().filter(|(_, has)| *has);
        let facts = facts.map(|(fact, _)| format!("{name}.{fact}"));
        missed.extend(copies.chain(facts).filter(|id| !met.contains(id)));
    }
    let (path, listed) = without_fixture();
    let new: Vec<&String> = missed.difference(&listed).collect();
    assert!(
        new.is_empty(),
        "no fixture decides these {} cases of the catalog; a case comes with its fixture:\n{new:#?}",
        new.len()
    );
    let done: Vec<&String> = listed.difference(&missed).collect();
    if std::env::var_os("UPDATE").is_some() && !done.is_empty() {
        let text = std::fs::read_to_string(&path).expect("the list is there");
        let kept = text
            .lines()
            .filter(|l| l.starts_with('#') || missed.contains(*l));
        let kept: String = kept.flat_map(|l| [l, "\n"]).collect();
        std::fs::write(&path, kept).expect("the list can be written");
        return;
    }
    assert!(
        done.is_empty(),
        "fixtures decide these now, or they are gone: `UPDATE=1 cargo test --test fixtures` takes \
         them out of {}\n{done:#?}",
        path.display()
    );
}
