//! SARIF 2.1.0, for code scanning: results with their places, rules with their help, and what went wrong
//! as notifications.
//!
//! What is not decided is a result of kind `fail` with the level that it has: SARIF's kinds for it
//! (`open`, `review`) allow no level, and consumers show results without one to nobody. The verdict
//! stands in the properties.

use super::located::{clean, escaped, in_boundary};
use super::summary;
use super::{Outcome, RuleInfo, change, help, said, way, with_sets};
use crate::diagnostic::{Change, Code, Diagnostic, Finding, Level};
use crate::exit::Exit;
use crate::messages::{Lang, Words};
use crate::settings::Settings;
use crate::source::{Place, slashed};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

/// The base of all paths: what SARIF viewers and GitHub take for the root of the work tree.
const BASE: &str = "%SRCROOT%";
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// `check --format sarif`.
pub fn check(
    out: &mut dyn Write,
    outcome: &Outcome,
    settings: &Settings,
    words: &Words,
) -> io::Result<()> {
    let log = Log {
        outcome,
        settings,
        words,
    };
    let base = words.word("sarif.base");
    let mut run = Map::new();
    run.insert("tool".into(), log.tool());
    run.insert(
        "language".into(),
        json!(match words.lang {
            Lang::En => "en",
            Lang::Ja => "ja",
        }),
    );
    run.insert("columnKind".into(), json!("unicodeCodePoints"));
    run.insert(
        "originalUriBaseIds".into(),
        json!({ BASE: { "description": text(&base) } }),
    );
    run.insert("invocations".into(), json!([log.invocation()]));
    run.insert("properties".into(), log.seen());
    write!(
        out,
        "{{\"$schema\": {},\n \"version\": \"2.1.0\",\n \"runs\": [{{",
        json!(SCHEMA)
    )?;
    for (key, value) in &run {
        write!(out, "\n  {}: {value},", json!(key))?;
    }
    // A result on a line, as in the other JSON formats.
    out.write_all(b"\n  \"results\": [")?;
    for (i, f) in outcome.findings.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        write!(out, "{comma}\n   {}", log.result(f))?;
    }
    out.write_all(if outcome.findings.is_empty() {
        b"]}]}\n"
    } else {
        b"\n  ]}]}\n"
    })
}

struct Log<'a> {
    outcome: &'a Outcome,
    settings: &'a Settings,
    words: &'a Words,
}

