//! Files and paths.

#![allow(clippy::unnecessary_wraps)] // the table of functions asks for their form

use super::encoding::{to_base64, utf8};
use super::strings::{bounded, partly};
use super::{Call, Failure, FileError, Function, Returns, boolean, param, string};
use crate::evaluate::text::MAX_ELEMENTS;
use crate::evaluate::text::parts_of;
use crate::evaluate::types::Type;
use crate::evaluate::value::{Part, Val, Why};
use sha1::Digest;
use std::fmt::Write;
use std::sync::Arc;

const fn function(
    name: &'static str,
    params: &'static [super::Param],
    returns: fn() -> Type,
    call: fn(&Call<'_>) -> Result<Val, Failure>,
) -> Function {
    Function {
        name,
        params,
        more: None,
        returns: Returns::Always(returns),
        call,
    }
}

const PATH: super::Param = param("path", string);

pub(super) const FUNCTIONS: &[Function] = &[
    function("abspath", &[PATH], string, |c| {
        if c.str(0).starts_with('/') {
            return Ok(Val::text(&clean(c.str(0))));
        }
        let why = "current directory".to_owned();
        Err(Failure::Unknown(Why::Environment, why))
    }),
    function("basename", &[PATH.unknown()], string, basename),
    function("dirname", &[PATH], string, |c| {
        Ok(Val::text(&dirname(c.str(0))))
    }),
    function("file", &[PATH], string, |c| {
        let bytes = read(c)?;
        utf8(
            bytes.to_vec(),
            "contents of the file are not valid UTF-8; use the filebase64 function to obtain the \
             Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to \
             obtain file hashing results instead",
        )
    }),
    function("filebase64", &[PATH], string, |c| {
        let bytes = read(c)?;
        bounded(bytes.len() / 3 * 4)?;
        Ok(Val::str(to_base64(&bytes)))
    }),
    function("filebase64sha256", &[PATH], string, |c| {
        Ok(Val::str(to_base64(&sha2::Sha256::digest(read(c)?))))
    }),
    function("filebase64sha512", &[PATH], string, |c| {
        Ok(Val::str(to_base64(&sha2::Sha512::digest(read(c)?))))
    }),
    function("fileexists", &[PATH], boolean, |c| {
        let path = within(c.str(0))?;
        match c.files.exists(path) {
            Ok(exists) => Ok(Val::bool(exists)),
            Err(FileError::Missing(_)) => Ok(Val::bool(false)),
            Err(FileError::NotRead(p)) => Err(Failure::Unknown(Why::File, p)),
            Err(FileError::NotHeld(p)) => Err(Failure::Unknown(Why::NotHeld, p)),
        }
    }),
    function("filemd5", &[PATH], string, |c| {
        Ok(Val::str(hex(&md5::Md5::digest(read(c)?))))
    }),
    function(
        "fileset",
        &[PATH, param("pattern", string)],
        || Type::set(Type::String),
        fileset,
    ),
    function("filesha1", &[PATH], string, |c| {
        Ok(Val::str(hex(&sha1::Sha1::digest(read(c)?))))
    }),
    function("filesha256", &[PATH], string, |c| {
        Ok(Val::str(hex(&sha2::Sha256::digest(read(c)?))))
    }),
    function("filesha512", &[PATH], string, |c| {
        Ok(Val::str(hex(&sha2::Sha512::digest(read(c)?))))
    }),
    function("pathexpand", &[PATH], string, |c| {
        let path = c.str(0);
        match path.strip_prefix('~') {
            None => Ok(c.args[0].clone()),
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
                let why = "home directory".to_owned();
                Err(Failure::Unknown(Why::Environment, why))
            }
            Some(_) => Err(Failure::new("cannot expand user-specific home dir")),
        }
    }),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// A path that is not below someone's home.
fn within(path: &str) -> Result<&str, Failure> {
    if path.starts_with('~') {
        return Err(Failure::Unknown(Why::File, path.to_owned()));
    }
    Ok(path)
}

fn read(c: &Call<'_>) -> Result<Arc<[u8]>, Failure> {
    c.files.read(within(c.str(0))?).map_err(|e| match e {
        FileError::Missing(p) => Failure::at(
            0,
            format!(
                "no file exists at {p:?}; this function works only with files that are distributed \
                 as part of the configuration source code, so if this file will be created by a \
                 resource in this configuration you must instead obtain this result from an \
                 attribute of that resource"
            ),
        ),
        FileError::NotRead(p) => Failure::Unknown(Why::File, p),
        FileError::NotHeld(p) => Failure::Unknown(Why::NotHeld, p),
    })
}

/// A path without `.`, `..` after a name, and doubled slashes: Go's `filepath.Clean`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut out: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match out.last() {
                Some(&"..") | None => {
                    if !rooted {
                        out.push("..");
                    }
                }
                Some(_) => {
                    out.pop();
                }
            },
            name => out.push(name),
        }
    }
    let joined = out.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn dirname(path: &str) -> String {
    clean(
        path.rsplit_once('/')
            .map_or("", |(dir, _)| if dir.is_empty() { "/" } else { dir }),
    )
}

fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

fn basename(c: &Call<'_>) -> Result<Val, Failure> {
    let arg = &c.args[0];
    if let Some(path) = arg.as_str() {
        return Ok(if base(path) == path {
            arg.clone()
        } else {
            Val::text(base(path))
        });
    }
    let mut parts = parts_of(arg);
    // The last name is known where it stands wholly in the known end.
    if let Some(Part::Known(end)) = parts.last() {
        let trimmed = end.trim_end_matches('/');
        match trimmed.rsplit_once('/') {
            Some((_, name)) => return Ok(Val::text(name)),
            None if !trimmed.is_empty() => {
                let name = trimmed.into();
                return Ok(partly(c, vec![Part::Unknown, Part::Known(name)]));
            }
            None => {}
        }
    }
    parts.truncate(0);
    parts.push(Part::Unknown);
    Ok(partly(c, parts))
}

/// `fileset`: the files below a directory that a pattern names, relative to it.
fn fileset(c: &Call<'_>) -> Result<Val, Failure> {
    let root = clean(within(c.str(0))?);
    let pattern = clean(&format!("{}/{}", c.str(0), c.str(1)));
    let parts: Vec<&str> = pattern.split('/').collect();
    let literal = parts
        .iter()
        .take(parts.len() - 1)
        .take_while(|p| !p.contains(['*', '?', '[', '{', '\\']))
        .count();
    let from = match &parts[..literal] {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        some => some.join("/"),
    };
    let glob: Vec<String> = parts[literal..].iter().map(|p| (*p).to_owned()).collect();
    check(&glob).map_err(|()| {
        Failure::new(format!(
            "failed to glob pattern {pattern:?}: syntax error in pattern"
        ))
    })?;
    let files = match c.files.below(&from) {
        Ok(files) => files,
        Err(FileError::Missing(_)) => Vec::new(),
        Err(FileError::NotRead(p)) => return Err(Failure::Unknown(Why::File, p)),
        Err(FileError::NotHeld(p)) => return Err(Failure::Unknown(Why::NotHeld, p)),
    };
    let found: Vec<Val> = files
        .iter()
        .filter(|f| matches_path(&glob, &f.split('/').collect::<Vec<_>>()))
        .map(|f| Val::text(&relative(&root, &clean(&format!("{from}/{f}")))))
        .take(MAX_ELEMENTS + 1)
        .collect();
    if found.len() > MAX_ELEMENTS {
        return Err(Failure::Unknown(Why::Limit, "number of elements".into()));
    }
    Ok(Val::set(Type::String, found))
}

/// The way from a directory to a file, both clean.
fn relative(from: &str, to: &str) -> String {
    let parts = |p: &str| -> Vec<String> {
        p.split('/')
            .filter(|p| !p.is_empty() && *p != ".")
            .map(str::to_owned)
            .collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut out = vec![".."; from.len() - common];
    out.extend(to[common..].iter().map(String::as_str));
    out.join("/")
}

/// Whether brackets and braces are closed.
fn check(glob: &[String]) -> Result<(), ()> {
    for part in glob {
        let mut chars = part.chars();
        let mut braces = 0;
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    chars.next().ok_or(())?;
                }
                '{' => braces += 1,
                '}' if braces > 0 => braces -= 1,
                '[' => {
                    class(&mut chars, '\0').ok_or(())?;
                }
                _ => {}
            }
        }
        if braces > 0 {
            return Err(());
        }
    }
    Ok(())
}

