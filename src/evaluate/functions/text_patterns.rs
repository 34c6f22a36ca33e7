//! `regex`, `regexall` and `replace`.

use super::pattern::translate;
use super::strings::{bounded, partly};
use super::{Call, Failure, Function, Returns, param, string};
use crate::evaluate::text::{MAX_ELEMENTS, MAX_TEXT, parts_of};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Part, Val, Why, unknown_from};
use regex::{Captures, Regex, RegexBuilder};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "regex",
        params: &[param("pattern", string), param("string", string)],
        more: None,
        returns: Returns::From(match_type),
        call: regex,
    },
    Function {
        name: "regexall",
        params: &[param("pattern", string), param("string", string)],
        more: None,
        returns: Returns::From(|args| Type::list(match_type(args))),
        call: regexall,
    },
    Function {
        name: "replace",
        params: &[
            param("str", string).unknown(),
            param("substr", string),
            param("replace", string).unknown(),
        ],
        more: None,
        returns: Returns::Always(string),
        call: replace,
    },
];

/// How many compiled patterns a thread keeps.
const CACHE: usize = 256;

/// A pattern ready for use.
struct Compiled {
    regex: Regex,
    names: Vec<Option<Arc<str>>>,
}

/// Why there is none.
#[derive(Clone)]
enum Problem {
    /// Terraform refuses it too.
    Syntax(String),
    /// It is too large.
    Large,
}

thread_local! {
    static COMPILED: RefCell<FxHashMap<String, Result<Rc<Compiled>, Problem>>> =
        RefCell::default();
}

fn compiled(pattern: &str) -> Result<Rc<Compiled>, Problem> {
    COMPILED.with_borrow_mut(|cache| {
        if let Some(found) = cache.get(pattern) {
            return found.clone();
        }
        if cache.len() >= CACHE {
            cache.clear();
        }
        let made = compile(pattern).map(Rc::new);
        cache.insert(pattern.to_owned(), made.clone());
        made
    })
}

fn compile(pattern: &str) -> Result<Compiled, Problem> {
    if pattern.len() > 100_000 {
        return Err(Problem::Large);
    }
    let translated = translate(pattern).map_err(Problem::Syntax)?;
    // Go has read it: what the crate refuses is its size or depth.
    let regex = RegexBuilder::new(&translated.text)
        .size_limit(8 << 20)
        .build()
        .map_err(|_| Problem::Large)?;
    let names = translated.names;
    Ok(Compiled {
        regex,
        names: names.into_iter().map(|n| n.map(Into::into)).collect(),
    })
}

impl Compiled {
    /// The type of a match: text, or its groups by number or name.
    fn ty(&self) -> Result<Type, String> {
        if self.names.is_empty() {
            return Ok(Type::String);
        }
        let named: Vec<&Arc<str>> = self.names.iter().flatten().collect();
        if named.is_empty() {
            return Ok(Type::tuple(vec![Type::String; self.names.len()]));
        }
        if named.len() != self.names.len() {
            return Err("cannot mix both named and unnamed capture groups".into());
        }
        let mut attributes: Vec<(Arc<str>, Type)> =
            named.iter().map(|n| ((*n).clone(), Type::String)).collect();
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        attributes.dedup_by(|a, b| a.0 == b.0);
        Ok(Type::object(attributes))
    }

    /// A match as a value.
    fn value(&self, found: &Captures<'_>) -> Val {
        let group = |i: usize| match found.get(i) {
            Some(m) => Val::text(m.as_str()),
            None => Val::null_of(Type::String),
        };
        if self.names.is_empty() {
            return group(0);
        }
        let groups = (1..=self.names.len()).map(group);
        if self.names[0].is_none() {
            return Val::tuple(groups.collect());
        }
        let names = self.names.iter().flatten().cloned();
        Val::object(names.zip(groups).collect())
    }
}

/// The type of what a pattern finds, where it is known.
fn match_type(args: &[Val]) -> Type {
    args.first()
        .and_then(Val::as_str)
        .and_then(|p| compiled(p).ok())
        .and_then(|c| c.ty().ok())
        .unwrap_or(Type::Dynamic)
}

fn large() -> Failure {
    Failure::Unknown(Why::Limit, "size of pattern".into())
}

/// The pattern that is the first argument.
fn pattern(c: &Call<'_>) -> Result<(Rc<Compiled>, Type), Failure> {
    let invalid = |e| Failure::at(0, format!("invalid regexp pattern: {e}"));
    let compiled = compiled(c.str(0)).map_err(|p| match p {
        Problem::Syntax(e) => invalid(e),
        Problem::Large => large(),
    })?;
    let ty = compiled
        .ty()
        .map_err(|e| Failure::at(0, format!("invalid regexp pattern: {e}")))?;
    Ok((compiled, ty))
}

fn regex(c: &Call<'_>) -> Result<Val, Failure> {
    let (compiled, _) = pattern(c)?;
    match compiled.regex.captures(c.str(1)) {
        Some(found) => Ok(compiled.value(&found)),
        None => Err(Failure::new(
            "pattern did not match any part of the given string",
        )),
    }
}

fn regexall(c: &Call<'_>) -> Result<Val, Failure> {
    let (compiled, ty) = pattern(c)?;
    let found: Vec<Val> = compiled
        .regex
        .captures_iter(c.str(1))
        .take(MAX_ELEMENTS + 1)
        .map(|m| compiled.value(&m))
        .collect();
    if found.len() > MAX_ELEMENTS {
        return Err(Failure::Unknown(Why::Limit, "number of elements".into()));
    }
    Ok(Val::list(ty, found))
}

