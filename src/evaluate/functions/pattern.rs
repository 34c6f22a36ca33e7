//! Go's regular expressions in the words of the `regex` crate.
//!
//! Lives here: reading a pattern as strictly as Go does (a pattern that Terraform refuses is refused
//! with its words), and writing one that means the same. Both engines take the leftmost match and
//! prefer the first alternative; what differs is the syntax: here `\d`, `\w`, `\s` and `\b` are
//! ASCII, there is no `&&`, no `\u`, and a brace that is no repetition is a brace.

use std::fmt::Write;

/// A pattern, translated.
#[derive(Debug)]
pub(super) struct Pattern {
    /// For the `regex` crate; all groups without names.
    pub(super) text: String,
    /// The names of the groups, in order.
    pub(super) names: Vec<Option<String>>,
}

/// How deep Go lets a pattern be nested.
const MAX_DEPTH: usize = 1000;

/// The classes that have names between `[:` and `:]`.
const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

const CATEGORIES: &[&str] = &[
    "Any", "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
    "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm",
    "So", "Z", "Zl", "Zp", "Zs",
];

const SCRIPTS: &[&str] = &[
    "Adlam",
    "Ahom",
    "Anatolian_Hieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Bassa_Vah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Canadian_Aboriginal",
    "Carian",
    "Caucasian_Albanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cypro_Minoan",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dives_Akuru",
    "Dogra",
    "Duployan",
    "Egyptian_Hieroglyphs",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gunjala_Gondi",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanifi_Rohingya",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Imperial_Aramaic",
    "Inherited",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kayah_Li",
    "Kharoshthi",
    "Khitan_Small_Script",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Linear_A",
    "Linear_B",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Masaram_Gondi",
    "Medefaidrin",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nag_Mundari",
    "Nandinagari",
    "New_Tai_Lue",
    "Newa",
    "Nko",
    "Nushu",
    "Nyiakeng_Puachue_Hmong",
    "Ogham",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Old_Uyghur",
    "Oriya",
    "Osage",
    "Osmanya",
    "Pahawh_Hmong",
    "Palmyrene",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Phoenician",
    "Psalter_Pahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "Sogdian",
    "Sora_Sompeng",
    "Soyombo",
    "Sundanese",
    "Syloti_Nagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Warang_Citi",
    "Yezidi",
    "Yi",
    "Zanabazar_Square",
];

/// Repetitions inside repetitions, with their counts: Go limits the product.
#[derive(Default, Clone)]
struct Counts(Vec<(u32, Counts)>);

impl Counts {
    /// Whether the counts multiply to no more than `limit`.
    fn within(&self, limit: u32) -> bool {
        self.0.iter().all(|(n, inner)| match n {
            0 => true,
            n if *n > limit => false,
            n => inner.within(limit / n),
        })
    }
}

/// One thing that can be repeated, or a directive that cannot.
struct Item {
    text: String,
    counts: Counts,
    directive: bool,
}

/// What stands before the `)` of a group.
#[derive(Default)]
struct Level {
    /// Alternatives that are complete.
    done: String,
    items: Vec<Item>,
    counts: Counts,
    /// How the group begins in the translation.
    open: &'static str,
    flags: String,
}

impl Level {
    fn push(&mut self, text: String) {
        self.items.push(Item {
            text,
            counts: Counts::default(),
            directive: false,
        });
    }

    fn end_alternative(&mut self) {
        for item in self.items.drain(..) {
            self.done.push_str(&item.text);
            self.counts.0.extend(item.counts.0);
        }
    }
}

/// Reads a pattern; in the error, Go's words.
pub(super) fn translate(pattern: &str) -> Result<Pattern, String> {
    let mut reader = Reader {
        rest: pattern,
        whole: pattern,
        names: Vec::new(),
    };
    let text = reader.pattern()?;
    Ok(Pattern {
        text,
        names: reader.names,
    })
}

struct Reader<'a> {
    rest: &'a str,
    whole: &'a str,
    names: Vec<Option<String>>,
}

