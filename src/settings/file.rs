//! sekisho.toml as it is written: the tables, their keys, what may stand in them.
//!
//! The comments here are what an editor shows (schema/sekisho-toml.json is made from them) and what
//! docs/settings.md says at more length. Not here: what the settings of nested files come to together
//! (`resolved.rs`).

use super::own::{OwnRows, OwnRule};
use super::reading::{Any, At, Day, Map, Mistake, Node, Read, Reading, Whole, span, tables, words};
use crate::diagnostic::{Level, Message};
use crate::load::syntax::{Given, Plain, Span};
use crate::messages::Lang;
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

tables! {
    /// Settings of sekisho: found upwards from each root module up to the boundary; the nearer file wins.
    pub struct File {
        /// The policies to judge by; per rule the strictest level wins. Default: baseline.
        "profiles" => profiles: Texts,
        /// Language of texts: en or ja. Default: that of the locale.
        "lang" => lang: LangWord,
        /// The lowest level of findings that makes exit code 1. Default: error.
        "fail-on" => fail_on: LevelWord,
        /// The highest level of findings about what could not be determined. Default: error.
        "undetermined" => undetermined: LevelWord,
        /// Where data may rest.
        "residency" => residency: Residency,
        /// What belongs to the organisation.
        "own" => own: Own,
        /// What is assumed where nothing else says it; the output names it.
        "assume" => assume: Assume,
        /// Data classes of stores; of the entries the first that matches counts.
        "classify" => classify: Vec<At<Whole<Classify>>>,
        /// Whether values files near a root module without a target of its own make variable sets: given (no) or auto. Default: given.
        "variable-sets" => variable_sets: SetsWord,
        /// Variable sets: a root module is judged once with each of its sets.
        "target" => target: Vec<At<Target>>,
        /// Where the content of a module source lies: source to directory, relative to this file; each * of the source is filled in for one of the directory.
        "modules" => modules: Map<String>,
        /// Findings that are accepted, with the reason.
        "ignore" => ignore: Vec<At<Whole<Ignore>>>,
        /// Levels of single rules, in place of the profiles'.
        "levels" => levels: Map<RuleLevel>,
        /// Own rules, in the words of rules.toml.
        "rule" => rule: Vec<At<OwnRule>>,
        /// Own catalog rows, in the words of catalog/; a row for a type that has one takes its place.
        "type" => types: OwnRows,
    }

    /// Where data may rest.
    pub struct Residency {
        /// Countries where data may rest (ISO 3166-1 alpha-2). Default: JP.
        "home" => home: Vec<At<Country>>,
        /// Regions that are accepted besides, as PROVIDER:REGION.
        "accepted-regions" => accepted_regions: Texts,
        /// Countries where data must never be, for export control. Default: none.
        "countries-of-concern" => countries_of_concern: Vec<At<Country>>,
        /// The day on which the list of countries of concern was looked at.
        "countries-of-concern-as-of" => as_of: Day,
    }

    /// What belongs to the organisation.
    pub struct Own {
        /// AWS account ids; * stands for anything.
        "aws-accounts" => aws_accounts: Texts,
        /// Google Cloud project ids; * stands for anything.
        "google-projects" => google_projects: Texts,
        /// Google Workspace and Cloud Identity domains of one's own people; without any, people are not asked about.
        "google-domains" => google_domains: Texts,
        /// Azure tenant ids.
        "azure-tenants" => azure_tenants: Texts,
        /// Azure subscription ids.
        "azure-subscriptions" => azure_subscriptions: Texts,
        /// Keys of others that are as good as own ones (ARN or resource id; * stands for anything).
        "trusted-keys" => trusted_keys: Texts,
    }

    /// What is assumed where nothing else says it.
    pub struct Assume {
        /// The region of a provider whose configuration names none, by provider.
        "region" => region: Map<String>,
        /// Whether `AWS_REGION` and the like count. Default: false.
        "environment" => environment: bool,
    }

    /// A data class, and the stores that have it: all conditions must hold, of the values of one condition any.
    pub struct Classify {
        /// The class.
        "class" must => class: ClassWord,
        /// Marks of the class.
        "marks" => marks: Vec<At<MarkWord>>,
        /// Tags or labels, the provider's default ones included: each key with the values that count; "*" is any value.
        "tags" => tags: Map<Any>,
        /// Resource types; * stands for anything.
        "types" => types: Any,
        /// Categories of the catalog: secret-store, database, object-store, …
        "categories" => categories: Any,
        /// The resource's own name argument, or the name of its block; * stands for anything.
        "names" => names: Any,
        /// Addresses; * stands for anything but a dot, ** for anything.
        "addresses" => addresses: Any,
        /// Files or directories of root modules, relative to this file; * stands for anything but a slash, ** for anything.
        "paths" => paths: Any,
    }

    /// A set of values with which a root module is judged.
    pub struct Target {
        /// The directory of the root module, relative to this file. Default: that of this file.
        "root" => root: String,
        /// The name of the set.
        "name" must => name: String,
        /// Files of values, relative to the root.
        "var-files" => var_files: Texts,
        /// Values of variables.
        "vars" => vars: Map<Given>,
        /// The workspace that is selected.
        "workspace" => workspace: String,
        /// Settings of the backend: files, relative to the root, or KEY=VALUE.
        "backend-config" => backend_config: Texts,
    }

    /// Findings that are accepted: of these rules, where all conditions hold.
    pub struct Ignore {
        /// The rules.
        "rules" must => rules: Any,
        /// Addresses; * stands for anything but a dot, ** for anything.
        "addresses" => addresses: Any,
        /// Files or directories of root modules, relative to this file; * stands for anything but a slash, ** for anything.
        "paths" => paths: Any,
        /// Resource types; * stands for anything.
        "types" => types: Any,
        /// Data classes.
        "classes" => classes: Vec<At<ClassWord>>,
        /// Why; without a reason nothing is ignored.
        "reason" => reason: String,
        /// The last day on which it counts.
        "until" => until: Day,
        /// Who answers for it.
        "owner" => owner: String,
    }
}