/// The pattern between slashes, where it is one.
fn between_slashes(s: &str) -> Option<&str> {
    if s.len() < 2 {
        return None;
    }
    s.strip_prefix('/')?.strip_suffix('/')
}

fn replace(c: &Call<'_>) -> Result<Val, Failure> {
    let (text, find) = (&c.args[0], c.str(1));
    let pattern = match between_slashes(find) {
        Some(p) => Some(compiled(p).map_err(|p| match p {
            Problem::Syntax(e) => Failure::new(format!("error parsing regexp: {e}")),
            Problem::Large => large(),
        })?),
        None => None,
    };
    let (Some(s), Some(with)) = (text.as_str(), c.args[2].as_str()) else {
        return Ok(partly_replaced(c, pattern.is_none()));
    };
    let out = if let Some(compiled) = &pattern {
        replaced_by_pattern(s, compiled, with)?
    } else {
        let found = s.matches(find).count();
        let grown = found.saturating_mul(with.len().saturating_sub(find.len()));
        bounded(s.len().saturating_add(grown))?;
        // Between all characters too where nothing is to be replaced, as Go does.
        s.replace(find, with)
    };
    Ok(if out == s {
        text.clone()
    } else {
        Val::text(&out)
    })
}

/// What stays known where the text, or what is put in, is not.
fn partly_replaced(c: &Call<'_>, plain: bool) -> Val {
    let (text, find, with) = (&c.args[0], c.str(1), &c.args[2]);
    let nothing = || unknown_from(Type::String, c.name, &c.args.iter().collect::<Vec<_>>());
    if !plain || find.is_empty() {
        return nothing();
    }
    if let Some(s) = text.as_str() {
        if !s.contains(find) {
            return text.clone();
        }
        let mut parts = Vec::new();
        for (i, between) in s.split(find).enumerate() {
            if i > 0 {
                parts.extend(parts_of(with));
            }
            parts.push(Part::Known(between.into()));
        }
        return partly(c, parts);
    }
    let with = parts_of(with);
    let mut parts = Vec::new();
    for part in parts_of(text) {
        let Part::Known(s) = part else {
            // What is looked for may stand in it.
            parts.push(Part::Unknown);
            continue;
        };
        // What is looked for may lie across the seam: then where it is found is not known.
        let across = find.char_indices().skip(1).any(|(at, _)| {
            let (head, tail) = find.split_at(at);
            s.ends_with(head) || s.starts_with(tail)
        });
        if across || (find.len() > s.len() && find.contains(&*s) && !s.is_empty()) {
            parts.push(Part::Unknown);
            continue;
        }
        for (i, between) in s.split(find).enumerate() {
            if i > 0 {
                parts.extend(with.iter().cloned());
            }
            parts.push(Part::Known(between.into()));
        }
    }
    partly(c, parts)
}

fn replaced_by_pattern(s: &str, compiled: &Compiled, with: &str) -> Result<String, Failure> {
    let mut out = String::new();
    let mut from = 0;
    for found in compiled.regex.captures_iter(s) {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&s[from..whole.start()]);
        expand(with, compiled, &found, &mut out);
        from = whole.end();
        if out.len() > MAX_TEXT {
            bounded(out.len())?;
        }
    }
    out.push_str(&s[from..]);
    Ok(out)
}

/// Writes a replacement with its `$1`, `${1}`, `$name`, `$$`.
fn expand(template: &str, compiled: &Compiled, found: &Captures<'_>, out: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = group_name(after) else {
            out.push('$');
            rest = after;
            continue;
        };
        rest = after;
        let leading_zero = name.len() > 1 && name.starts_with('0');
        if let (Ok(i), false) = (name.parse::<usize>(), leading_zero) {
            if let Some(m) = found.get(i) {
                out.push_str(m.as_str());
            }
            continue;
        }
        // Of groups with one name, the first that took part.
        for (i, group) in compiled.names.iter().enumerate() {
            if group.as_deref() == Some(name)
                && let Some(m) = found.get(i + 1)
            {
                out.push_str(m.as_str());
                break;
            }
        }
    }
    out.push_str(rest);
}

/// The name after a `$`, and what follows it.
fn group_name(s: &str) -> Option<(&str, &str)> {
    let word = |s: &str| {
        s.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(s.len())
    };
    if let Some(inner) = s.strip_prefix('{') {
        let end = word(inner);
        let rest = inner[end..].strip_prefix('}')?;
        return (end > 0).then(|| (&inner[..end], rest));
    }
    let end = word(s);
    (end > 0).then(|| s.split_at(end))
}

/// All texts that a pattern matches, where it is one for the whole text (`^…$`) and they are few.
pub fn texts_of_pattern(pattern: &str) -> Option<Vec<String>> {
    use regex_syntax::hir::{Look, literal::Extractor};
    let translated = translate(pattern).ok()?;
    let hir = regex_syntax::parse(&translated.text).ok()?;
    let bounds = hir.properties();
    if !bounds.look_set_prefix().contains(Look::Start)
        || !bounds.look_set_suffix().contains(Look::End)
    {
        return None;
    }
    let found = Extractor::new().extract(&hir);
    let literals = found.literals().filter(|_| found.is_exact())?;
    literals
        .iter()
        .map(|l| String::from_utf8(l.as_bytes().to_vec()).ok())
        .collect()
}
