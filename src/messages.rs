//! Words: the text of a [`Message`] in the language that was asked for.
//!
//! Lives here: the languages, and looking a key up in `messages.toml`. Not here: the texts
//! themselves, and those of rules (`rules.toml`; the policy hands them in by [`Words::with`]).
//!
//! Identifiers, levels, fingerprints and JSON keys never come from here: a program that reads them
//! must not depend on the language of a person.

use crate::diagnostic::{Join, Message};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The language of texts for people.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The language of a locale's name (`ja_JP.UTF-8`); English for what is not known.
    pub fn of_locale(name: &str) -> Lang {
        let language = name.split(['_', '.', '@', '-']).next().unwrap_or("");
        if language.eq_ignore_ascii_case("ja") {
            Lang::Ja
        } else {
            Lang::En
        }
    }
}

/// A text in all languages.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Text {
    pub en: String,
    pub ja: String,
}

impl Text {
    fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// The embedded files; each is `[section.key]` with `en` and `ja`.
const FILES: &[&str] = &[include_str!("../messages.toml")];

/// The texts of one language, and what was handed in beside them.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The language.
    pub lang: Lang,
    more: BTreeMap<String, Text>,
}

impl Words {
    /// The texts of a language.
    pub fn new(lang: Lang) -> Words {
        Words {
            lang,
            more: BTreeMap::new(),
        }
    }

    /// With further texts: those of rules.
    #[must_use]
    pub fn with(mut self, texts: impl IntoIterator<Item = (String, Text)>) -> Words {
        self.more.extend(texts);
        self
    }

    /// The text of a message, as it is for programs: what fills the gaps stands there unchanged.
    pub fn say(&self, message: &Message) -> String {
        let Some(text) = self
            .more
            .get(&message.key)
            .or_else(|| texts().get(&message.key))
        else {
            // Better an odd text than a lost one; a test finds keys without a text.
            return [&message.key]
                .into_iter()
                .chain(&message.args)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" ");
        };
        let mut gaps = message.args.clone();
        gaps.extend(
            message
                .words
                .iter()
                .map(|(join, of)| self.joined(*join, of)),
        );
        fill(text.of(self.lang), &gaps)
    }

    fn joined(&self, join: Join, of: &[Message]) -> String {
        let mut said: Vec<String> = of.iter().map(|m| self.say(m)).collect();
        let key = match join {
            Join::Or => "join.or",
            Join::List => "join.list",
        };
        let Some(mut out) = said.pop() else {
            return String::new();
        };
        for before in said.into_iter().rev() {
            out = self.say(&Message::new(key).arg(before).arg(out));
        }
        out
    }

    /// The text of a message for a terminal: control characters in the gaps are made visible.
    pub fn show(&self, message: &Message) -> String {
        self.say(&shown(message))
    }

    /// The text of a key without gaps.
    pub fn word(&self, key: &str) -> String {
        self.say(&Message::new(key))
    }
}

fn shown(message: &Message) -> Message {
    let mut out = Message::new(&*message.key);
    out.args = message.args.iter().map(|a| visible(a)).collect();
    let words = message.words.iter();
    out.words = words
        .map(|(join, of)| (*join, of.iter().map(shown).collect()))
        .collect();
    out
}

/// All texts, by key.
pub fn texts() -> &'static BTreeMap<String, Text> {
    static TEXTS: OnceLock<BTreeMap<String, Text>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let mut out = BTreeMap::new();
        for file in FILES {
            let table: toml::Table =
                toml::from_str(file).expect("internal: messages.toml is ours and tested");
            collect("", &table, &mut out);
        }
        out
    })
}

fn collect(path: &str, table: &toml::Table, out: &mut BTreeMap<String, Text>) {
    if let (Some(en), Some(ja)) = (
        table.get("en").and_then(toml::Value::as_str),
        table.get("ja").and_then(toml::Value::as_str),
    ) {
        let text = Text {
            en: en.to_owned(),
            ja: ja.to_owned(),
        };
        out.insert(path.to_owned(), text);
        return;
    }
    for (key, value) in table {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        if let Some(inner) = value.as_table() {
            collect(&path, inner, out);
        } else {
            // An entry with one language only: kept out, so that the test of keys sees it missing.
            out.remove(&path);
        }
    }
}

