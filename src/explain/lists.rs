//! The lists of rules and of types, and the pages of `docs/` made from all.

use super::SCHEMA_VERSION;
use super::basis;
use super::examples::Examples;
use super::page::{Block, Page};
use super::profile;
use super::resource::{confidence, facts, kind, without_row};
use super::rule::{self, rules, said};
use crate::catalog::Catalog;
use crate::catalog::written::InFile;
use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn word(words: &Words, key: &str) -> String {
    words.word(&format!("explain.{key}"))
}

/// The rules that some of the profiles ask (all profiles where none is named), a row each.
fn rule_rows(
    profiles: &[String],
) -> (
    Vec<&str>,
    Vec<(&'static crate::policy::rules::RuleText, Vec<&'static str>)>,
) {
    let all = rules();
    let named: Vec<&str> = if profiles.is_empty() {
        all.profiles.keys().map(String::as_str).collect()
    } else {
        profiles.iter().map(String::as_str).collect()
    };
    let mut out = Vec::new();
    for r in &all.rule {
        let levels: Vec<&'static str> = named
            .iter()
            .map(|p| r.levels.get(*p).map_or("off", |l| l.word()))
            .collect();
        if profiles.is_empty() || levels.iter().any(|l| *l != "off") {
            out.push((r, levels));
        }
    }
    (named, out)
}

/// `sekisho rules` as a page.
pub fn rules_page(profiles: &[String], words: &Words) -> Page {
    let (named, rows) = rule_rows(profiles);
    let mut page = Page {
        title: word(words, "rules"),
        ..Page::default()
    };
    let mut families: Vec<&str> = Vec::new();
    for (r, _) in &rows {
        if !families.contains(&r.family.as_str()) {
            families.push(&r.family);
        }
    }
    for family in families {
        let mut head = vec![word(words, "rule")];
        head.extend(named.iter().map(ToString::to_string));
        head.push(word(words, "title"));
        let mut table = vec![head];
        for (r, levels) in rows.iter().filter(|(r, _)| r.family == family) {
            let mut row = vec![r.id.clone()];
            row.extend(levels.iter().map(ToString::to_string));
            row.push(said(words, &r.title).to_owned());
            table.push(row);
        }
        page.section(family.to_owned(), vec![Block::Table(table)]);
    }
    page
}

/// `sekisho rules --format json`.
pub fn rules_json(profiles: &[String], words: &Words) -> Value {
    let (named, rows) = rule_rows(profiles);
    let rules: Vec<Value> = rows
        .iter()
        .map(|(r, levels)| {
            let levels: Map<String, Value> = named
                .iter()
                .zip(levels)
                .map(|(p, l)| ((*p).to_owned(), Value::from(*l)))
                .collect();
            json!({"id": r.id, "family": r.family, "title": said(words, &r.title), "levels": levels})
        })
        .collect();
    json!({"schema_version": SCHEMA_VERSION, "profiles": named, "rules": rules})
}