/// Whether a path matches a pattern, name by name; `**` matches any number of names.
fn matches_path(glob: &[String], path: &[&str]) -> bool {
    // One row of the table after the other: which beginnings of the path the pattern so far matches.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in glob {
        let mut next = vec![false; path.len() + 1];
        if part == "**" {
            let mut any = false;
            for (at, r) in reached.iter().enumerate() {
                any |= r;
                next[at] = any;
            }
        } else {
            for (at, name) in path.iter().enumerate() {
                if reached[at] && alternatives(part).iter().any(|p| matches_name(p, name)) {
                    next[at + 1] = true;
                }
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// A pattern with its first braces taken out, one pattern for each alternative.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut open = None;
    let mut commas = Vec::new();
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in pattern.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    open = Some(at);
                }
            }
            ',' if depth == 1 => commas.push(at),
            '}' if depth == 1 => {
                let start = open.unwrap_or(0);
                commas.push(at);
                let mut from = start + 1;
                let mut out = Vec::new();
                for comma in commas {
                    let inner = &pattern[from..comma];
                    let whole = format!("{}{inner}{}", &pattern[..start], &pattern[at + 1..]);
                    // What stands in braces shrinks with each step.
                    out.extend(alternatives(&whole));
                    from = comma + 1;
                    if out.len() > 1000 {
                        break;
                    }
                }
                return out;
            }
            '}' if depth > 1 => depth -= 1,
            _ => {}
        }
    }
    vec![pattern.to_owned()]
}

/// Reads a class after its `[`; whether `c` is in it, `None` where it has no end.
fn class(chars: &mut std::str::Chars<'_>, c: char) -> Option<bool> {
    let negated = chars.as_str().starts_with(['^', '!']);
    if negated {
        chars.next();
    }
    let mut found = false;
    let mut first = true;
    loop {
        let mut low = chars.next()?;
        if low == ']' && !first {
            return Some(found != negated);
        }
        first = false;
        if low == '\\' {
            low = chars.next()?;
        }
        let mut high = low;
        if chars.as_str().starts_with('-') && !chars.as_str().starts_with("-]") {
            chars.next();
            high = chars.next()?;
            if high == '\\' {
                high = chars.next()?;
            }
        }
        found |= (low..=high).contains(&c);
    }
}

/// Whether a name matches a pattern without braces.
fn matches_name(pattern: &str, name: &str) -> bool {
    let mut p = pattern.chars();
    let mut n = name.chars();
    // Where to go on when what follows the last star does not match here.
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let matched = match p.next() {
            None if n.as_str().is_empty() => return true,
            None => false,
            Some('*') => {
                star = Some((p.clone(), n.clone()));
                true
            }
            Some(c) => match n.next() {
                None => false,
                Some(have) => match c {
                    '?' => true,
                    '[' => class(&mut p, have) == Some(true),
                    '\\' => p.next() == Some(have),
                    c => c == have,
                },
            },
        };
        if matched {
            continue;
        }
        let Some((after, mut from)) = star.take() else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        p = after.clone();
        n = from.clone();
        star = Some((after, from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_name_by_name() {
        let m = |glob: &str, path: &str| {
            let glob: Vec<String> = glob.split('/').map(str::to_owned).collect();
            matches_path(&glob, &path.split('/').collect::<Vec<_>>())
        };
        assert!(m("*.txt", "a.txt"));
        assert!(!m("*.txt", "d/a.txt"));
        assert!(m("**/*.txt", "a.txt"));
        assert!(m("**/*.txt", "d/e/a.txt"));
        assert!(m("**", "d/e/a.txt"));
        assert!(m("d/**/a.*", "d/a.txt"));
        assert!(m("[a-c]?.{txt,json}", "b1.json"));
        assert!(!m("[^a-c].txt", "a.txt"));
        assert!(m("a*b*c", "aXbbYc"));
        assert!(!m("a*b*c", "aXbbY"));
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, cleaned) in [
            ("", "."),
            ("/..", "/"),
            ("a/../..", ".."),
            ("../../a/../b", "../../b"),
            ("a//b/./c/", "a/b/c"),
        ] {
            assert_eq!(clean(path), cleaned);
        }
        assert_eq!(dirname("a/b/"), "a/b");
        assert_eq!(dirname("/a"), "/");
        assert_eq!(dirname("a/../.."), ".");
        assert_eq!(dirname("//a"), "/");
        assert_eq!(relative("a/b", "a/c/d"), "../c/d");
        assert_eq!(relative(".", "c/d"), "c/d");
    }
}
