//! What rows say of resources: below `fixtures/catalog/` the facts stand at the blocks' first lines, `# facts:
//! NAME=VALUE …` (see `told`); several values are joined with `|`, and `NAME=` is a fact that is not asked. Whatever
//! rules ask of them, they stay.

#[path = "support/fixture_roots.rs"]
mod fixture_roots;

use sekisho::catalog::Catalog;
use sekisho::evaluate::Evaluation;
use sekisho::evaluate::files_on_disk::BoundedFiles;
use sekisho::extract;
use sekisho::extract::facts::{Answer, Copy, Facts, Keeping, KeyAnswer, Location, Valued, YesNo};
use sekisho::load::{Request, load};
use sekisho::source::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Facts by name: `custody`, and what it is.
type Words = BTreeMap<String, BTreeSet<String>>;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A block's file and line, and what is so of it.
fn seen(dir: &Path) -> Vec<(String, u32, Words)> {
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
    let mut out = Vec::new();
    for root in &project.roots {
        for set in &root.sets {
            let files = BoundedFiles::new(&project.module(root.module).dir, &project.boundaries);
            let ev = Evaluation::of_types(&project, root, set, &files, Catalog::builtin());
            let facts = extract::facts(&ev, Catalog::builtin(), &extract::Options::default());
            out.extend(told(&facts).into_iter().map(|(place, words)| {
                let file = project.sources.file(place.file).shown.to_string();
                (file, project.sources.lines(place).line, words)
            }));
        }
    }
    out
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
        .flat_map(|p| p.regions.iter().map(|r| r.code.replace(' ', "_")))
        .collect();
    if l.open || out.is_empty() {
        out.insert("unknown".to_owned());
    }
    out
}

/// The facts of a target, in words: `custody`, `at`, `exposure`, `backup`, `protected`, `plaintext`, `weak`,
/// `rotation`, `open`, `window` (days), `cipher`, `asked` (questions that are not asked), `part.NAME` with its custody, `copy.KIND`
/// with its place and custody, `?` where the copy is only perhaps made.
fn told(facts: &Facts) -> Vec<(Place, Words)> {
    fn yes_no(out: &mut Words, name: &str, f: &YesNo) {
        if f.answer() != Answer::NotApplicable {
            let word = f.answer().word().to_owned();
            out.entry(name.to_owned()).or_default().insert(word);
        }
    }
    fn valued<T: ToString>(out: &mut Words, name: &str, f: &Valued<T>) {
        let word = |v: &Option<T>| v.as_ref().map_or("unknown".to_owned(), T::to_string);
        for (_, v) in &f.answers {
            out.entry(name.to_owned()).or_default().insert(word(v));
        }
    }
    fn copies(out: &mut Words, list: &[Copy]) {
        for c in list {
            let join = |s: BTreeSet<String>| s.into_iter().collect::<Vec<_>>().join("+");
            let maybe = if c.made.answer() == Answer::Yes {
                ""
            } else {
                "?"
            };
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
        let mut out: Words = BTreeMap::new();
        out.insert("custody".into(), keeping(&s.custody));
        out.insert("at".into(), places(&s.location));
        yes_no(&mut out, "exposure", &s.exposure);
        yes_no(&mut out, "access", &s.access);
        yes_no(&mut out, "network", &s.network);
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
        let mut out: Words = BTreeMap::new();
        if !k.custody.answers.is_empty() {
            out.insert("custody".into(), keeping(&k.custody));
        }
        out.insert("at".into(), places(&k.location));
        yes_no(&mut out, "rotation", &k.rotation);
        yes_no(&mut out, "exposure", &k.open);
        yes_no(&mut out, "protected", &k.protected);
        valued(&mut out, "window", &k.window);
        valued(&mut out, "cipher", &k.cipher);
        all.push((k.place, out));
    }
    for o in &facts.others {
        let mut out: Words = BTreeMap::new();
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
fn facts_written(dir: &Path) -> BTreeMap<(String, u32), Words> {
    let mut out = BTreeMap::new();
    let text = std::fs::read_to_string(dir.join("main.tf")).expect("fixtures are text");
    for (i, line) in text.lines().enumerate() {
        let Some((_, words)) = line.split_once("# facts:") else {
            continue;
        };
        // What rules find may stand behind it: `# expect: …`.
        let words = words.split(" # ").next().unwrap_or(words);
        let mut facts: Words = BTreeMap::new();
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
    let dirs = fixture_roots::roots(&fixtures().join("catalog"), &[]);
    assert!(dirs.len() > 1, "the fixtures are there");
    let mut wrong: Vec<String> = Vec::new();
    for dir in &dirs {
        let mut open = facts_written(dir);
        for (file, line, have) in seen(dir) {
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
                    wrong.push(format!(
                        "{shown}: {name}: expected {want:?}, found {have:?}"
                    ));
                }
            }
        }
        for (file, line) in open.into_keys() {
            wrong.push(format!("{}/{file}:{line}: nothing there", dir.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