impl Log<'_> {
    fn tool(&self) -> Value {
        let rules: Vec<Value> = self
            .outcome
            .rules
            .iter()
            .map(|(id, rule)| self.rule(id, rule))
            .collect();
        let notifications: Vec<Value> = Code::ALL
            .iter()
            .map(|code| {
                json!({
                    "id": code.id(),
                    "defaultConfiguration": { "level": code.level().word() },
                })
            })
            .chain([json!({ "id": "seen", "defaultConfiguration": { "level": "note" } })])
            .collect();
        json!({ "driver": {
            "name": "sekisho",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
            "notifications": notifications,
            "properties": { "catalog": &*self.outcome.catalog },
        } })
    }

    fn rule(&self, id: &str, rule: &RuleInfo) -> Value {
        let word = |key: &str| self.words.word(key);
        let mut plain = format!("{}\n\n{}", rule.why, rule.help);
        let mut markdown = format!(
            "{}\n\n## {}\n\n{}\n",
            marked(&rule.why),
            word("report.help"),
            marked(&rule.help)
        );
        if !rule.basis.is_empty() {
            let _ = write!(markdown, "\n## {}\n\n", word("report.basis"));
            for b in &rule.basis {
                let _ = write!(plain, "\n\n{}", b.line());
                let _ = write!(
                    markdown,
                    "- **{} {}**",
                    marked(&b.document),
                    marked(&b.section)
                );
                if let Some(says) = &b.says {
                    let _ = write!(markdown, ": {}", marked(says));
                }
                markdown.push('\n');
            }
        }
        let mut out = json!({
            "id": id,
            "shortDescription": text(&rule.title),
            "fullDescription": text(&rule.why),
            "help": { "text": literal(&plain), "markdown": literal(&markdown) },
            "properties": { "tags": [&*rule.family] },
        });
        // A rule that the profiles do not ask has no level of its own here.
        out["defaultConfiguration"] = match rule.level {
            Level::Off => json!({ "enabled": false }),
            level => json!({ "level": level.word() }),
        };
        out
    }

    fn result(&self, f: &Finding) -> Value {
        let message = with_sets(self.words.say(&said(self.words, f)), f);
        let mut location = self.location(f.place);
        location["logicalLocations"] = f
            .addresses
            .iter()
            .map(|a| json!({ "fullyQualifiedName": a, "kind": "resource" }))
            .collect();
        let mut full = message;
        for line in change::lines(f, self.words, self.settings.detail) {
            full.push('\n');
            full.push_str(&line);
        }
        if let Some(help) = help(self.outcome, self.words, f) {
            full.push_str("\n\n");
            full.push_str(&help);
        }
        let mut out = json!({
            "ruleId": &*f.rule,
            "kind": "fail",
            "level": f.level.word(),
            "message": text(&full),
            "locations": [location],
            "partialFingerprints": { "sekishoFinding/v1": together(&f.fingerprints) },
            "suppressions": f.suppressed.iter().map(|s| json!({
                "kind": "external",
                "status": "accepted",
                "justification": s.reason,
                "properties": { "until": s.until },
            })).collect::<Vec<_>>(),
            "properties": {
                "verdict": f.verdict.word(),
                "target": &*f.target,
                "variableSets": f.variable_sets.iter().map(|s| &**s).collect::<Vec<_>>(),
                "profiles": f.profiles.iter().map(|p| &**p).collect::<Vec<_>>(),
                "fingerprints": f.fingerprints,
            },
        });
        if let Some(change) = f.change {
            out["baselineState"] = json!(match change {
                Change::Introduced => "new",
                Change::Worsened => "updated",
                Change::Existing => "unchanged",
            });
            out["properties"]["change"] = json!(change.word());
            out["properties"]["changes"] = json!(change::each(f, self.words));
        }
        if let Some(index) = self.outcome.rules.keys().position(|id| *id == f.rule) {
            out["ruleIndex"] = json!(index);
        }
        if !f.trail.is_empty() {
            let way = way(self.outcome, f).into_iter();
            let steps: Vec<Value> = way
                .map(|(m, value)| {
                    let said = self.words.say(&m.message);
                    let value = value.map_or_else(String::new, |v| format!(": {v}"));
                    let mut out = self.location(m.place);
                    out["message"] = text(&(said + &value));
                    out
                })
                .collect();
            out["relatedLocations"] = steps
                .iter()
                .enumerate()
                .map(|(i, step)| {
                    let mut step = step.clone();
                    step["id"] = json!(i + 1);
                    step
                })
                .collect();
            // A flow runs from where the value was written to where it decides.
            let mut flow: Vec<Value> = steps
                .into_iter()
                .rev()
                .map(|step| json!({ "location": step }))
                .collect();
            let mut last = self.location(f.place);
            last["message"] = text(&self.words.say(&f.message));
            flow.push(json!({ "location": last }));
            out["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow }] }]);
        }
        out
    }

    fn location(&self, place: Place) -> Value {
        let lines = self.outcome.lines(place);
        let path = &self.outcome.project.sources.file(place.file).path;
        json!({ "physicalLocation": {
            "artifactLocation": self.artifact(path),
            "region": {
                "startLine": lines.line,
                "startColumn": lines.column,
                "endLine": lines.end_line,
                "endColumn": lines.end_column,
            },
        } })
    }

    fn artifact(&self, path: &Path) -> Value {
        let full = clean(&self.settings.input.absolute(path));
        match in_boundary(self.outcome, &full) {
            Some(inside) => json!({ "uri": escaped(&inside), "uriBaseId": BASE }),
            None => {
                let path = slashed(&full);
                json!({ "uri": format!("file:///{}", escaped(path.trim_start_matches('/'))) })
            }
        }
    }

    fn invocation(&self) -> Value {
        let exit = Exit::of(self.outcome, self.settings);
        let (settings, run): (Vec<&Diagnostic>, Vec<&Diagnostic>) = self
            .outcome
            .diagnostics
            .iter()
            .partition(|d| d.code == Code::SettingsInvalid);
        let mut notes: Vec<Value> = run.into_iter().map(|d| self.notification(d)).collect();
        let seen = summary::line(self.outcome, self.settings, self.words);
        notes.push(json!({
            "descriptor": { "id": "seen" },
            "level": "note",
            "message": text(&seen),
        }));
        json!({
            "executionSuccessful": exit != Exit::NotJudged,
            "exitCode": exit as u8,
            "toolExecutionNotifications": notes,
            "toolConfigurationNotifications":
                settings.into_iter().map(|d| self.notification(d)).collect::<Vec<_>>(),
        })
    }

    fn notification(&self, d: &Diagnostic) -> Value {
        let mut full = self.words.say(&d.message);
        if let Some(help) = &d.help {
            full.push_str("\n\n");
            full.push_str(&self.words.say(help));
        }
        let mut out = json!({
            "descriptor": { "id": d.code.id() },
            // What somebody accepted is no alarm any more.
            "level": match d.suppressed {
                Some(_) => "note",
                None => d.code.level().word(),
            },
            "message": text(&full),
            "properties": {
                "target": d.target.as_deref(),
                "addresses": d.addresses,
                "suppressed": d.suppressed.as_ref().map(|s| &s.reason),
            },
        });
        match (d.place, &d.path) {
            (Some(place), _) => out["locations"] = json!([self.location(place)]),
            (None, Some(path)) => {
                let artifact = self.artifact(Path::new(&**path));
                out["locations"] =
                    json!([{ "physicalLocation": { "artifactLocation": artifact } }]);
            }
            (None, None) => {}
        }
        out
    }

    fn seen(&self) -> Value {
        let seen = &self.outcome.seen;
        let mut out = json!({
            "profiles": self.outcome.profiles.iter().map(|p| &**p).collect::<Vec<_>>(),
            "summary": {
                "targets": seen.targets,
                "variableSets": seen.variable_sets,
                "filesRead": seen.files_read,
                "filesFailed": seen.files_failed,
                "modulesMissing": seen.modules_missing,
                "stores": seen.stores,
                "violations": seen.violations,
                "undetermined": seen.undetermined,
                "passed": seen.passed,
                "suppressed": seen.suppressed,
            },
        });
        if self.outcome.compared {
            out["summary"]["changes"] = json!(change::Counts::of(self.outcome));
            out["resolved"] = json!(change::resolved(self.outcome));
        }
        out
    }
}

/// A message without arguments.
fn text(text: &str) -> Value {
    // Only what would be read as a link needs more care than braces.
    json!({ "text": literal(text).replace("](", "] (") })
}

/// Braces stand for arguments unless they are doubled.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Text inside Markdown: no markup, no HTML.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '|' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// One fingerprint for the finding as a whole.
fn together(all: &[String]) -> String {
    let mut hash = Sha256::new();
    for one in all {
        hash.update(one.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut out, b| {
            let _ = write!(out, "{b:02x}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_neither_arguments_nor_links_nor_markup() {
        assert_eq!(
            text("write `variable \"x\" {}` a[0](b)"),
            json!({ "text": "write `variable \"x\" {{}}` a[0] (b)" })
        );
        assert_eq!(marked("<b> a_b*"), "&lt;b> a\\_b\\*");
    }
}
