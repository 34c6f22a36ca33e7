//! Every folder below `fixtures/` with configuration is a root; what is expected of it stands in it:
//! `# expect: RULE` at the end of a line where a violation is marked, `# expect: RULE undetermined`.
//!
//! Below `fixtures/catalog/` it is facts of rows that stand there, whatever rules ask of them: `# facts:
//! NAME=VALUE …` at the end of a block's first line (see `told`); several values are joined with `|`.

use sekisho::catalog::Catalog;
use sekisho::diagnostic::{Level, Verdict};
use sekisho::evaluate::Evaluation;
use sekisho::extract;
use sekisho::extract::facts::{Answer, Copy, Facts, Keeping, KeyAnswer, Location, YesNo};
use sekisho::judge::{self, Judged};
use sekisho::load::{Request, load};
use sekisho::policy::Policy;
use sekisho::source::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// File, line, rule, verdict.
type Expected = (String, u32, String, &'static str);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Folders that are roots of their own: those with a `main.tf` that no folder above has.
fn roots(dir: &Path, out: &mut Vec<PathBuf>) {
    if dir.join("main.tf").is_file() {
        out.push(dir.to_path_buf());
        return;
    }
    let mut below: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("fixtures can be read")
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_dir())
        .collect();
    below.sort();
    for d in below {
        roots(&d, out);
    }
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
        if !(name.ends_with(".tf") || name.ends_with(".tfvars")) {
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
                    None => "violation",
                    Some(other) => panic!("{shown}:{}: `{other}`?", i + 1),
                };
                out.insert((shown.clone(), i as u32 + 1, rule, verdict));
            }
        }
    }
}

struct Nothing;

impl sekisho::evaluate::functions::Files for Nothing {
    fn read(
        &self,
        path: &str,
    ) -> Result<std::sync::Arc<[u8]>, sekisho::evaluate::functions::FileError> {
        Err(sekisho::evaluate::functions::FileError::NotRead(
            path.into(),
        ))
    }
    fn exists(&self, path: &str) -> Result<bool, sekisho::evaluate::functions::FileError> {
        Err(sekisho::evaluate::functions::FileError::NotRead(
            path.into(),
        ))
    }
    fn below(&self, path: &str) -> Result<Vec<String>, sekisho::evaluate::functions::FileError> {
        Err(sekisho::evaluate::functions::FileError::NotRead(
            path.into(),
        ))
    }
}

/// What the library says of a folder, notes left out of reusable modules too.
fn found(dir: &Path, policy: &Policy) -> (BTreeSet<Expected>, Vec<Facts>) {
    let (out, all, _) = seen(dir, policy);
    (out, all)
}

/// A block's line, and what is so of it: `custody=none`, `at=ap-northeast-1`, `copy.replica=us-east-1/none`.
type Told = (String, u32, BTreeMap<String, BTreeSet<String>>);

#[allow(clippy::type_complexity)] // findings, facts, facts in words
fn seen(dir: &Path, policy: &Policy) -> (BTreeSet<Expected>, Vec<Facts>, Vec<Told>) {
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
    let mut out = BTreeSet::new();
    let mut all = Vec::new();
    let mut words = Vec::new();
    for root in &project.roots {
        let files = Nothing;
        let evaluations: Vec<Evaluation<'_>> = root
            .sets
            .iter()
            .map(|set| Evaluation::new(&project, root, set, &files))
            .collect();
        let facts: Vec<Facts> = evaluations
            .iter()
            .map(|ev| extract::facts(ev, Catalog::builtin(), &extract::Options::default()))
            .collect();
        let sets: Vec<Judged<'_, '_>> = evaluations
            .iter()
            .zip(&facts)
            .map(|(evaluation, facts)| Judged { evaluation, facts })
            .collect();
        for f in judge::judge(&sets, policy).findings {
            assert!(f.level > Level::Off);
            assert_eq!(f.fingerprints.len(), f.addresses.len());
            let verdict = match f.verdict {
                Verdict::Violation => "violation",
                Verdict::Undetermined => "undetermined",
                Verdict::Pass => panic!("a pass is no finding"),
            };
            let file = project.sources.file(f.place.file);
            let shown = file.shown.to_string();
            let line = project.sources.lines(f.place).line;
            out.insert((shown, line, f.rule.to_string(), verdict));
        }
        drop(sets);
        for f in &facts {
            words.extend(told(f).into_iter().map(|(place, facts)| {
                let file = project.sources.file(place.file).shown.to_string();
                (file, project.sources.lines(place).line, facts)
            }));
        }
        all.extend(facts);
    }
    (out, all, words)
}

