//! One module directory: its blocks sorted by kind, overriding files laid over the others.
//!
//! As Terraform does it: the files in lexical order, of two blocks with one name the first counts and
//! the second is an error; then the overriding files in lexical order, each block laid over the one
//! it names. What Terraform refuses is a diagnostic here and the rest goes on.

use super::constant::Constants;
use super::project::{
    Backend, Body, Local, Mode, Module, ModuleCall, Named, ProviderBlock, ProviderKey, ProviderUse,
    RequiredProvider, Resource, Variable,
};
use super::syntax::{Block, Item, Span, Tree};
use super::words;
use crate::diagnostic::{Code, Diagnostic, Message};
use crate::source::{FileId, Place, Sources};
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What a block is found by: kind, labels. `provider` has its alias as second label.
type Key = (&'static str, Arc<str>, Arc<str>);

/// A block with its layers, before its kind is looked at.
#[derive(Debug)]
struct Layered {
    key: Key,
    body: Body,
    place: Place,
    span: Span,
}

/// Builds the module of a directory from its files, the overriding ones last.
pub(super) fn build(
    sources: &Sources,
    dir: PathBuf,
    shown: Arc<str>,
    files: &[(FileId, bool)],
) -> (Module, Vec<Diagnostic>) {
    let mut builder = Builder {
        sources,
        blocks: Vec::new(),
        index: FxHashMap::default(),
        locals: Vec::new(),
        local_index: FxHashMap::default(),
        required: Vec::new(),
        required_at: None,
        backend: None,
        diagnostics: Vec::new(),
    };
    for &(file, overriding) in files {
        builder.file(file, overriding);
    }
    let files = files.iter().map(|&(file, _)| file).collect();
    builder.finish(dir, shown, files)
}

struct Builder<'s> {
    sources: &'s Sources,
    blocks: Vec<Layered>,
    index: FxHashMap<Key, u32>,
    locals: Vec<Local>,
    local_index: FxHashMap<Arc<str>, u32>,
    required: Vec<RequiredProvider>,
    required_at: Option<Place>,
    backend: Option<Backend>,
    diagnostics: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn file(&mut self, file: FileId, overriding: bool) {
        let tree = self.sources.tree(file);
        for item in tree.items(tree.root()) {
            match item {
                Item::Block(block) => self.block(file, &block, overriding),
                Item::Attribute(a) => self.say(
                    Message::new("load.argument-at-top").arg(a.name),
                    Place {
                        file,
                        span: a.name_span,
                    },
                    "load.help-argument-at-top",
                ),
            }
        }
    }

    fn block(&mut self, file: FileId, block: &Block<'_>, overriding: bool) {
        let (kind, labels) = match block.kind {
            "resource" => ("resource", 2),
            "data" => ("data", 2),
            "ephemeral" => ("ephemeral", 2),
            "variable" => ("variable", 1),
            "output" => ("output", 1),
            "module" => ("module", 1),
            "provider" => ("provider", 1),
            "locals" => return self.locals(file, block, overriding),
            "terraform" => return self.terraform(file, block, overriding),
            "check" => {
                // A check may have data sources of its own; they are read like any other.
                for inner in block.blocks("data") {
                    self.block(file, &inner, overriding);
                }
                return;
            }
            // What moves, forgets or imports keeps nothing.
            "moved" | "removed" | "import" | "action" => return,
            other => {
                let place = Place {
                    file,
                    span: block.kind_span,
                };
                let message = Message::new("load.block-unknown").arg(other);
                return self.say(message, place, "load.help-block-unknown");
            }
        };
        let place = Place {
            file,
            span: block.header,
        };
        if block.labels().len() != labels {
            let message = Message::new("load.block-labels")
                .arg(kind)
                .arg(labels.to_string());
            return self.say(message, place, "load.help-block-labels");
        }
        let label = |i| Arc::<str>::from(block.label(i).unwrap_or_default());
        let second = match kind {
            "provider" => block
                .attribute("alias")
                .and_then(|a| words::literal(self.sources.tree(file), a.value))
                .map_or_else(|| Arc::from(""), Arc::from),
            _ if labels == 2 => label(1),
            _ => Arc::from(""),
        };
        let key = (kind, label(0), second);
        match (self.index.get(&key), overriding) {
            (Some(&at), true) => {
                let layers = &mut self.blocks[at as usize].body.layers;
                layers.push((file, block.body));
            }
            (Some(&at), false) => {
                let first = self.blocks[at as usize].place;
                self.twice(&described(&key), first, place);
            }
            // An absent default configuration of a provider is an empty one, which can be overridden.
            (None, true) if kind != "provider" || !key.2.is_empty() => {
                self.say(
                    Message::new("load.override-missing").arg(described(&key)),
                    place,
                    "load.help-override-missing",
                );
            }
            (None, _) => {
                self.index.insert(key.clone(), self.blocks.len() as u32);
                self.blocks.push(Layered {
                    key,
                    body: Body::of(file, block.body),
                    place,
                    span: block.span,
                });
            }
        }
    }

    fn locals(&mut self, file: FileId, block: &Block<'_>, overriding: bool) {
        for a in self.sources.tree(file).attributes(block.body) {
            let name: Arc<str> = a.name.into();
            let new = Local {
                name: Arc::clone(&name),
                file,
                value: a.value,
                span: a.span,
            };
            let place = Place {
                file,
                span: a.name_span,
            };
            match (self.local_index.get(&name), overriding) {
                (Some(&at), true) => self.locals[at as usize] = new,
                (Some(&at), false) => {
                    let first = &self.locals[at as usize];
                    let first = Place {
                        file: first.file,
                        span: first.span,
                    };
                    self.twice(&format!("local.{name}"), first, place);
                }
                (None, true) => self.say(
                    Message::new("load.override-missing").arg(format!("local.{name}")),
                    place,
                    "load.help-override-missing",
                ),
                (None, false) => {
                    self.local_index.insert(name, self.locals.len() as u32);
                    self.locals.push(new);
                }
            }
        }
    }

    fn terraform(&mut self, file: FileId, block: &Block<'_>, overriding: bool) {
        let tree = self.sources.tree(file);
        for inner in tree.blocks(block.body) {
            let place = Place {
                file,
                span: inner.header,
            };
            match inner.kind {
                "required_providers" => {
                    if let (Some(first), false) = (self.required_at, overriding) {
                        self.twice("required_providers", first, place);
                    }
                    self.required_at.get_or_insert(place);
                    self.required_providers(file, &inner, overriding);
                }
                "backend" | "cloud" => {
                    if let (Some(first), false) = (&self.backend, overriding) {
                        let first = first.place;
                        self.twice("backend", first, place);
                        continue;
                    }
                    let ty = if inner.kind == "cloud" {
                        Arc::from("cloud")
                    } else {
                        Arc::from(inner.label(0).unwrap_or_default())
                    };
                    // Overriding replaces it whole: half of an old place would be no place.
                    self.backend = Some(Backend {
                        ty,
                        body: Body::of(file, inner.body),
                        place,
                    });
                }
                _ => {}
            }
        }
    }

    fn required_providers(&mut self, file: FileId, block: &Block<'_>, overriding: bool) {
        let tree = self.sources.tree(file);
        for a in tree.attributes(block.body) {
            let mut new = RequiredProvider {
                name: a.name.into(),
                source: format!("hashicorp/{}", a.name).into(),
                // The old form has only the version.
                version: words::literal(tree, a.value).map(Into::into),
                aliases: Vec::new(),
            };
            if a.name == "terraform" {
                new.source = "terraform.io/builtin/terraform".into();
            }
            for (key, value) in words::entries(tree, a.value) {
                match words::literal(tree, key).as_deref() {
                    Some("source") => {
                        if let Some(source) = words::literal(tree, value) {
                            new.source = source.into();
                        }
                    }
                    Some("version") => {
                        new.version = words::literal(tree, value).map(Into::into);
                    }
                    Some("configuration_aliases") => {
                        new.aliases = words::elements(tree, value)
                            .iter()
                            .filter_map(|&n| words::provider(tree, n))
                            .collect();
                    }
                    _ => {}
                }
            }
            match self.required.iter_mut().find(|r| r.name == new.name) {
                Some(have) if overriding => *have = new,
                Some(_) => {}
                None => self.required.push(new),
            }
        }
    }

    fn say(&mut self, message: Message, place: Place, help: &str) {
        self.diagnostics.push(
            Diagnostic::new(Code::EvaluationError, message)
                .at(place)
                .help(Message::new(help)),
        );
    }

    fn twice(&mut self, what: &str, first: Place, second: Place) {
        let line = self.sources.lines(first).line;
        let first = format!("{}:{line}", self.sources.file(first.file).shown);
        self.say(
            Message::new("load.declared-twice").arg(what).arg(first),
            second,
            "load.help-declared-twice",
        );
    }

    fn finish(
        self,
        dir: PathBuf,
        shown: Arc<str>,
        files: Vec<FileId>,
    ) -> (Module, Vec<Diagnostic>) {
        let mut module = Module {
            dir,
            shown,
            files,
            variables: Vec::new(),
            locals: self.locals,
            outputs: Vec::new(),
            resources: Vec::new(),
            calls: Vec::new(),
            providers: Vec::new(),
            required: self.required,
            backend: self.backend,
            variable_index: FxHashMap::default(),
            local_index: self.local_index,
            output_index: FxHashMap::default(),
            call_index: FxHashMap::default(),
            resource_index: FxHashMap::default(),
            incomplete: false,
        };
        for block in self.blocks {
            sort_in(&mut module, self.sources, block);
        }
        (module, self.diagnostics)
    }
}