/// A character as it stands in the translation, in a class or not.
fn literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control()) {
        out.push(c);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What was read since `from`.
    fn since(&self, from: &'a str) -> &'a str {
        &from[..from.len() - self.rest.len()]
    }

    fn pattern(&mut self) -> Result<String, String> {
        let mut levels = vec![Level::default()];
        // The repetition operator just before.
        let mut repeated: Option<&'a str> = None;
        loop {
            let from = self.rest;
            let last = repeated.take();
            let Some(level) = levels.last_mut() else {
                return Err(format!("unexpected ) in {}", self.whole));
            };
            let Some(c) = self.next() else { break };
            match c {
                '(' => {
                    if self.rest.starts_with('?') {
                        if let Some(level) = self.special_group(from, levels.last_mut())? {
                            levels.push(level);
                        }
                    } else {
                        self.names.push(None);
                        levels.push(Level {
                            open: "(",
                            ..Level::default()
                        });
                    }
                    if levels.len() > MAX_DEPTH {
                        return Err("expression nests too deeply".into());
                    }
                }
                '|' => {
                    level.end_alternative();
                    level.done.push('|');
                }
                ')' => {
                    level.end_alternative();
                    let level = levels.pop().unwrap_or_default();
                    let Some(outer) = levels.last_mut() else {
                        return Err(format!("unexpected ) in {}", self.whole));
                    };
                    outer.items.push(Item {
                        text: format!("{}{}{})", level.open, level.flags, level.done),
                        counts: level.counts,
                        directive: false,
                    });
                }
                '^' => level.push("^".into()),
                '$' => level.push("$".into()),
                '.' => level.push(".".into()),
                '[' => {
                    let class = self.class(from)?;
                    level.push(class);
                }
                '*' | '+' | '?' => {
                    let op = match c {
                        '*' => "*",
                        '+' => "+",
                        _ => "?",
                    };
                    self.repeat(level, from, last, op, 0)?;
                    repeated = Some(self.since(from));
                }
                '{' => {
                    if let Some((op, count)) = self.braces(from)? {
                        self.repeat(level, from, last, &op, count)?;
                        repeated = Some(self.since(from));
                    } else {
                        let mut text = String::new();
                        literal('{', &mut text);
                        level.push(text);
                    }
                }
                '\\' => self.escape(level, from)?,
                c => {
                    let mut text = String::new();
                    literal(c, &mut text);
                    level.push(text);
                }
            }
        }
        let mut level = levels.pop().unwrap_or_default();
        if !levels.is_empty() {
            return Err(format!("missing closing ) in {}", self.whole));
        }
        level.end_alternative();
        Ok(level.done)
    }

    /// Repeats the last item; the operator is read already, whether it is reluctant is not.
    fn repeat(
        &mut self,
        level: &mut Level,
        from: &'a str,
        last: Option<&str>,
        op: &str,
        count: u32,
    ) -> Result<(), String> {
        let reluctant = self.take("?");
        if let Some(last) = last {
            return Err(format!(
                "invalid nested repetition operator in {last}{}",
                self.since(from)
            ));
        }
        let item = level.items.iter_mut().rev().find(|i| !i.directive);
        let Some(item) = item else {
            return Err(format!(
                "missing argument to repetition operator in {}",
                self.since(from)
            ));
        };
        item.text = format!("(?:{}){op}{}", item.text, if reluctant { "?" } else { "" });
        if count >= 2 {
            let inner = std::mem::take(&mut item.counts);
            item.counts = Counts(vec![(count, inner)]);
            if !item.counts.within(1000) {
                return Err(format!("invalid repeat count in {}", self.since(from)));
            }
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,3}`: as an operator, with the count that is limited; `None` for a brace
    /// that stands for itself.
    fn braces(&mut self, from: &'a str) -> Result<Option<(String, u32)>, String> {
        /// A number without leading zeros; more than Go takes as `u32::MAX`.
        fn int(s: &str) -> Option<(u32, &str)> {
            let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
            let (digits, rest) = s.split_at(end);
            if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
                return None;
            }
            Some((digits.parse().unwrap_or(u32::MAX), rest))
        }
        let Some((min, rest)) = int(self.rest) else {
            return Ok(None);
        };
        let (max, rest) = match rest.strip_prefix(',') {
            None => (Some(min), rest),
            Some(rest) if rest.starts_with('}') => (None, rest),
            Some(rest) => match int(rest) {
                Some((max, rest)) => (Some(max), rest),
                None => return Ok(None),
            },
        };
        let Some(rest) = rest.strip_prefix('}') else {
            return Ok(None);
        };
        self.rest = rest;
        if min > 1000 || max.is_some_and(|max| max > 1000 || max < min) {
            return Err(format!("invalid repeat count in {}", self.since(from)));
        }
        let op = match max {
            Some(max) if max == min => format!("{{{min}}}"),
            Some(max) => format!("{{{min},{max}}}"),
            None => format!("{{{min},}}"),
        };
        // Go looks at the limit only for counts from two on.
        let limited = if min >= 2 || max.is_some_and(|m| m >= 2) {
            max.unwrap_or(min)
        } else {
            0
        };
        Ok(Some((op, limited)))
    }

    /// A group that begins with `(?`; `None` where it only sets flags.
    fn special_group(
        &mut self,
        from: &'a str,
        outer: Option<&mut Level>,
    ) -> Result<Option<Level>, String> {
        if self.rest.starts_with("?P<") || self.rest.starts_with("?<") {
            let start = if self.rest.starts_with("?P") { 3 } else { 2 };
            let Some(end) = self.rest.find('>') else {
                return Err(format!("invalid named capture in {from}"));
            };
            let name = self.rest.get(start..end).unwrap_or("");
            self.rest = &self.rest[end + 1..];
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(format!("invalid named capture in {}", self.since(from)));
            }
            self.names.push(Some(name.to_owned()));
            return Ok(Some(Level {
                open: "(",
                ..Level::default()
            }));
        }
        self.take("?");
        let mut flags = String::new();
        let mut negated = false;
        let mut saw_flag = false;
        loop {
            match self.next() {
                Some(c @ ('i' | 'm' | 's' | 'U')) => {
                    // The same flag twice is fine for Go, not for the crate.
                    if !flags.rsplit('-').next().unwrap_or("").contains(c) {
                        flags.push(c);
                    }
                    saw_flag = true;
                }
                Some('-') if !negated => {
                    negated = true;
                    saw_flag = false;
                    flags.push('-');
                }
                Some(c @ (':' | ')')) if !negated || saw_flag => {
                    let flags = settled(&flags);
                    if c == ':' {
                        return Ok(Some(Level {
                            open: "(?",
                            flags: format!("{flags}:"),
                            ..Level::default()
                        }));
                    }
                    if let (Some(level), false) = (outer, flags.is_empty()) {
                        level.items.push(Item {
                            text: format!("(?{flags})"),
                            counts: Counts::default(),
                            directive: true,
                        });
                    }
                    return Ok(None);
                }
                _ => {
                    return Err(format!(
                        "invalid or unsupported Perl syntax in {}",
                        self.since(from)
                    ));
                }
            }
        }
    }

    /// Outside of a class, after the backslash.
    fn escape(&mut self, level: &mut Level, from: &'a str) -> Result<(), String> {
        let mut text = String::new();
        match self.rest.chars().next() {
            Some('A') => text.push_str("\\A"),
            Some('z') => text.push_str("\\z"),
            Some('b') => text.push_str("(?-u:\\b)"),
            Some('B') => text.push_str("(?-u:\\B)"),
            Some('C') => {
                self.next();
                return Err(format!("invalid escape sequence in {}", self.since(from)));
            }
            Some('Q') => {
                self.next();
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                for c in quoted.chars() {
                    let mut text = String::new();
                    literal(c, &mut text);
                    level.push(text);
                }
                return Ok(());
            }
            _ => {
                self.rest = from;
                if let Some(class) = self.class_escape()? {
                    text = class;
                } else {
                    self.rest = &from[1..];
                    literal_code(self.code(from)?, &mut text);
                }
                level.push(text);
                return Ok(());
            }
        }
        self.next();
        level.push(text);
        Ok(())
    }

    /// `\d`, `\pL`, `\p{Greek}` and the like, in a class or not; `None` where it is something else.
    fn class_escape(&mut self) -> Result<Option<String>, String> {
        let from = self.rest;
        let Some(after) = from.strip_prefix('\\') else {
            return Ok(None);
        };
        let class = match after.chars().next() {
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => "[\\t\\n\\x0C\\r\\x20]",
            Some('S') => "[^\\t\\n\\x0C\\r\\x20]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            Some('p' | 'P') => {
                self.rest = after;
                return self.unicode_class(from).map(Some);
            }
            _ => return Ok(None),
        };
        self.rest = &after[1..];
        Ok(Some(class.to_owned()))
    }

    fn unicode_class(&mut self, from: &'a str) -> Result<String, String> {
        let mut negated = self.next() == Some('P');
        let invalid = |s: &Self| {
            Err(format!(
                "invalid character class range in {}",
                s.since(from)
            ))
        };
        let name = match self.next() {
            None => return invalid(self),
            Some('{') => {
                let Some((name, rest)) = self.rest.split_once('}') else {
                    return Err(format!("invalid character class range in {from}"));
                };
                self.rest = rest;
                name.to_owned()
            }
            Some(c) => c.to_string(),
        };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                negated = !negated;
                rest
            }
            None => &name,
        };
        if !CATEGORIES.contains(&name) && !SCRIPTS.contains(&name) {
            return invalid(self);
        }
        let p = if negated { 'P' } else { 'p' };
        Ok(format!("\\{p}{{{name}}}"))
    }

    /// The character that an escape sequence stands for; the backslash is read.
    fn code(&mut self, from: &'a str) -> Result<u32, String> {
        let Some(c) = self.next() else {
            return Err("trailing backslash at end of expression in ".into());
        };
        let octal = |s: &Self| s.rest.starts_with(|c: char| ('0'..='7').contains(&c));
        let code = match c {
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            '1'..='7' if !octal(self) => None,
            '0'..='7' => {
                let mut code = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    if !octal(self) {
                        break;
                    }
                    code = code * 8 + self.next().and_then(|c| c.to_digit(8)).unwrap_or(0);
                }
                Some(code)
            }
            'x' => self.hex(),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
            _ => None,
        };
        code.ok_or_else(|| format!("invalid escape sequence in {}", self.since(from)))
    }

    fn hex(&mut self) -> Option<u32> {
        if !self.take("{") {
            let high = self.next()?.to_digit(16);
            let low = self.next()?.to_digit(16);
            return Some(high? * 16 + low?);
        }
        let mut code = 0;
        let mut any = false;
        loop {
            match self.next()? {
                '}' => return any.then_some(code),
                c => {
                    code = code * 16 + c.to_digit(16)?;
                    any = true;
                    if code > 0x10_ffff {
                        return None;
                    }
                }
            }
        }
    }

    /// A class; its `[` is read.
    fn class(&mut self, from: &'a str) -> Result<String, String> {
        let mut out = String::from("[");
        if self.take("^") {
            out.push('^');
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(named) = self.posix_class()? {
                out.push_str(&named);
                continue;
            }
            if let Some(class) = self.class_escape()? {
                out.push_str(&class);
                continue;
            }
            let start = self.rest;
            let low = self.class_char(from)?;
            let mut high = low;
            if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
                self.take("-");
                high = self.class_char(from)?;
                if high < low {
                    return Err(format!(
                        "invalid character class range in {}",
                        self.since(start)
                    ));
                }
            }
            range(low, high, &mut out);
        }
        self.take("]");
        out.push(']');
        Ok(out)
    }

    fn class_char(&mut self, whole: &str) -> Result<u32, String> {
        let from = self.rest;
        match self.next() {
            None => Err(format!("missing closing ] in {whole}")),
            Some('\\') => self.code(from),
            Some(c) => Ok(u32::from(c)),
        }
    }

    /// `[:alpha:]`; `None` where it is not one.
    fn posix_class(&mut self) -> Result<Option<String>, String> {
        let Some(after) = self.rest.strip_prefix("[:") else {
            return Ok(None);
        };
        let Some((name, rest)) = after.split_once(":]") else {
            return Ok(None);
        };
        if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("invalid character class range in [:{name}:]"));
        }
        self.rest = rest;
        Ok(Some(format!("[:{name}:]")))
    }
}

/// Flags in the crate's words: none set and unset at once, no lone minus.
fn settled(flags: &str) -> String {
    let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
    let on: String = on.chars().filter(|c| !off.contains(*c)).collect();
    if off.is_empty() {
        on
    } else {
        format!("{on}-{off}")
    }
}

fn literal_code(code: u32, out: &mut String) {
    match char::from_u32(code) {
        Some(c) => literal(c, out),
        // Half of a surrogate pair, which no text has.
        None => out.push_str("[^\\s\\S]"),
    }
}

/// A range of characters in a class, without the surrogates.
fn range(low: u32, high: u32, out: &mut String) {
    let low = if (0xd800..0xe000).contains(&low) {
        0xe000
    } else {
        low
    };
    let high = if (0xd800..0xe000).contains(&high) {
        0xd7ff
    } else {
        high
    };
    if low > high {
        return;
    }
    for (i, code) in [low, high].into_iter().enumerate() {
        if i == 1 {
            if low == high {
                break;
            }
            out.push('-');
        }
        if let Some(c) = char::from_u32(code) {
            literal(c, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &str) -> String {
        match translate(pattern) {
            Ok(p) => p.text,
            Err(e) => format!("!! {e}"),
        }
    }

    #[test]
    fn what_is_translated_compiles() {
        for pattern in [
            "a|b*",
            "[a&&b--c~~d]",
            "[[a]",
            "a{,3}",
            "a{",
            "\\Qa.b*\\E+",
            "\\bx\\B",
            "(?i)[^\\W]",
            "[]a]",
            "[^]a]",
            "(?P<x>a)(?<y>b)",
            "(?U)a+?",
            "^*",
            "(?i)*?a",
            "[\\x00-\\x{10FFFF}]",
            "[[:^alpha:]\\pL]",
            "\\p{Han}|\\P{^Lu}",
            "日本",
            "[#-& \\]]",
            "(?is-m:A)(?)",
            "()",
        ] {
            if let Ok(p) = translate(pattern) {
                assert!(
                    regex::Regex::new(&p.text).is_ok(),
                    "{pattern} as {}",
                    p.text
                );
            }
        }
    }

    #[test]
    fn go_refuses() {
        assert_eq!(text("a**"), "!! invalid nested repetition operator in **");
        assert_eq!(
            text("a{2}{3}"),
            "!! invalid nested repetition operator in {2}{3}"
        );
        assert_eq!(text("("), "!! missing closing ) in (");
        assert_eq!(text(")"), "!! unexpected ) in )");
        assert_eq!(
            text("(*)"),
            "!! missing argument to repetition operator in *"
        );
        assert_eq!(text("a{1001}"), "!! invalid repeat count in {1001}");
        assert_eq!(text("(a{100}){100}"), "!! invalid repeat count in {100}");
        assert_eq!(text("[a"), "!! missing closing ] in [a");
        assert_eq!(
            text("(?=a)"),
            "!! invalid or unsupported Perl syntax in (?="
        );
        assert_eq!(text("\\Z"), "!! invalid escape sequence in \\Z");
    }
}