words! {
    /// A language.
    pub enum LangWord { En = "en", Ja = "ja", }
    /// A level of findings.
    pub enum LevelWord { Note = "note", Warning = "warning", Error = "error", }
    /// A level of a rule.
    pub enum RuleLevel { Off = "off", Note = "note", Warning = "warning", Error = "error", }
    /// Where variable sets come from.
    pub enum SetsWord { Given = "given", Auto = "auto", }
    /// A data class, the strictest last.
    pub enum ClassWord {
        Public = "public",
        Internal = "internal",
        Protected = "protected",
        Personal = "personal",
        Controlled = "controlled",
        Credentials = "credentials",
    }
    /// A mark of a data class.
    pub enum MarkWord { Medical = "medical", MyNumber = "my-number", }
}

/// A list of texts.
pub type Texts = Vec<At<String>>;

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Level {
        match word {
            LevelWord::Note => Level::Note,
            LevelWord::Warning => Level::Warning,
            LevelWord::Error => Level::Error,
        }
    }
}

impl From<RuleLevel> for Level {
    fn from(word: RuleLevel) -> Level {
        match word {
            RuleLevel::Off => Level::Off,
            RuleLevel::Note => Level::Note,
            RuleLevel::Warning => Level::Warning,
            RuleLevel::Error => Level::Error,
        }
    }
}

impl From<LangWord> for Lang {
    fn from(word: LangWord) -> Lang {
        match word {
            LangWord::En => Lang::En,
            LangWord::Ja => Lang::Ja,
        }
    }
}

/// A country's code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Country(pub String);

impl Read for Country {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Country> {
        let text = String::read(node, out)?;
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Some(Country(text));
        }
        let upper = text.to_uppercase();
        let near = upper.len() == 2 && upper.bytes().all(|b| b.is_ascii_uppercase());
        let help = near.then(|| Message::new("settings.did-you-mean").arg(upper));
        let message = Message::new("settings.country").arg(text);
        out.say(span(node.span()), message, help);
        None
    }
    fn schema() -> Value {
        json!({"type": "string", "pattern": "^[A-Z]{2}$"})
    }
}

/// A value for a variable.
impl Read for Given {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Given> {
        let value = match node.get_ref() {
            DeValue::String(text) => Plain::Text(text.to_string()),
            DeValue::Boolean(yes) => Plain::Bool(*yes),
            DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix())
            {
                Ok(n) => Plain::Number(n.to_string()),
                Err(_) => return out.no_value(node),
            },
            DeValue::Float(number) => {
                let text = number.as_str().trim_start_matches('+');
                // Terraform has neither infinity nor NaN.
                if text.parse::<f64>().is_ok_and(f64::is_finite) {
                    Plain::Number(text.to_owned())
                } else {
                    return out.no_value(node);
                }
            }
            DeValue::Datetime(_) => return out.no_value(node),
            DeValue::Array(items) => {
                Plain::List(items.iter().filter_map(|i| Given::read(i, out)).collect())
            }
            DeValue::Table(_) => {
                let Map(entries) = Map::<Given>::read(node, out)?;
                let entry =
                    |(key, value): (At<String>, At<Given>)| (key.value, key.span, value.value);
                Plain::Object(entries.into_iter().map(entry).collect())
            }
        };
        let span = span(node.span());
        Some(Given { value, span })
    }
    fn schema() -> Value {
        json!({})
    }
}

impl Reading {
    fn no_value<T>(&mut self, node: &Node<'_>) -> Option<T> {
        self.expected(node, "value");
        None
    }
}

/// What a text says, and what is wrong with it: whatever could be read is there.
pub fn read(text: &str) -> (File, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut out = Reading::default();
    let mut broken: Vec<usize> = Vec::new();
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let range = range.start.min(text.len())..range.end.min(text.len());
        let at = line(text, range.start);
        // The first one of a line counts; the others follow from it.
        if broken.contains(&at) {
            continue;
        }
        broken.push(at);
        let message = Message::new("settings.syntax").arg(error.message());
        out.say(span(range), message, None);
    }
    let whole = table.span();
    let node = Spanned::new(whole, DeValue::Table(table.into_inner()));
    let syntax = std::mem::take(&mut out.mistakes);
    let file = File::read(&node, &mut out).unwrap_or_default();
    // What is read of a broken line is a guess: nobody wants to hear what is wrong with that.
    out.mistakes
        .retain(|m| !broken.contains(&line(text, m.span.start as usize)));
    out.mistakes.extend(syntax);
    out.mistakes
        .sort_by_key(|m| (m.span.start, m.span.end, m.message.clone()));
    (file, out.mistakes)
}

fn line(text: &str, offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count()
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    let mut out = File::schema();
    out["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    out["title"] = json!("sekisho.toml");
    out
}

impl File {
    /// The values for variables that its `[[target]]`s give, with the number of each one's target.
    pub fn values(&self) -> Vec<(usize, (String, Span, Given))> {
        let targets = self.target.iter().flat_map(|t| &t.value).enumerate();
        targets
            .flat_map(|(number, target)| {
                let vars = target.value.vars.iter().flat_map(|v| &v.value.0);
                vars.map(move |(name, value)| {
                    (number, (name.value.clone(), name.span, value.value.clone()))
                })
            })
            .collect()
    }
}
