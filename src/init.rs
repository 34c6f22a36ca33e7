//! `sekisho init`: a commented sekisho.toml from what is found in a directory.
//!
//! What is sure to be meant (a values file stands for a variable set) is written as a setting; what
//! somebody has to decide (which accounts are own ones, which region to assume) as a comment.

use crate::catalog::Catalog;
use crate::cli::Init;
use crate::diagnostic::Message;
use crate::discover::{Boundaries, Near, NearSet};
use crate::load::syntax::Expr;
use crate::messages::{Lang, Words};
use crate::report::Outcome;
use crate::settings::found::{NAME, Which};
use crate::settings::{Environment, Input, Question, Settings};
use crate::source::shown;
use crate::{Exit, complain, examine, on_own_threads, policy_of, to_stdout};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

/// What was found.
#[derive(Debug, Default)]
struct Found {
    /// Roots that are applied, as shown from the directory.
    roots: Vec<String>,
    /// Root, name, files of values, files of backend settings.
    sets: Vec<(String, String, Vec<String>, Vec<String>)>,
    /// Provider to number of stores and keys.
    providers: BTreeMap<String, usize>,
    /// Twelve digits that stand where an account stands.
    accounts: BTreeSet<String>,
    /// Project and subscription ids of provider configurations, by attribute.
    named: BTreeMap<&'static str, BTreeSet<String>>,
    /// Providers of stores whose region nothing says, with a region at home.
    regions: BTreeMap<String, String>,
}

/// Does what was typed.
pub fn run(typed: &Init, env: &Environment) -> Exit {
    let lang = typed.lang.map_or_else(|| env.lang(), Lang::from);
    let words = Words::new(lang);
    let dir = env.current_dir.join(&typed.dir);
    let path = dir.join(NAME);
    let as_shown = shown(&path, &env.current_dir);
    if !typed.force && path.symlink_metadata().is_ok() {
        complain(&words, &Message::new("init.there-already").arg(as_shown));
        return Exit::NotJudged;
    }
    let input = Input {
        current_dir: env.current_dir.clone(),
        paths: vec![typed.dir.clone()],
        ..Input::default()
    };
    let settings = Settings {
        which: Which::None,
        ..Settings::plain(Question::Register, input)
    };
    let outcome = on_own_threads(|| examine(&settings, &policy_of(&settings)));
    let real = dir.canonicalize().unwrap_or(dir);
    let found = Found::of(&outcome, &real);
    let text = found.text(&words);
    let open = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .create_new(!typed.force)
        .open(&path);
    let written = open.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    if let Err(error) = written {
        let key = if error.kind() == ErrorKind::AlreadyExists {
            "init.there-already"
        } else {
            "report.not-written"
        };
        let message = Message::new(key).arg(as_shown).arg(error.to_string());
        complain(&words, &message);
        return Exit::NotJudged;
    }
    let said = found.said(&words, &as_shown);
    match to_stdout(|out| out.write_all(said.as_bytes())) {
        Ok(()) => Exit::Clean,
        Err(_) => Exit::NotJudged,
    }
}

impl Found {
    fn of(outcome: &Outcome, dir: &Path) -> Found {
        let mut out = Found::default();
        let project = &outcome.project;
        for root in project.roots.iter().filter(|r| !r.reusable) {
            out.root(&project.module(root.module).dir, dir, &project.boundaries);
        }
        for module in &project.modules {
            for provider in &module.providers {
                for attribute in ["project", "subscription_id", "tenant_id"] {
                    let found = provider.body.attribute(&project.sources, attribute);
                    let Some((file, a)) = found else { continue };
                    if let Expr::Text(text) = project.sources.tree(file).expr(a.value) {
                        let known = out.named.entry(attribute).or_default();
                        known.insert(text.decode().into_owned());
                    }
                }
            }
        }
        if let Ok(account) = Regex::new(r#"arn:[a-z-]+:[^:"\s]*:[^:"\s]*:(\d{12}):|"(\d{12})""#) {
            for file in &project.sources.files {
                for found in account.captures_iter(file.tree.source()) {
                    let digits = found.get(1).or_else(|| found.get(2));
                    out.accounts.extend(digits.map(|d| d.as_str().to_owned()));
                }
            }
        }
        let words = Catalog::builtin().provider_words();
        let short = |source: &str| source.rsplit('/').next().unwrap_or(source).to_owned();
        let keys = outcome.keys.iter().map(|k| (&k.provider, &k.location));
        let stores = outcome.stores.iter().map(|s| (&s.provider, &s.location));
        for (provider, location) in stores.chain(keys) {
            let provider = short(provider);
            *out.providers.entry(provider.clone()).or_default() += 1;
            let unsaid = location.why.as_ref().is_some_and(|why| {
                matches!(&*why.key, "why.provider-no-region" | "why.provider-none")
            });
            if location.state() == "unknown" && unsaid {
                let known = words.iter().find(|(word, _)| *word == provider);
                let table = known.and_then(|(_, p)| p.regions.clone());
                let region = table
                    .and_then(|t| Catalog::builtin().regions(&t))
                    .and_then(|t| t.first_in("JP"));
                if let Some(region) = region {
                    out.regions.insert(provider, region);
                }
            }
        }
        out
    }

