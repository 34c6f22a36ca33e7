//! The HCL that mends a finding, with the names that stand in the code.
//!
//! Lives here: filling in a row's template (`[[TYPE.repair]]`) and choosing the key. Not here: which HCL
//! mends which type (`catalog/`). Nothing is proposed where it would be a guess: where the value comes
//! from the caller of a module, where the names of instances are not known, where a place is needed and
//! not decided.

use super::Outcome;
use crate::catalog::Catalog;
use crate::catalog::row::{ProposedKeyText, RepairText, Words as Text};
use crate::diagnostic::{Finding, Verdict};
use crate::extract::facts::{Answer, Custody, KeyFacts, Store};
use crate::load::project::{Mode, Module, Project, Resource};
use crate::load::syntax::Expr;
use crate::policy::rules::Fact;
use crate::source::Place;
use hcl::structure::{Attribute, Block, Body, Structure};
use hcl::{Expression, Identifier};
use regex::Regex;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// What is proposed.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The HCL: a block that exists has the arguments to set, the others are new.
    pub hcl: String,
    /// What the code alone does not do.
    pub note: Option<Text>,
}

/// Target and address.
type Name = (Arc<str>, Arc<str>);

/// What is looked up for each repair, found out when first asked for.
#[derive(Default)]
pub struct Repairs {
    stores: OnceLock<FxHashMap<Name, usize>>,
    /// By file: the resource blocks in it, in their order.
    blocks: OnceLock<FxHashMap<u32, Vec<(usize, usize)>>>,
    /// By target and module: the keys that could be named.
    keys: OnceLock<FxHashMap<Name, Vec<usize>>>,
}

impl Outcome {
    /// The HCL that mends a finding, for findings about the key or the encryption of a store.
    pub fn repair(&self, finding: &Finding) -> Option<Repair> {
        let fact = self.rules.get(&finding.rule)?.fact;
        if finding.verdict != Verdict::Violation
            || !matches!(fact, Some(Fact::Encryption | Fact::Custody))
        {
            return None;
        }
        let store = self.store(finding)?;
        // A part or a copy of the store may be what is wrong: that is not mended here.
        let weak = store.encryption.at_rest == Answer::No
            || store
                .custody
                .level()
                .is_some_and(|l| l < Custody::CustomerManaged);
        if !weak {
            return None;
        }
        let (module, block) = self.block(finding.place)?;
        // What decides stands in the module of the store, so that one can name the other.
        let (stores_module, _) = self.block(store.place)?;
        if !std::ptr::eq(module, stores_module) {
            return None;
        }
        let row = Catalog::builtin().row(&block.ty)?;
        let has = |r: &&RepairText| {
            r.has.as_deref().is_none_or(|kind| {
                let kinds = block.body.block_kinds(&self.project.sources);
                kinds.iter().any(|k| k == kind)
            })
        };
        let repair = row.repairs.iter().find(has)?;
        let key = Catalog::builtin()
            .provider(&block.ty)?
            .proposed_key
            .clone()?;
        let filling = Filling {
            outcome: self,
            module,
            block,
            store,
            key: &key,
        };
        Some(Repair {
            hcl: filling.fill(repair)?,
            note: repair.note.clone(),
        })
    }

    fn store(&self, finding: &Finding) -> Option<&Store> {
        let index = self.repairs.stores.get_or_init(|| {
            self.stores
                .iter()
                .enumerate()
                .rev()
                .map(|(i, s)| ((s.target.clone(), s.address.clone()), i))
                .collect()
        });
        let address = Arc::from(finding.addresses.first()?.as_str());
        let at = index.get(&(finding.target.clone(), address))?;
        self.stores.get(*at)
    }

    /// The resource block around a place.
    fn block(&self, place: Place) -> Option<(&Module, &Resource)> {
        let project = &self.project;
        let index = self.repairs.blocks.get_or_init(|| by_file(project));
        let blocks = index.get(&place.file.0)?;
        let span = |(m, r): (usize, usize)| project.modules[m].resources[r].span;
        let after = blocks.partition_point(|at| span(*at).start <= place.span.start);
        let at = *blocks.get(after.checked_sub(1)?)?;
        let module = &project.modules[at.0];
        // Of a plan or state there is no text that could be mended.
        let resource = &module.resources[at.1];
        let around = place.span.end <= span(at).end && !resource.body.layers.is_empty();
        around.then_some((module, resource))
    }
}