fn sort_in(module: &mut Module, sources: &Sources, block: Layered) {
    let Layered {
        key: (kind, first, second),
        body,
        place,
        span,
    } = block;
    let text = |name: &str| -> Option<Arc<str>> {
        let (file, a) = body.attribute(sources, name)?;
        words::literal(sources.tree(file), a.value).map(Into::into)
    };
    match kind {
        "variable" => {
            let required = body.attribute(sources, "default").is_none();
            let at = module.variables.len() as u32;
            module.variable_index.insert(Arc::clone(&first), at);
            module.variables.push(Variable {
                name: first,
                body,
                place,
                required,
            });
        }
        "output" => {
            let at = module.outputs.len() as u32;
            module.output_index.insert(Arc::clone(&first), at);
            module.outputs.push(Named {
                name: first,
                body,
                place,
            });
        }
        "module" => {
            let at = module.calls.len() as u32;
            module.call_index.insert(Arc::clone(&first), at);
            module.calls.push(ModuleCall {
                name: first,
                source: text("source").unwrap_or_default(),
                composed: false,
                version: text("version"),
                local: None,
                missing: None,
                providers: handed_over(sources, &body),
                body,
                place,
            });
        }
        "provider" => module.providers.push(ProviderBlock {
            key: ProviderKey {
                name: first,
                alias: (!second.is_empty()).then_some(second),
            },
            body,
            place,
        }),
        _ => {
            let mode = match kind {
                "data" => Mode::Data,
                "ephemeral" => Mode::Ephemeral,
                _ => Mode::Managed,
            };
            let provider = body
                .attribute(sources, "provider")
                .and_then(|(file, a)| words::provider_use(sources.tree(file), file, a.value))
                .unwrap_or_else(|| ProviderUse {
                    key: ProviderKey {
                        name: words::provider_of_type(&first).into(),
                        alias: None,
                    },
                    instance: None,
                });
            let at = module.resources.len() as u32;
            module
                .resource_index
                .insert((mode, Arc::clone(&first), Arc::clone(&second)), at);
            module.resources.push(Resource {
                mode,
                ty: first,
                name: second,
                body,
                place,
                span,
                provider,
            });
        }
    }
}