    fn root(&mut self, root_dir: &Path, dir: &Path, boundaries: &Boundaries) {
        let name = shown(root_dir, dir);
        self.roots.push(name.clone());
        for set in Near::of(root_dir, boundaries).sets(&|_| true) {
            let NearSet {
                name: set,
                var_files,
                backends,
            } = set;
            self.sets.push((name.clone(), set, var_files, backends));
        }
    }

    fn text(&self, words: &Words) -> String {
        let mut out = String::new();
        let say = |key: &str| words.say(&Message::new(key));
        comment(&mut out, &say("init.head"));
        out.push('\n');
        comment(&mut out, &say("init.profiles"));
        out.push_str("profiles = [\"baseline\"]\n\n");
        comment(&mut out, &say("init.fail-on"));
        out.push_str("# fail-on = \"error\"\n\n[residency]\n");
        comment(&mut out, &say("init.home"));
        out.push_str("home = [\"JP\"]\n# accepted-regions = []\n# countries-of-concern = []\n");

        let named = |attribute: &str| self.named.get(attribute).filter(|s| !s.is_empty());
        let own: Vec<(&str, Option<&BTreeSet<String>>)> = vec![
            (
                "aws-accounts",
                Some(&self.accounts).filter(|a| !a.is_empty()),
            ),
            ("google-projects", named("project")),
            ("azure-subscriptions", named("subscription_id")),
            ("azure-tenants", named("tenant_id")),
        ];
        out.push('\n');
        comment(&mut out, &say("init.own"));
        out.push_str("[own]\n");
        for (key, values) in own {
            if let Some(values) = values {
                let _ = writeln!(out, "# {key} = {}", list(values));
            }
        }
        if !self.regions.is_empty() {
            out.push('\n');
            comment(&mut out, &say("init.assume"));
            out.push_str("[assume]\n");
            let regions: Vec<String> = self
                .regions
                .iter()
                .map(|(provider, code)| format!("{} = {}", quoted_key(provider), quoted(code)))
                .collect();
            let _ = writeln!(out, "# region = {{ {} }}", regions.join(", "));
        }
        out.push('\n');
        comment(&mut out, &say("init.classify"));
        out.push_str(
            "# [[classify]]\n# class = \"public\"\n# tags = { DataClass = [\"public\"] }\n",
        );
        if !self.sets.is_empty() {
            out.push('\n');
            comment(&mut out, &say("init.target"));
        }
        for (root, name, files, backends) in &self.sets {
            let _ = writeln!(out, "[[target]]\nroot = {}", quoted(root));
            let _ = writeln!(out, "name = {}\nvar-files = {}", quoted(name), list(files));
            if !backends.is_empty() {
                let _ = writeln!(out, "backend-config = {}", list(backends));
            }
        }
        out.push('\n');
        comment(&mut out, &say("init.ignore"));
        out.push_str(
            "# [[ignore]]\n# rules = [\"no-backup\"]\n# addresses = [\"module.cache.**\"]\n",
        );
        out.push_str("# reason = \"\"\n# until = 2027-03-31\n");
        out
    }

    fn said(&self, words: &Words, path: &str) -> String {
        let providers: Vec<String> = self
            .providers
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let lines = [
            Message::new("init.found-roots").arg(self.roots.len().to_string()),
            Message::new("init.found-sets").arg(self.sets.len().to_string()),
            Message::new("init.found-providers").arg(providers.join(", ")),
            Message::new("init.found-accounts").arg(self.accounts.len().to_string()),
            Message::new("init.written").arg(path),
        ];
        lines.iter().fold(String::new(), |mut out, line| {
            let _ = writeln!(out, "{}", words.show(line));
            out
        })
    }
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {line}");
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn quoted_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn list<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    let all: Vec<String> = values.into_iter().map(|v| quoted(v)).collect();
    format!("[{}]", all.join(", "))
}