fn by_file(project: &Project) -> FxHashMap<u32, Vec<(usize, usize)>> {
    let mut out: FxHashMap<u32, Vec<(usize, usize)>> = FxHashMap::default();
    for (m, module) in project.modules.iter().enumerate() {
        for (r, resource) in module.resources.iter().enumerate() {
            if resource.mode == Mode::Managed {
                out.entry(resource.place.file.0).or_default().push((m, r));
            }
        }
    }
    for blocks in out.values_mut() {
        blocks.sort_by_key(|&(m, r)| project.modules[m].resources[r].span.start);
    }
    out
}

/// The customer's keys that code beside a store can name, by target and module.
fn nameable(keys: &[KeyFacts]) -> FxHashMap<Name, Vec<usize>> {
    let mut out: FxHashMap<Name, Vec<usize>> = FxHashMap::default();
    for (i, k) in keys.iter().enumerate() {
        let path = module_path(&k.address);
        if !k.address[path.len()..].contains('[')
            && k.worlds.is_empty()
            // Not for encryption by services.
            && k.rotation.answer() != Answer::NotApplicable
            && k.custody.level().is_some_and(|l| l >= Custody::CustomerManaged)
        {
            out.entry((k.target.clone(), path.into()))
                .or_default()
                .push(i);
        }
    }
    out
}

struct Filling<'a> {
    outcome: &'a Outcome,
    module: &'a Module,
    block: &'a Resource,
    store: &'a Store,
    key: &'a ProposedKeyText,
}

/// How many instances a block has, as far as its text says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    One,
    Count,
    ForEach,
}

