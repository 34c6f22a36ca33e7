//! Finding settings files: upwards from a directory to the boundary, each read once, and what is wrong
//! with them.
//!
//! Lives here: which files count for a directory, reading them, the checks that need the catalog and
//! the rules. Not here: their form (`file.rs`), what several come to together (`resolved.rs`).

use super::file::{self, File};
use super::reading::{Any, At, Mistake, meant};
use super::resolved::{Over, Resolved};
use crate::catalog::Catalog;
use crate::date::Date;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::load::syntax::{NodeId, Span, Tree, given};
use crate::load::{Configured, MappedSource, SetOf};
use crate::policy::Policy;
use crate::policy::suppress::Ignore;
use crate::source::{FileId, Place, Sources, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The name of a settings file.
pub const NAME: &str = "sekisho.toml";
/// So many names are listed where one of them was perhaps meant.
const MANY: usize = 12;
/// A larger file is not read: nobody writes settings of this size.
const LARGEST: u64 = 8 << 20;

/// Which files count.
#[derive(Clone, Debug, Default)]
pub enum Which {
    /// Those that are found upwards from a root.
    #[default]
    Found,
    /// This one, for all roots.
    Given(PathBuf),
    /// None.
    None,
}

/// A settings file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// Where it is: its directory real, its name as it stands.
    pub path: PathBuf,
    /// Its directory.
    pub dir: PathBuf,
    /// As it is shown.
    pub shown: Arc<str>,
    /// Its text.
    pub text: String,
    /// What it says.
    pub file: File,
    /// What is wrong with it.
    pub mistakes: Vec<Mistake>,
    /// The values of variables: number of the target, name, node of the value.
    pub values: Vec<(usize, Arc<str>, NodeId, Span)>,
    /// Why it was not read at all.
    pub unread: Option<Box<Diagnostic>>,
}

/// The settings files of a run.
#[derive(Debug)]
pub struct Files {
    which: Which,
    current_dir: PathBuf,
    over: Over,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    read: BTreeMap<PathBuf, Option<Arc<Loaded>>>,
    /// The texts as load takes them over.
    trees: BTreeMap<PathBuf, (Arc<str>, Tree)>,
    resolved: BTreeMap<Vec<PathBuf>, Arc<Resolved>>,
}

impl Files {
    /// The files that count, and what the command line says over them.
    pub fn new(which: Which, current_dir: &Path, over: Over) -> Files {
        Files {
            which,
            current_dir: current_dir
                .canonicalize()
                .unwrap_or_else(|_| current_dir.to_path_buf()),
            over,
            inner: Mutex::default(),
        }
    }