fn keeping(k: &Keeping) -> BTreeSet<String> {
    let word = |a: &KeyAnswer| match (a.level, a.encrypted) {
        (Some(level), _) => level.word().to_owned(),
        (None, Answer::Yes) => "encrypted".to_owned(),
        (None, _) => "unknown".to_owned(),
    };
    k.answers.iter().map(word).collect()
}

fn places(l: &Location) -> BTreeSet<String> {
    let mut out: BTreeSet<String> = l
        .alternatives
        .iter()
        .flat_map(|p| p.regions.iter().map(|r| r.code.to_string()))
        .collect();
    if l.open || out.is_empty() {
        out.insert("unknown".to_owned());
    }
    out
}

/// The facts of a target, in words: `custody`, `at`, `exposure`, `backup`, `protected`, `plaintext`, `weak`,
/// `rotation`, `open`, `asked` (questions that are not asked), `part.NAME` with its custody, `copy.KIND`
/// with its place and custody, `?` where the copy is only perhaps made.
fn told(facts: &Facts) -> Vec<(Place, BTreeMap<String, BTreeSet<String>>)> {
    fn yes_no(out: &mut BTreeMap<String, BTreeSet<String>>, name: &str, f: &YesNo) {
        if f.answer() != Answer::NotApplicable {
            let word = f.answer().word().to_owned();
            out.entry(name.to_owned()).or_default().insert(word);
        }
    }
    fn copies(out: &mut BTreeMap<String, BTreeSet<String>>, list: &[Copy]) {
        for c in list {
            let join = |s: BTreeSet<String>| s.into_iter().collect::<Vec<_>>().join("+");
            let maybe = if c.made.answer() == Answer::Yes { "" } else { "?" };
            let text = format!(
                "{}/{}{maybe}",
                join(places(&c.location)),
                join(keeping(&c.custody))
            );
            out.entry(format!("copy.{}", c.kind))
                .or_default()
                .insert(text);
        }
    }
    let mut all = Vec::new();
    for s in &facts.stores {
        let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        out.insert("custody".into(), keeping(&s.custody));
        out.insert("at".into(), places(&s.location));
        yes_no(&mut out, "exposure", &s.exposure);
        yes_no(&mut out, "backup", &s.backup);
        yes_no(&mut out, "protected", &s.deletion_protected);
        yes_no(&mut out, "plaintext", &s.transport.plaintext);
        yes_no(&mut out, "weak", &s.transport.weak);
        for p in &s.parts {
            let part = out.entry(format!("part.{}", p.part)).or_default();
            part.extend(keeping(&p.custody));
        }
        for (question, _) in &s.not_asked {
            let asked = out.entry("not-asked".into()).or_default();
            asked.insert(question.to_string());
        }
        copies(&mut out, &s.copies);
        all.push((s.place, out));
    }
    for k in &facts.keys {
        let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if !k.custody.answers.is_empty() {
            out.insert("custody".into(), keeping(&k.custody));
        }
        out.insert("at".into(), places(&k.location));
        yes_no(&mut out, "rotation", &k.rotation);
        yes_no(&mut out, "exposure", &k.open);
        yes_no(&mut out, "protected", &k.protected);
        all.push((k.place, out));
    }
    for o in &facts.others {
        let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        out.insert("at".into(), places(&o.location));
        yes_no(&mut out, "exposure", &o.open);
        yes_no(&mut out, "plaintext", &o.transport.plaintext);
        yes_no(&mut out, "weak", &o.transport.weak);
        copies(&mut out, &o.copies);
        all.push((o.place, out));
    }
    all
}