/// Fills `{0}`, `{1}`…; a gap that nothing fills stays visible.
fn fill(text: &str, args: &[String]) -> String {
    let mut out = String::with_capacity(text.len() + args.iter().map(String::len).sum::<usize>());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let gap = after
            .find('}')
            .and_then(|close| Some((close, after[1..close].parse::<usize>().ok()?)));
        if let Some((close, arg)) = gap.and_then(|(close, i)| Some((close, args.get(i)?))) {
            out.push_str(arg);
            rest = &after[close + 1..];
        } else {
            out.push('{');
            rest = &after[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Untrusted text for a terminal: what would move the cursor, change colours or reverse the
/// direction of reading is written out.
pub fn visible(text: &str) -> String {
    if !text.chars().any(hidden) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character does something to a terminal instead of showing itself.
pub fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{61c}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(text: &str) -> Vec<&str> {
        let mut out: Vec<&str> = text
            .match_indices('{')
            .filter_map(|(i, _)| {
                let inner = text[i + 1..].split('}').next()?;
                inner.parse::<usize>().ok().map(|_| inner)
            })
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    fn leaves(path: &str, table: &toml::Table, out: &mut Vec<(String, toml::Table)>) {
        if table.values().any(|v| !v.is_table()) {
            out.push((path.to_owned(), table.clone()));
            return;
        }
        for (key, value) in table {
            let path = [path, key].join(".").trim_start_matches('.').to_owned();
            leaves(&path, value.as_table().expect("tables only"), out);
        }
    }

    #[test]
    fn each_key_has_both_languages_and_the_same_gaps() {
        for file in FILES {
            let table: toml::Table = toml::from_str(file).expect("messages.toml is TOML");
            let mut all = Vec::new();
            leaves("", &table, &mut all);
            for (key, entry) in all {
                let text = |lang: &str| {
                    entry
                        .get(lang)
                        .and_then(toml::Value::as_str)
                        .unwrap_or_else(|| panic!("{key} has no {lang}"))
                };
                assert_eq!(entry.len(), 2, "{key} has more than en and ja");
                assert_eq!(gaps(text("en")), gaps(text("ja")), "gaps of {key} differ");
            }
        }
    }

    #[test]
    fn gaps_are_filled_in_any_order_and_text_in_braces_stays() {
        let args = ["a".to_owned(), "{0}".to_owned()];
        assert_eq!(fill("{1} {0} {x} {2} {", &args), "{0} a {x} {2} {");
    }

    #[test]
    fn messages_stand_in_gaps_of_messages() {
        let place = |code: &str, country: &str| {
            let country = Message::new(format!("country.{country}"));
            Message::new("fact.place").arg(code).list(vec![country])
        };
        let two = vec![place("us-east-1", "US"), place("\u{1b}x", "KR")];
        let m = Message::new("fact.colon").one_of(two);
        let en = Words::new(Lang::En);
        assert_eq!(
            en.show(&m),
            ": us-east-1 (United States) or \\u{1b}x (South Korea)"
        );
        let ja = Words::new(Lang::Ja).say(&m);
        assert_eq!(ja, ": us-east-1（アメリカ合衆国）または \u{1b}x（韓国）");
        assert_eq!(en.say(&Message::new("fact.colon").one_of(Vec::new())), ": ");
    }

    #[test]
    fn what_moves_a_terminal_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[31m\n\u{202e}b"),
            "a\\u{1b}[31m\\n\\u{202e}b"
        );
        assert_eq!(visible("日本"), "日本");
    }

    #[test]
    fn a_locale_gives_a_language() {
        assert_eq!(Lang::of_locale("ja_JP.UTF-8"), Lang::Ja);
        assert_eq!(Lang::of_locale("ja"), Lang::Ja);
        assert_eq!(Lang::of_locale("C"), Lang::En);
        assert_eq!(Lang::of_locale("jam_JM"), Lang::En);
    }
}