    /// The settings of a directory (a real path) inside a boundary.
    pub fn of(&self, dir: &Path, boundary: &Path) -> Arc<Resolved> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut chain: Vec<Arc<Loaded>> = Vec::new();
        match &self.which {
            Which::None => {}
            Which::Given(path) => {
                let path = self.current_dir.join(path);
                // Under the name that it was given: a link to it stands where it stands.
                let dir = path.parent().and_then(|p| p.canonicalize().ok());
                let path = match (dir, path.file_name()) {
                    (Some(dir), Some(name)) => dir.join(name),
                    _ => path,
                };
                chain.extend(self.read(&mut inner, &path, None, &[]));
            }
            Which::Found => {
                let mut dirs: Vec<&Path> = dir
                    .ancestors()
                    .take_while(|d| d.starts_with(boundary) || *d == dir)
                    .collect();
                dirs.reverse();
                for dir in dirs {
                    let found = self.read(&mut inner, &dir.join(NAME), Some(boundary), &chain);
                    chain.extend(found);
                }
            }
        }
        let key: Vec<PathBuf> = chain.iter().map(|l| l.path.clone()).collect();
        if let Some(known) = inner.resolved.get(&key) {
            return Arc::clone(known);
        }
        let resolved = Arc::new(Resolved::new(&chain, &self.over));
        inner.resolved.insert(key, Arc::clone(&resolved));
        resolved
    }

    /// The files that were read.
    pub fn paths(&self) -> Vec<PathBuf> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let read = inner.read.iter().filter(|(_, file)| file.is_some());
        read.map(|(path, _)| path.clone()).collect()
    }

    /// Reads a file; `None` where there is none. One that is named has to be there.
    fn read(
        &self,
        inner: &mut Inner,
        path: &Path,
        boundary: Option<&Path>,
        around: &[Arc<Loaded>],
    ) -> Option<Arc<Loaded>> {
        if let Some(known) = inner.read.get(path) {
            return known.clone();
        }
        let shown: Arc<str> = shown(path, &self.current_dir).into();
        let loaded = match text_of(path, boundary) {
            Ok(None) if boundary.is_some() => None,
            Ok(None) => Some(unread(path, &shown, "settings.not-there", None)),
            Err((key, why)) => Some(unread(path, &shown, key, why)),
            Ok(Some(text)) => {
                let loaded = self.loaded(inner, path, &shown, text, around);
                Some(loaded)
            }
        };
        let loaded = loaded.map(Arc::new);
        inner.read.insert(path.to_path_buf(), loaded.clone());
        loaded
    }

    fn loaded(
        &self,
        inner: &mut Inner,
        path: &Path,
        shown: &Arc<str>,
        text: String,
        around: &[Arc<Loaded>],
    ) -> Loaded {
        let (file, mistakes) = file::read(&text);
        let values = file.values();
        let attributes: Vec<_> = values.iter().map(|(_, v)| v.clone()).collect();
        let (tree, nodes) = given(&text, &attributes);
        inner
            .trees
            .insert(path.to_path_buf(), (Arc::clone(shown), tree));
        let mut loaded = Loaded {
            path: path.to_path_buf(),
            dir: path.parent().unwrap_or(path).to_path_buf(),
            shown: Arc::clone(shown),
            text,
            file,
            mistakes,
            values: values
                .into_iter()
                .zip(nodes)
                .map(|((number, (name, span, _)), node)| (number, name.into(), node, span))
                .collect(),
            unread: None,
        };
        let mut checks = Checks {
            loaded: &loaded,
            around,
            mistakes: Vec::new(),
        };
        checks.all();
        let more = checks.mistakes;
        loaded.mistakes.extend(more);
        loaded.mistakes.sort_by_key(|m| (m.span.start, m.span.end));
        loaded
    }

    /// Everything that is wrong with the files that were read. `sources` knows those that load took over.
    pub fn diagnostics(&self, sources: &Sources) -> Vec<Diagnostic> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::new();
        for loaded in inner.read.values().flatten() {
            out.extend(loaded.unread.as_deref().cloned());
            if loaded.mistakes.is_empty() {
                continue;
            }
            let file = file_id(sources, &loaded.path);
            for m in &loaded.mistakes {
                let mut d = Diagnostic::new(Code::SettingsInvalid, m.message.clone());
                d.help.clone_from(&m.help);
                match file {
                    Some(file) => d.place = Some(Place { file, span: m.span }),
                    None => d.path = Some(Arc::clone(&loaded.shown)),
                }
                out.push(d);
            }
        }
        out
    }

    /// What all files that were read accept. `sources` knows those that load took over.
    pub fn ignores(&self, sources: &Sources) -> Vec<Ignore> {
        let texts = |any: Option<&At<Any>>| -> Vec<String> {
            let any = any.iter().flat_map(|a| &a.value.0);
            any.map(|text| text.value.clone()).collect()
        };
        let all = self.all();
        let own = all.iter().flat_map(|l| &l.file.rule).flat_map(|r| &r.value);
        let mut known: BTreeSet<&str> = own.map(|r| r.value.rule.id.as_str()).collect();
        known.extend(Policy::rule_ids());
        known.extend(Code::IGNORABLE.iter().map(|c| c.id()));
        let mut out = Vec::new();
        for loaded in &all {
            let Some(file) = file_id(sources, &loaded.path) else {
                continue;
            };
            for at in loaded.file.ignore.iter().flat_map(|i| &i.value) {
                let entry = &at.value.0;
                // What is no rule was told as a mistake; it is not told once more as unused.
                let mut rules = texts(entry.rules.as_ref());
                rules.retain(|r| known.contains(r.as_str()));
                if rules.is_empty() {
                    continue;
                }
                let classes = entry.classes.iter().flat_map(|c| &c.value);
                out.push(Ignore {
                    rules,
                    addresses: texts(entry.addresses.as_ref()),
                    paths: texts(entry.paths.as_ref()),
                    types: texts(entry.types.as_ref()),
                    classes: classes.map(|c| c.value.word().to_owned()).collect(),
                    reason: entry.reason.as_ref().map(|r| r.value.clone()),
                    until: entry.until.as_ref().and_then(|d| Date::parse(&d.value.0)),
                    owner: entry.owner.as_ref().map(|o| o.value.clone()),
                    place: Place {
                        file,
                        span: at.span,
                    },
                    base: loaded.dir.clone(),
                    only_below: self.only_below(),
                });
            }
        }
        out
    }

    /// All files that were read.
    pub fn all(&self) -> Vec<Arc<Loaded>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.read.values().flatten().cloned().collect()
    }

    /// Whether files were found, or one was given.
    pub fn only_below(&self) -> bool {
        matches!(self.which, Which::Found)
    }
}

