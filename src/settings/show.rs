//! `--show-settings`: what counts for each root, as TOML, and where each word of it is from.
//!
//! Values of variables are not printed: they may be secrets.

use super::file::SetsWord;
use super::found::{Files, Loaded};
use super::reading::At;
use super::resolved::{From, Resolved, Source};
use crate::load::project::Project;
use crate::messages::Lang;
use crate::source::{line_column, shown};
use std::fmt::{Display, Write};
use std::path::Path;

/// The settings of all roots, each a TOML text below a line with its name.
pub fn all(project: &Project, files: &Files) -> String {
    let mut out = String::new();
    for root in &project.roots {
        let dir = &project.module(root.module).dir;
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "# {}", root.target);
        let resolved = files.of(dir, project.boundaries.around(dir));
        let sets: Vec<&str> = root.sets.iter().map(|s| &*s.name).collect();
        one(&mut out, &resolved, dir, &sets);
    }
    out
}

fn text(value: &str) -> String {
    toml::Value::from(value).to_string()
}

fn list<T: AsRef<str>>(values: &[T]) -> String {
    let all: Vec<String> = values.iter().map(|v| text(v.as_ref())).collect();
    format!("[{}]", all.join(", "))
}

impl Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::CommandLine(option) => f.write_str(option),
            Source::File(file, line) => write!(f, "{file}:{line}"),
        }
    }
}

fn line(out: &mut String, key: &str, value: &str, source: &Source) {
    let _ = writeln!(out, "{key} = {value} # {source}");
}

/// A list whose entries are from several places.
fn lines(out: &mut String, key: &str, all: &[From<String>]) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for entry in all {
        let _ = writeln!(out, "  {}, # {}", text(&entry.value), entry.source);
    }
    out.push_str("]\n");
}

fn level(level: crate::diagnostic::Level) -> String {
    text(&format!("{level:?}").to_lowercase())
}