/// The sources of calls that are more than a literal text.
pub(super) fn compose_sources(module: &mut Module, sources: &Sources, defaults: bool) {
    let trees: Vec<&Tree> = module.files.iter().map(|&f| sources.tree(f)).collect();
    let constants = Constants {
        trees: &trees,
        defaults,
    };
    for call in module.calls.iter_mut().filter(|c| c.source.is_empty()) {
        let Some((file, a)) = call.body.attribute(sources, "source") else {
            continue;
        };
        let tree = sources.tree(file);
        match constants.text(tree, a.value) {
            Some(text) => call.source = text.into(),
            None => {
                call.source = tree.text(tree.span(a.value)).into();
                call.composed = true;
            }
        }
    }
}

/// `providers = { child = parent }` of a module call; the old list form is gone since 0.11.
fn handed_over(sources: &Sources, body: &Body) -> Vec<(ProviderKey, ProviderUse)> {
    let Some((file, a)) = body.attribute(sources, "providers") else {
        return Vec::new();
    };
    let tree = sources.tree(file);
    words::entries(tree, a.value)
        .filter_map(|(child, parent)| {
            Some((
                words::provider(tree, child)?,
                words::provider_use(tree, file, parent)?,
            ))
        })
        .collect()
}

/// A block as people write its address.
fn described((kind, first, second): &Key) -> String {
    match *kind {
        "resource" => format!("{first}.{second}"),
        "variable" => format!("var.{first}"),
        "data" | "ephemeral" => format!("{kind}.{first}.{second}"),
        "provider" if !second.is_empty() => format!("provider.{first}.{second}"),
        _ => format!("{kind}.{first}"),
    }
}