/// The number of a file among the sources.
pub fn file_id(sources: &Sources, path: &Path) -> Option<FileId> {
    let at = sources.files.iter().position(|f| f.path == path)?;
    Some(FileId(at as u32))
}

impl Configured for Files {
    fn sets(&self, root: &Path, boundary: &Path) -> Vec<SetOf> {
        let resolved = self.of(root, boundary);
        resolved
            .targets
            .iter()
            .filter(|t| t.root == root)
            .map(|t| t.set.clone())
            .collect()
    }

    fn auto_sets(&self, root: &Path, boundary: &Path) -> bool {
        self.of(root, boundary).auto_sets.value
    }

    fn mapped(&self, root: &Path, boundary: &Path) -> Vec<MappedSource> {
        self.of(root, boundary).modules.clone()
    }

    fn take_texts(&self) -> Vec<(PathBuf, Arc<str>, Tree)> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut inner.trees)
            .into_iter()
            .map(|(path, (shown, tree))| (path, shown, tree))
            .collect()
    }
}

/// The text of a settings file; `None` where there is none.
fn text_of(
    path: &Path,
    boundary: Option<&Path>,
) -> Result<Option<String>, (&'static str, Option<String>)> {
    let refused = |error: &std::io::Error| ("settings.unreadable", Some(error.to_string()));
    let meta = match path.metadata() {
        Ok(meta) => meta,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(refused(&e)),
    };
    if !meta.is_file() && boundary.is_some() {
        return Err(("settings.no-file", None));
    }
    if let Some(boundary) = boundary
        && !path.canonicalize().is_ok_and(|p| p.starts_with(boundary))
    {
        return Err(("settings.outside", None));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|f| f.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|e| refused(&e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(("settings.too-large", None));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(("settings.encoding", None)),
    }
}

fn unread(path: &Path, shown: &Arc<str>, key: &str, why: Option<String>) -> Loaded {
    let mut message = Message::new(key).arg(&**shown);
    message.args.extend(why);
    let diagnostic = Diagnostic::new(Code::SettingsInvalid, message).path(Arc::clone(shown));
    Loaded {
        path: path.to_path_buf(),
        dir: path.parent().unwrap_or(path).to_path_buf(),
        shown: Arc::clone(shown),
        text: String::new(),
        file: File::default(),
        mistakes: Vec::new(),
        values: Vec::new(),
        unread: Some(Box::new(diagnostic)),
    }
}

/// What can be wrong with words that are well-formed.
struct Checks<'a> {
    loaded: &'a Loaded,
    /// The files around it, the farthest first: their own rules are known too.
    around: &'a [Arc<Loaded>],
    mistakes: Vec<Mistake>,
}