fn one(out: &mut String, r: &Resolved, root: &Path, made: &[&str]) {
    line(
        out,
        "profiles",
        &list(&r.profiles.value),
        &r.profiles.source,
    );
    if let Some(lang) = &r.lang {
        let word = match lang.value {
            Lang::En => "en",
            Lang::Ja => "ja",
        };
        line(out, "lang", &text(word), &lang.source);
    }
    line(out, "fail-on", &level(r.fail_on.value), &r.fail_on.source);
    let undetermined = &r.undetermined;
    line(
        out,
        "undetermined",
        &level(undetermined.value),
        &undetermined.source,
    );

    let sets = &r.auto_sets;
    let word = if sets.value {
        SetsWord::Auto
    } else {
        SetsWord::Given
    };
    line(out, "variable-sets", &text(word.word()), &sets.source);
    if sets.value && made != ["default"] {
        let _ = writeln!(out, "# sets: {}", list(made));
    }

    out.push_str("\n[residency]\n");
    line(out, "home", &list(&r.home.value), &r.home.source);
    lines(out, "accepted-regions", &r.accepted_regions);
    let concern = &r.countries_of_concern;
    line(
        out,
        "countries-of-concern",
        &list(&concern.value),
        &concern.source,
    );
    if let Some(day) = &r.countries_of_concern_as_of {
        line(out, "countries-of-concern-as-of", &day.value, &day.source);
    }

    let own = &r.own;
    let owned = [
        ("aws-accounts", &own.aws_accounts),
        ("google-projects", &own.google_projects),
        ("google-domains", &own.google_domains),
        ("azure-tenants", &own.azure_tenants),
        ("azure-subscriptions", &own.azure_subscriptions),
        ("trusted-keys", &own.trusted_keys),
    ];
    if owned.iter().any(|(_, all)| !all.is_empty()) {
        out.push_str("\n[own]\n");
        for (key, all) in owned {
            lines(out, key, all);
        }
    }

    out.push_str("\n[assume]\n");
    for (provider, code) in &r.regions {
        let key = format!("region.{}", key(provider));
        line(out, &key, &text(&code.value), &code.source);
    }
    let environment = &r.environment;
    line(
        out,
        "environment",
        &environment.value.to_string(),
        &environment.source,
    );

    for entry in &r.classify {
        let _ = writeln!(out, "\n[[classify]] # {}", entry.source);
        let e = &entry.value;
        let _ = writeln!(out, "class = {}", text(&e.class));
        if !e.marks.is_empty() {
            let _ = writeln!(out, "marks = {}", list(&e.marks));
        }
        for (tag, values) in &e.tags {
            let _ = writeln!(out, "tags.{} = {}", key(tag), list(values));
        }
        let conditions = [
            ("types", &e.types),
            ("categories", &e.categories),
            ("names", &e.names),
            ("addresses", &e.addresses),
            ("paths", &e.paths),
        ];
        for (key, values) in conditions.into_iter().filter(|(_, v)| !v.is_empty()) {
            let _ = writeln!(out, "{key} = {}", list(values));
        }
    }
    for target in r.targets.iter().filter(|t| t.root == root) {
        let _ = writeln!(out, "\n[[target]] # {}", target.source);
        let set = &target.set;
        let _ = writeln!(out, "name = {}", text(&set.name));
        let files: Vec<String> = set.var_files.iter().map(|f| shown(f, root)).collect();
        if !files.is_empty() {
            let _ = writeln!(out, "var-files = {}", list(&files));
        }
        if !set.vars.is_empty() {
            let names: Vec<&str> = set.vars.iter().map(|(name, ..)| &**name).collect();
            let _ = writeln!(out, "# vars: {}", names.join(", "));
        }
        if let Some(workspace) = &set.workspace {
            let _ = writeln!(out, "workspace = {}", text(workspace));
        }
        if !set.backend_config.is_empty() {
            let names: Vec<String> = set
                .backend_config
                .iter()
                .map(|c| match c.split_once('=') {
                    Some((name, _)) => format!("{name}=…"),
                    None => shown(Path::new(c), root),
                })
                .collect();
            let _ = writeln!(out, "# backend-config: {}", names.join(", "));
        }
    }
    if !r.modules.is_empty() {
        out.push_str("\n[modules]\n");
        for m in &r.modules {
            let to = shown(Path::new(&m.to), root);
            let _ = writeln!(out, "{} = {}", key(&m.pattern), text(&to));
        }
    }
    for loaded in &r.files {
        ignores(out, loaded);
    }
    if !r.levels.is_empty() {
        out.push_str("\n[levels]\n");
        for (rule, l) in &r.levels {
            line(out, &key(rule), &level(l.value), &l.source);
        }
    }
    for rule in &r.rules {
        let _ = writeln!(out, "\n[[rule]] # {}", rule.source);
        let _ = writeln!(out, "id = {}", text(&rule.value.id));
    }
    for row in &r.rows {
        let name = row.value.name.value.split('.').map(key);
        let name: Vec<String> = name.collect();
        let _ = writeln!(out, "\n[type.{}] # {}", name.join("."), row.source);
    }
}

fn ignores(out: &mut String, loaded: &Loaded) {
    for at in loaded.file.ignore.iter().flat_map(|i| &i.value) {
        let (number, _) = line_column(&loaded.text, at.span.start as usize);
        let entry = &at.value.0;
        let _ = writeln!(out, "\n[[ignore]] # {}:{number}", loaded.shown);
        let lists = [
            ("rules", &entry.rules),
            ("addresses", &entry.addresses),
            ("paths", &entry.paths),
            ("types", &entry.types),
        ];
        for (key, values) in lists {
            if let Some(values) = values {
                let values: Vec<&str> = values.value.0.iter().map(|v| &*v.value).collect();
                let _ = writeln!(out, "{key} = {}", list(&values));
            }
        }
        if let Some(classes) = &entry.classes {
            let words: Vec<&str> = classes.value.iter().map(|c| c.value.word()).collect();
            let _ = writeln!(out, "classes = {}", list(&words));
        }
        let texts = |key: &str, value: Option<&At<String>>| {
            value.map(|v| format!("{key} = {}\n", text(&v.value)))
        };
        out.extend(texts("reason", entry.reason.as_ref()));
        out.extend(
            entry
                .until
                .as_ref()
                .map(|d| format!("until = {}\n", d.value.0)),
        );
        out.extend(texts("owner", entry.owner.as_ref()));
    }
}

/// A key, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        text(name)
    }
}