/// What stands at the first lines of blocks. A fact that is not named there is not asked; a copy, a part or
/// a question that is not asked has to be named.
fn facts_written(dir: &Path) -> BTreeMap<(String, u32), BTreeMap<String, BTreeSet<String>>> {
    let mut out = BTreeMap::new();
    let text = std::fs::read_to_string(dir.join("main.tf")).expect("fixtures are text");
    for (i, line) in text.lines().enumerate() {
        let Some((_, words)) = line.split_once("# facts:") else {
            continue;
        };
        let mut facts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for word in words.split_whitespace() {
            let (name, value) = word.split_once('=').expect("NAME=VALUE");
            let values = value.split('|').map(str::to_owned);
            facts.entry(name.to_owned()).or_default().extend(values);
        }
        out.insert(("main.tf".to_owned(), i as u32 + 1), facts);
    }
    out
}

#[test]
fn rows_give_the_facts_that_stand_in_their_fixtures() {
    let policy = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    let mut dirs = Vec::new();
    roots(&fixtures().join("catalog"), &mut dirs);
    assert!(dirs.len() > 1, "the fixtures are there");
    let mut wrong: Vec<String> = Vec::new();
    for dir in &dirs {
        let mut open = facts_written(dir);
        for (file, line, have) in seen(dir, &policy).2 {
            let shown = format!("{}/{file}:{line}", dir.display());
            let Some(want) = open.remove(&(file, line)) else {
                continue;
            };
            let said = |name: &str| {
                name.starts_with("copy.") || name.starts_with("part.") || name == "not-asked"
            };
            let names = have.keys().filter(|n| said(n)).chain(want.keys());
            for name in names.collect::<BTreeSet<_>>() {
                // `NAME=`: not asked.
                let want = want.get(name).filter(|w| w.iter().any(|v| !v.is_empty()));
                let have = have.get(name);
                if want != have {
                    wrong.push(format!("{shown}: {name}: expected {want:?}, found {have:?}"));
                }
            }
        }
        for (file, line) in open.into_keys() {
            wrong.push(format!("{}/{file}:{line}: nothing there", dir.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_gives_what_stands_in_it() {
    let policy = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    let mut dirs = Vec::new();
    roots(&fixtures(), &mut dirs);
    dirs.retain(|d| !d.starts_with(fixtures().join("catalog")));
    assert!(dirs.len() > 10, "the fixtures are there");
    let mut wrong: Vec<String> = Vec::new();
    for dir in &dirs {
        let mut want = BTreeSet::new();
        expected(dir, dir, &mut want);
        let (got, _) = found(dir, &policy);
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

/// Cases of the catalog that no fixture decides: the number may only fall.
const CASES_NOT_MET: usize = 60;

#[test]
fn the_fixtures_meet_the_catalogs_cases() {
    let policy = Policy::builtin(&["baseline"]).expect("rules.toml is well-formed");
    let mut dirs = Vec::new();
    roots(&fixtures(), &mut dirs);
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
        }
    }
    let catalog = Catalog::builtin();
    let mut missed = Vec::new();
    for name in catalog.names() {
        let row = catalog.row(name).expect("the name is from the catalog");
        let parts = row.parts.iter().flat_map(|(_, cases)| cases);
        for case in row.custody.iter().chain(parts) {
            if !met.contains(&*case.id) {
                missed.push(case.id.to_string());
            }
        }
    }
    assert!(
        missed.len() <= CASES_NOT_MET,
        "{} cases are met by no fixture:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