/// Types that a pattern names: with a row, and without.
pub struct Types {
    rows: Vec<(&'static str, InFile)>,
    without: Vec<(&'static str, Vec<&'static str>)>,
}

/// `*` stands for anything; a pattern without it is contained.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    if first.len() == pattern.len() {
        return name.contains(pattern);
    }
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let last = pieces.pop().unwrap_or("");
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Types {
    /// Those that match; all without a pattern.
    pub fn matching(pattern: Option<&str>) -> Types {
        let fits = |name: &str| pattern.is_none_or(|p| matches(p, name));
        let catalog = Catalog::builtin();
        let rows = catalog.names().into_iter().filter(|n| fits(n));
        Types {
            rows: rows
                .filter_map(|n| Some((n, catalog.in_file(n)?)))
                .collect(),
            without: without_row()
                .into_iter()
                .map(|(kind, names)| (kind, names.into_iter().filter(|n| fits(n)).collect()))
                .collect(),
        }
    }

    /// Nothing matches.
    pub fn nothing(&self) -> bool {
        self.rows.is_empty() && self.without.iter().all(|(_, names)| names.is_empty())
    }

    fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (_, w) in &self.rows {
            *kinds.entry(kind(&w.row)).or_default() += 1;
        }
        let mut out: Vec<(&'static str, usize)> = kinds.into_iter().collect();
        out.extend(
            self.without
                .iter()
                .map(|(kind, names)| (*kind, names.len())),
        );
        out
    }

    /// As a page: by provider, then how many there are of each kind, and by name (`named`) those without a row.
    pub fn page(&self, named: bool, words: &Words) -> Page {
        let mut page = Page {
            title: word(words, "catalog"),
            ..Page::default()
        };
        let mut folders: BTreeMap<&str, Vec<&(&'static str, InFile)>> = BTreeMap::new();
        for one in &self.rows {
            let folder = one.1.file.split('/').nth(1).unwrap_or("");
            folders.entry(folder).or_default().push(one);
        }
        for (folder, rows) in folders {
            let head = ["type", "kind", "category", "facts", "confidence"];
            let mut table = vec![
                head.iter()
                    .map(|h| word(words, &format!("column-{h}")))
                    .collect(),
            ];
            for (name, w) in rows {
                let source = w.row.source.as_deref().unwrap_or("");
                table.push(vec![
                    (*name).to_owned(),
                    kind(&w.row).to_owned(),
                    w.row.category.clone().unwrap_or_default(),
                    facts(&w.row).join(", "),
                    confidence(source).unwrap_or("").to_owned(),
                ]);
            }
            page.section(folder.to_owned(), vec![Block::Table(table)]);
        }
        if named {
            for (kind, names) in &self.without {
                let names = names.iter().map(ToString::to_string).collect();
                page.section(
                    word(words, &format!("kind-{kind}")),
                    vec![Block::List(names)],
                );
            }
        }
        let mut table = vec![vec![
            word(words, "column-kind"),
            word(words, "column-types"),
        ]];
        for (kind, n) in self.counts() {
            table.push(vec![kind.to_owned(), n.to_string()]);
        }
        page.section(word(words, "counts"), vec![Block::Table(table)]);
        page
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let mut types: Vec<Value> = self
            .rows
            .iter()
            .map(|(name, w)| {
                json!({
                    "type": name, "kind": kind(&w.row), "category": w.row.category, "facts": facts(&w.row),
                    "confidence": w.row.source.as_deref().and_then(confidence), "file": w.file, "line": w.line,
                })
            })
            .collect();
        for (kind, names) in &self.without {
            types.extend(names.iter().map(|n| json!({"type": n, "kind": kind})));
        }
        let counts: Map<String, Value> = self
            .counts()
            .into_iter()
            .map(|(kind, n)| (kind.to_owned(), n.into()))
            .collect();
        json!({"schema_version": SCHEMA_VERSION, "types": types, "counts": counts})
    }
}

/// The pages of `docs/` that are made: path below it, and text.
pub fn pages(examples: &Examples) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (lang, folder) in [(Lang::En, ""), (Lang::Ja, "ja/")] {
        let words = Words::new(lang);
        let made = format!("<!-- {} -->\n\n", word(&words, "made"));
        let mut index = rules_page(&[], &words);
        for (_, blocks) in &mut index.sections {
            for block in blocks {
                if let Block::Table(rows) = block {
                    for row in rows.iter_mut().skip(1) {
                        row[0] = format!("[{0}]({0}.md)", row[0]);
                    }
                }
            }
        }
        let by_document = vec![Block::Words(word(&words, "rules-by-document"))];
        index.sections.insert(0, (String::new(), by_document));
        out.push((
            format!("{folder}rules/README.md"),
            made.clone() + &index.markdown(),
        ));
        for r in &rules().rule {
            let page = rule::page(r, examples, &words);
            out.push((
                format!("{folder}rules/{}.md", r.id),
                made.clone() + &page.markdown(),
            ));
        }
        for (name, p) in &rules().profiles {
            let page = profile::page(name, p, &words);
            out.push((
                format!("{folder}profiles/{name}.md"),
                made.clone() + &page.markdown(),
            ));
        }
        let page = basis::page(&words);
        out.push((format!("{folder}basis.md"), made.clone() + &page.markdown()));
        let mut catalog = Types::matching(None).page(false, &words);
        let about = Message::new("explain.catalog-about");
        let about = vec![Block::Words(words.say(&about))];
        catalog.sections.insert(0, (String::new(), about));
        out.push((format!("{folder}catalog.md"), made + &catalog.markdown()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("bucket", "an_s3_bucket"));
        assert!(matches("an_*_bucket", "an_s3_bucket"));
        assert!(matches("*", "anything"));
        assert!(matches("*bucket", "an_s3_bucket"));
        assert!(!matches("an_*", "the_an_bucket"));
        assert!(!matches("*bucket", "bucket_policy"));
        assert!(!matches("a*b*a", "aba_b"));
    }
}