impl Filling<'_> {
    fn fill(&self, repair: &RepairText) -> Option<String> {
        let many = match (self.written("count"), self.written("for_each")) {
            (None, None) => Many::One,
            (Some(_), _) => Many::Count,
            (_, Some(_)) => Many::ForEach,
        };
        let wants_key = [&repair.inside, &repair.beside]
            .iter()
            .any(|t| t.contains("KEY"));
        let existing = if wants_key { self.existing_key() } else { None };
        let new = wants_key && existing.is_none();
        let mut added = repair.beside.clone();
        if new {
            // One key serves all instances: it cannot be told by one of them.
            if many != Many::One && self.key.new.contains("SELF") {
                return None;
            }
            added.push_str(&self.key.new);
        }
        let name = self.free_name(&added)?;
        let names = Names {
            itself: format!("{}.{}", self.block.ty, self.block.name),
            key: existing.unwrap_or_else(|| format!("{}.{name}", self.key.r#type)),
            name,
            place: self.place(),
        };

        let mut out: Vec<Structure> = Vec::new();
        if new {
            for (i, block) in names.blocks(&self.key.new)?.into_iter().enumerate() {
                out.push(self.taking_over(block, i == 0, many)?.into());
            }
        }
        let mut inside = names.body(&repair.inside)?;
        for name in repair.unset.iter().filter(|n| self.written(n).is_some()) {
            let null = Attribute::new(Identifier::new(name.as_str()).ok()?, Expression::Null);
            inside.0.push(null.into());
        }
        if !inside.0.is_empty() {
            let block = Block::builder("resource")
                .add_label(&*self.block.ty)
                .add_label(&*self.block.name)
                .add_structures(inside.0);
            out.push(block.build().into());
        }
        let each = Names {
            itself: match many {
                Many::One => names.itself.clone(),
                Many::Count => format!("{}[count.index]", names.itself),
                Many::ForEach => "each.value".to_owned(),
            },
            ..names.clone()
        };
        for mut block in each.blocks(&repair.beside)? {
            let all: Expression = names.itself.parse().ok()?;
            let attribute = match many {
                Many::One => None,
                Many::Count => Some(Attribute::new(
                    "count",
                    Expression::from(hcl::expr::FuncCall::builder("length").arg(all).build()),
                )),
                Many::ForEach => Some(Attribute::new("for_each", all)),
            };
            if let Some(attribute) = attribute {
                block.body.0.insert(0, attribute.into());
            }
            out.push(self.taking_over(block, true, Many::One)?.into());
        }
        let blocks: Option<Vec<String>> = out
            .into_iter()
            .map(|block| Some(aligned(&hcl::format::to_string(&Body(vec![block])).ok()?)))
            .collect();
        Some(blocks?.join("\n"))
    }

    /// An argument of the block, as written.
    fn written(&self, name: &str) -> Option<&str> {
        let sources = &self.outcome.project.sources;
        let (file, attribute) = self.block.body.attribute(sources, name)?;
        let tree = sources.tree(file);
        if matches!(tree.expr(attribute.value), Expr::Null) {
            return None;
        }
        let span = tree.span(attribute.value);
        tree.source().get(span.start as usize..span.end as usize)
    }

    /// What a new resource has in common with the block: its provider configuration, and where it is.
    fn taking_over(&self, mut block: Block, all: bool, many: Many) -> Option<Block> {
        let more = self.key.takes_over.iter().map(String::as_str);
        let names = std::iter::once("provider").chain(more.filter(|_| all));
        let mut at = 0;
        for name in names {
            let Some(text) = self.written(name) else {
                continue;
            };
            // What differs by instance cannot be said of one key.
            if many != Many::One && (text.contains("each.") || text.contains("count.")) {
                return None;
            }
            let value: Expression = text.parse().ok()?;
            let name = Identifier::new(name).ok()?;
            block.body.0.insert(at, Attribute::new(name, value).into());
            at += 1;
        }
        Some(block)
    }

    /// The region of the store, where there is one.
    fn place(&self) -> Option<String> {
        let mut codes = self
            .store
            .location
            .alternatives
            .iter()
            .flat_map(|a| &a.regions)
            .map(|r| r.code.to_lowercase());
        let first = codes.next()?;
        (self.store.location.state() == "known" && codes.next().is_none()).then_some(first)
    }

    /// A key of the customer in the same module, that serves the place: the one of the same name, else
    /// the first.
    fn existing_key(&self) -> Option<String> {
        let path = module_path(&self.store.address);
        let index = self
            .outcome
            .repairs
            .keys
            .get_or_init(|| nameable(&self.outcome.keys));
        let of_module = index.get(&(self.store.target.clone(), path.into()))?;
        let keys = || of_module.iter().map(|i| &self.outcome.keys[*i]);
        let good = |k: &&KeyFacts| {
            *k.ty == *self.key.r#type
                && k.variable_set == self.store.variable_set
                && self.same_place(k)
        };
        let named = format!("{path}{}.{}", self.key.r#type, self.block.name);
        let key = keys()
            .find(|k| *k.address == *named && good(k))
            .or_else(|| keys().find(good))?;
        Some(key.address[path.len()..].to_owned())
    }

    /// Whether a key is where the store is: by the codes, else by the same provider configuration.
    fn same_place(&self, key: &KeyFacts) -> bool {
        let regions = |l: &crate::extract::facts::Location| {
            let mut codes: Vec<String> = l
                .alternatives
                .iter()
                .flat_map(|a| &a.regions)
                .map(|r| r.code.to_lowercase())
                .collect();
            codes.sort();
            codes.dedup();
            codes
        };
        let (ours, theirs) = (&self.store.location, &key.location);
        match (ours.state(), theirs.state()) {
            ("known", "known") => regions(ours) == regions(theirs),
            ("unknown", "unknown") | ("one-of", "one-of") => {
                let Some((_, block)) = self.outcome.block(key.place) else {
                    return false;
                };
                let sources = &self.outcome.project.sources;
                // By what a row says about places, both are where their provider is.
                !self.key.takes_over.is_empty()
                    && block.provider.key == self.block.provider.key
                    && self.key.takes_over.iter().all(|name| {
                        self.written(name).is_none()
                            && block.body.attribute(sources, name).is_none()
                    })
            }
            _ => false,
        }
    }

    /// A name that no resource of the module has that would be added.
    fn free_name(&self, added: &str) -> Option<String> {
        let body: Body = added.parse().ok()?;
        let types: Vec<String> = body
            .blocks()
            .filter_map(|b| Some(b.labels().first()?.as_str().to_owned()))
            .collect();
        let base = &*self.block.name;
        let taken = |name: &str| {
            let has = |ty: &String| {
                let index = (Mode::Managed, Arc::from(ty.as_str()), Arc::from(name));
                self.module.resource_index.contains_key(&index)
            };
            types.iter().any(has)
        };
        [base.to_owned(), format!("{base}_key")]
            .into_iter()
            .chain((2..100).map(|i| format!("{base}_key_{i}")))
            .find(|name| !taken(name))
    }
}

/// What stands for the words of a template.
#[derive(Clone)]
struct Names {
    itself: String,
    key: String,
    name: String,
    place: Option<String>,
}

impl Names {
    /// A template with its words filled in. All of them are addresses, names and codes: none can end a
    /// text or begin another block.
    fn body(&self, template: &str) -> Option<Body> {
        static WORDS: OnceLock<Option<Regex>> = OnceLock::new();
        let words = WORDS.get_or_init(|| Regex::new("SELF|KEY|NAME|PLACE").ok());
        if template.contains("PLACE") && self.place.is_none() {
            return None;
        }
        let filled = words
            .as_ref()?
            .replace_all(template, |found: &regex::Captures<'_>| match &found[0] {
                "SELF" => self.itself.clone(),
                "KEY" => self.key.clone(),
                "NAME" => self.name.clone(),
                _ => self.place.clone().unwrap_or_default(),
            });
        filled.parse().ok()
    }

    fn blocks(&self, template: &str) -> Option<Vec<Block>> {
        Some(self.body(template)?.into_blocks().collect())
    }
}

/// The `=` of arguments on lines that follow each other stand below each other, as `terraform fmt` puts
/// them.
fn aligned(text: &str) -> String {
    fn argument(line: &str) -> Option<(&str, &str)> {
        let (name, value) = line.split_once(" = ")?;
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let good = name.trim_start().chars().all(word) && !value.ends_with(['{', '[', '(']);
        good.then_some((name, value))
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len());
    for run in lines.chunk_by(|a, b| argument(a).is_some() == argument(b).is_some()) {
        let longest = run.iter().filter_map(|l| Some(argument(l)?.0.len())).max();
        for line in run {
            match (argument(line), longest) {
                (Some((name, value)), Some(longest)) => {
                    out.push_str(&format!("{name:longest$} = {value}"));
                }
                _ => out.push_str(line),
            }
            out.push('\n');
        }
    }
    out
}

/// `module.a["x"].` of an address; empty for the root module.
fn module_path(address: &str) -> &str {
    let mut at = 0;
    while address[at..].starts_with("module.") {
        let (mut quoted, mut escaped) = (false, false);
        let mut dots = 0;
        let end = address[at..].find(|c: char| {
            if quoted {
                (quoted, escaped) = (escaped || c != '"', !escaped && c == '\\');
            } else if c == '"' {
                quoted = true;
            } else if c == '.' {
                dots += 1;
            }
            dots == 2
        });
        match end {
            Some(end) => at += end + 1,
            None => break,
        }
    }
    &address[..at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_aligned_and_blocks_stay() {
        assert_eq!(
            aligned("a {\n  b = 1\n  long = [\n    1\n  ]\n  c = \"x = y\"\n  de = 2\n}\n"),
            "a {\n  b = 1\n  long = [\n    1\n  ]\n  c  = \"x = y\"\n  de = 2\n}\n"
        );
    }

    #[test]
    fn the_module_of_an_address() {
        assert_eq!(module_path("aws_x.a"), "");
        assert_eq!(module_path("module.a.aws_x.b[\"module.c.d\"]"), "module.a.");
        assert_eq!(
            module_path("module.a[\"x.\\\"y\"].module.b[0].aws_x.b"),
            "module.a[\"x.\\\"y\"].module.b[0]."
        );
    }

    #[test]
    fn every_template_parses_with_its_words_and_says_what_it_needs() {
        let names = Names {
            itself: "some_type.name".into(),
            key: "some_key.name".into(),
            name: "name".into(),
            place: Some("place-1".into()),
        };
        let catalog = Catalog::builtin();
        let mut templates = 0;
        for ty in catalog.names() {
            let row = catalog.row(ty).expect("it is there");
            for r in &row.repairs {
                let provider = catalog.provider(ty).expect("a type has a provider");
                let key = provider.proposed_key.as_ref().expect("and it a key");
                for text in [&r.inside, &r.beside, &key.new] {
                    let body = names.body(text).unwrap_or_else(|| panic!("{ty}: {text}"));
                    let written = hcl::format::to_string(&body).expect("it is written");
                    let tree = crate::load::syntax::parse_native(written.as_bytes());
                    assert!(tree.errors().is_empty(), "{ty}: {written}");
                }
                assert!(
                    r.has.is_some()
                        || std::ptr::eq(r, &raw const row.repairs[row.repairs.len() - 1])
                );
                templates += 1;
            }
        }
        assert!(templates >= 14, "{templates}");
    }
}
