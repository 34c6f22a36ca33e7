//! What rows say beside place and key: `# facts: public=no, backup=yes, copy=backup>JP` at the end of the
//! line of a resource below `fixtures/catalog/`. What is not named there is not compared, but for copies:
//! where one is named, or `copy=none`, all of them are.
//!
//! Words: public, backup, guarded (against being destroyed), rotation, plaintext, weak: yes, no, unknown,
//! `-` (not asked); custody and `part-NAME`: levels with `|`; place: countries with `+`, `?` for not known;
//! copy: `KIND>COUNTRIES` and, where it is perhaps not made, a `?` before it.

use sekisho::catalog::Catalog;
use sekisho::source::Place;
use sekisho::evaluate::Evaluation;
use sekisho::evaluate::functions::{FileError, Files};
use sekisho::extract::facts::{Answer, Copy, Facts, Keeping, Location, YesNo};
use sekisho::extract::{self};
use sekisho::load::{Request, load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Nothing;

impl Files for Nothing {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError> {
        Err(FileError::NotRead(path.into()))
    }
    fn exists(&self, path: &str) -> Result<bool, FileError> {
        Err(FileError::NotRead(path.into()))
    }
    fn below(&self, path: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotRead(path.into()))
    }
}

fn roots(dir: &Path, out: &mut Vec<PathBuf>) {
    if dir.join("main.tf").is_file() {
        out.push(dir.to_path_buf());
    }
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    let mut below: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    below.sort();
    for d in below.iter().filter(|d| d.is_dir()) {
        roots(d, out);
    }
}

fn word(y: &YesNo) -> String {
    match y.answer() {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown => "unknown",
        Answer::NotApplicable => "-",
    }
    .to_owned()
}

fn place(l: &Location) -> String {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for p in &l.alternatives {
        let codes: BTreeSet<&str> = p.regions.iter().map(|r| &*r.country).collect();
        all.insert(codes.into_iter().collect::<Vec<_>>().join("+"));
    }
    if l.open || all.is_empty() {
        all.insert("?".to_owned());
    }
    all.into_iter().collect::<Vec<_>>().join("|")
}

fn levels(k: &Keeping) -> String {
    let all: BTreeSet<String> = k
        .answers
        .iter()
        .map(|a| a.level.map_or("?".to_owned(), |l| l.word().to_owned()))
        .collect();
    all.into_iter().collect::<Vec<_>>().join("|")
}

fn copy(c: &Copy) -> String {
    let sure = c.made.answer() == Answer::Yes;
    let perhaps = if sure { "" } else { "?" };
    format!("{perhaps}{}>{}", c.kind, place(&c.location))
}

type Words = BTreeMap<String, BTreeSet<String>>;

/// What was found, by file and line of the block's header.
fn told(facts: &Facts, line: &dyn Fn(Place) -> (String, u32)) -> BTreeMap<(String, u32), Words> {
    let mut all: Vec<(Place, Vec<(String, String)>)> = Vec::new();
    for s in &facts.stores {
        let mut words: Vec<(String, String)> = vec![
            ("public".into(), word(&s.exposure)),
            ("backup".into(), word(&s.backup)),
            ("guarded".into(), word(&s.deletion_protected)),
            ("plaintext".into(), word(&s.transport.plaintext)),
            ("weak".into(), word(&s.transport.weak)),
            ("place".into(), place(&s.location)),
            ("custody".into(), levels(&s.custody)),
        ];
        let parts = s.parts.iter();
        words.extend(parts.map(|p| (format!("part-{}", p.part), levels(&p.custody))));
        words.extend(s.copies.iter().map(|c| ("copy".into(), copy(c))));
        all.push((s.place, words));
    }
    for k in &facts.keys {
        let words = vec![
            ("public".into(), word(&k.open)),
            ("rotation".into(), word(&k.rotation)),
            ("guarded".into(), word(&k.protected)),
            ("place".into(), place(&k.location)),
            ("custody".into(), levels(&k.custody)),
        ];
        all.push((k.place, words));
    }
    for o in &facts.others {
        let mut words = vec![("role".into(), o.role.to_owned())];
        words.extend(o.copies.iter().map(|c| ("copy".into(), copy(c))));
        all.push((o.place, words));
    }
    let mut out: BTreeMap<(String, u32), Words> = BTreeMap::new();
    for (at, words) in all {
        let here = out.entry(line(at)).or_default();
        for (k, v) in words {
            here.entry(k).or_default().insert(v);
        }
    }
    out
}

/// What stands in the file.
fn expected(text: &str) -> Vec<(u32, Words)> {
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let Some((_, words)) = line.split_once("# facts: ") else {
            continue;
        };
        let words = words.split(" # ").next().unwrap_or(words);
        let mut map = Words::new();
        for one in words.split(", ") {
            let (k, v) = one.trim().split_once('=').expect("a word and its value");
            map.entry(k.to_owned()).or_default().insert(v.to_owned());
        }
        out.push((i as u32 + 1, map));
    }
    out
}

#[test]
fn rows_say_what_stands_in_the_fixtures() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/catalog");
    let mut dirs = Vec::new();
    roots(&base, &mut dirs);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for dir in &dirs {
        let mut request = Request::new(vec![dir.clone()], dir.clone());
        request.boundary = Some(dir.clone());
        let project = load(&request).project;
        for root in &project.roots {
            for set in &root.sets {
                let evaluation = Evaluation::new(&project, root, set, &Nothing);
                let facts =
                    extract::facts(&evaluation, Catalog::builtin(), &extract::Options::default());
                let line = |at: Place| {
                    let file = project.sources.file(at.file);
                    (file.shown.to_string(), project.sources.lines(at).line)
                };
                let found = told(&facts, &line);
                if std::env::var_os("SHOW").is_some() {
                    println!("{}: {found:#?}", dir.display());
                }
                let text = std::fs::read_to_string(dir.join("main.tf")).expect("it is text");
                for (at, want) in expected(&text) {
                    let nothing = Words::new();
                    let have = found.get(&("main.tf".to_owned(), at)).unwrap_or(&nothing);
                    for (k, v) in &want {
                        compared += 1;
                        let none: BTreeSet<String> = ["none".to_owned()].into();
                        let have = have.get(k).unwrap_or(&none);
                        if have != v {
                            wrong.push(format!("{}:{at}: {k}: {have:?}, not {v:?}", dir.display()));
                        }
                    }
                }
            }
        }
    }
    assert!(compared > 0, "there is something to compare");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