impl Checks<'_> {
    fn say(&mut self, span: Span, message: Message, help: Option<Message>) {
        self.mistakes.push(Mistake {
            span,
            message,
            help,
        });
    }

    fn known(&mut self, name: &At<String>, known: &[&str], key: &str) {
        if !known.contains(&name.value.as_str()) {
            let message = Message::new(key).arg(name.value.as_str());
            let help = meant(&name.value, known);
            // Of many names only the nearest is worth reading.
            let help = (known.len() <= MANY || help.key == "settings.did-you-mean").then_some(help);
            self.say(name.span, message, help);
        }
    }

    fn all(&mut self) {
        let file = &self.loaded.file;
        let profiles = Policy::profile_names();
        for name in file.profiles.iter().flat_map(|p| &p.value) {
            self.known(name, &profiles, "settings.unknown-profile");
        }
        self.rules(&profiles);
        self.regions();
        self.targets();
        for row in file.types.iter().flat_map(|t| &t.value.0) {
            if Catalog::builtin().provider(&row.name.value).is_none() {
                let message = Message::new("settings.row-provider").arg(row.name.value.as_str());
                self.say(row.name.span, message, None);
            }
        }
        for (source, to) in file.modules.iter().flat_map(|m| &m.value.0) {
            let stars = |text: &str| text.matches('*').count();
            if stars(&to.value) > stars(&source.value) {
                self.say(to.span, Message::new("settings.module-stars"), None);
            } else if !to.value.contains('*') && !self.loaded.dir.join(&to.value).is_dir() {
                let message = Message::new("settings.no-directory").arg(to.value.as_str());
                self.say(to.span, message, None);
            }
        }
    }

    fn rules(&mut self, profiles: &[&str]) {
        let builtin = Policy::rule_ids();
        let file = &self.loaded.file;
        let own = |file: &File| -> Vec<String> {
            let rules = file.rule.iter().flat_map(|r| &r.value);
            rules.map(|r| r.value.rule.id.clone()).collect()
        };
        let around: Vec<String> = self.around.iter().flat_map(|l| own(&l.file)).collect();
        let here = own(file);
        let mut rules: Vec<&str> = builtin.clone();
        rules.extend(around.iter().chain(&here).map(String::as_str));
        let mut before: Vec<&str> = builtin.clone();
        before.extend(around.iter().map(String::as_str));
        let mut seen: Vec<&str> = Vec::new();
        for rule in file.rule.iter().flat_map(|r| &r.value) {
            let text = &rule.value.rule;
            if builtin.contains(&text.id.as_str()) || seen.contains(&text.id.as_str()) {
                let message = Message::new("settings.rule-taken").arg(text.id.as_str());
                self.say(rule.value.id_at, message, None);
            }
            let named = &rule.value.named;
            for name in &named.before {
                self.known(name, &before, "settings.unknown-rule-before");
            }
            for name in &named.undecided {
                self.known(name, &rules, "settings.unknown-rule");
            }
            for name in &named.profiles {
                self.known(name, profiles, "settings.unknown-profile");
            }
            for profile in text.levels.keys() {
                let name = At::new(profile.clone(), rule.value.id_at);
                self.known(&name, profiles, "settings.unknown-profile");
            }
            seen.push(&text.id);
            before.push(&text.id);
        }
        for (rule, _) in file.levels.iter().flat_map(|l| &l.value.0) {
            self.known(rule, &rules, "settings.unknown-rule");
        }
        rules.extend(Code::IGNORABLE.iter().map(|c| c.id()));
        for entry in file.ignore.iter().flat_map(|i| &i.value) {
            for rule in entry.value.0.rules.iter().flat_map(|r| &r.value.0) {
                self.known(rule, &rules, "settings.unknown-rule");
            }
        }
    }

    fn regions(&mut self) {
        let catalog = Catalog::builtin();
        let file = &self.loaded.file;
        let accepted = file
            .residency
            .iter()
            .flat_map(|r| &r.value.accepted_regions);
        for region in accepted.flat_map(|a| &a.value) {
            let found = region
                .value
                .split_once(':')
                .and_then(|(namespace, code)| catalog.regions(namespace)?.find(code));
            if found.is_none() {
                let message = Message::new("settings.unknown-region").arg(region.value.as_str());
                self.say(
                    region.span,
                    message,
                    Some(Message::new("settings.region-form")),
                );
            }
        }
        let providers = catalog.provider_words();
        let assumed = file.assume.iter().flat_map(|a| &a.value.region);
        for (name, code) in assumed.flat_map(|r| &r.value.0) {
            let Some((_, provider)) = providers.iter().find(|(word, _)| *word == name.value) else {
                let known: Vec<&str> = providers.iter().map(|(w, _)| w.as_str()).collect();
                self.known(name, &known, "settings.unknown-provider");
                continue;
            };
            let table = provider.regions.as_ref().and_then(|r| catalog.regions(r));
            if table.is_none_or(|t| t.find(&code.value).is_none()) {
                let message = Message::new("settings.unknown-region").arg(code.value.as_str());
                self.say(code.span, message, None);
            }
        }
    }

    fn targets(&mut self) {
        let mut seen: Vec<(PathBuf, &str)> = Vec::new();
        for target in self.loaded.file.target.iter().flat_map(|t| &t.value) {
            let root = target.value.root.as_ref();
            let dir = self.loaded.dir.join(root.map_or(".", |r| &r.value));
            match dir.canonicalize() {
                Ok(real) if real.is_dir() => {
                    if let Some(name) = &target.value.name {
                        if seen.contains(&(real.clone(), name.value.as_str())) {
                            let message = Message::new("settings.target-twice");
                            self.say(name.span, message.arg(name.value.as_str()), None);
                        }
                        seen.push((real, &name.value));
                    }
                }
                _ => {
                    if let Some(root) = root {
                        let message = Message::new("settings.no-directory").arg(&*root.value);
                        self.say(root.span, message, None);
                    }
                }
            }
        }
    }
}
