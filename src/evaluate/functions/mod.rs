//! Terraform's functions: one table a family, and the one way to call them.
//!
//! Lives here: the table's format and the call (count and types of arguments, null, marks, unknown,
//! alternatives), which follows cty's `function` package. A family's file has what its functions do
//! with known arguments. Not here: `try`, `can`, `templatefile` and what else needs the evaluator
//! itself (`expr.rs`).

mod casing;
mod collections;
mod conversion;
mod decimal;
mod encoding;
mod files;
mod format;
mod hashes;
pub(super) mod hcl_write;
mod json;
mod legacy;
mod network;
mod numbers;
mod pattern;
mod sets;
mod strings;
mod text_patterns;
#[cfg(test)]
mod text_tests;
mod time;
mod yaml;
mod yaml_write;

#[cfg(test)]
mod tests;

pub use encoding::base64_text;
pub(super) use json::escaped;
pub use json::{json_to_val, jsondecode, jsonencode, strict_json};
pub(super) use text_patterns::texts_of_pattern;

use super::convert::{convert, is_untyped};
use super::types::Type;
use super::value::{Kind, Marks, Val, combine, hoist, too_many, unknown_from};
use std::sync::Arc;

/// A parameter.
#[derive(Clone, Copy)]
pub struct Param {
    /// As error messages name it.
    pub name: &'static str,
    /// What the argument is converted to.
    pub ty: fn() -> Type,
    /// Null is passed on, else an error.
    pub null: bool,
    /// Unknown and partly unknown arguments are passed on; else they make the result unknown.
    pub unknown: Unknowns,
    /// Marks are passed on (the function deals with them); else they are taken off all arguments,
    /// nested ones too, and put on the result.
    pub marks: bool,
}

/// Which arguments a function sees although something in them is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unknowns {
    /// None: wholly known arguments only.
    No,
    /// The argument itself is known; its elements need not be.
    Inside,
    /// All.
    Yes,
}

/// Reading of files, for the functions that do; within the boundary.
pub trait Files {
    /// The content of the file at `path` (relative to the current directory of the root module).
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileError>;
    /// Whether there is a file.
    fn exists(&self, path: &str) -> Result<bool, FileError>;
    /// All files below the directory `path`, relative to it, with `/`, sorted.
    fn below(&self, path: &str) -> Result<Vec<String>, FileError>;
}

/// Why a file was not read.
#[derive(Debug)]
pub enum FileError {
    /// There is none: terraform's error too.
    Missing(String),
    /// It lies outside the boundary, or is too large: the value is unknown, terraform might read it.
    NotRead(String),
    /// The configuration stands in a plan file, which does not hold it: the value is unknown.
    NotHeld(String),
}

/// What a function is called with.
pub struct Call<'a> {
    /// The name that was called.
    pub name: &'static str,
    /// The arguments, converted.
    pub args: &'a [Val],
    /// Files.
    pub files: &'a dyn Files,
}

impl Call<'_> {
    /// The text argument at `i`, which is known.
    pub fn str(&self, i: usize) -> &str {
        self.args.get(i).and_then(Val::as_str).unwrap_or("")
    }

    /// The number argument at `i` as an integer.
    pub fn int(&self, i: usize) -> Result<i64, Failure> {
        let n = self.args.get(i).and_then(Val::as_num);
        n.and_then(super::number::Num::to_i64)
            .ok_or_else(|| Failure::at(i, "a whole number is required"))
    }

    /// The elements of the argument at `i`.
    pub fn seq(&self, i: usize) -> &[Val] {
        self.args.get(i).and_then(Val::as_seq).unwrap_or(&[])
    }
}

/// Why a call gives no value.
#[derive(Debug)]
pub enum Failure {
    /// Terraform's error: the argument it is about, and the words.
    Error(Option<usize>, String),
    /// Too few arguments, or too many.
    Count(String),
    /// Not known, although terraform may know it: the reason's words.
    Unknown(super::value::Why, String),
}

impl Failure {
    /// An error of the whole call.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::Error(None, message.into())
    }

    /// An error of the argument at `index`.
    pub fn at(index: usize, message: impl Into<String>) -> Failure {
        Failure::Error(Some(index), message.into())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::new(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Failure {
        Failure::new(message)
    }
}

/// What the result's type is when the arguments are not known.
#[derive(Clone, Copy)]
pub enum Returns {
    /// Always this.
    Always(fn() -> Type),
    /// Depends on the arguments' types.
    From(fn(&[Val]) -> Type),
}

/// A function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The fixed parameters.
    pub params: &'static [Param],
    /// The parameter that may be given any number of times after them.
    pub more: Option<Param>,
    /// The result's type.
    pub returns: Returns,
    /// What it does.
    pub call: fn(&Call<'_>) -> Result<Val, Failure>,
}

/// `string`.
pub fn string() -> Type {
    Type::String
}
/// `number`.
pub fn number() -> Type {
    Type::Number
}
/// `bool`.
pub fn boolean() -> Type {
    Type::Bool
}
/// Any type.
pub fn dynamic() -> Type {
    Type::Dynamic
}
/// `list(string)`.
pub fn list_of_string() -> Type {
    Type::list(Type::String)
}

/// A parameter that takes known values only, no null.
pub const fn param(name: &'static str, ty: fn() -> Type) -> Param {
    Param {
        name,
        ty,
        null: false,
        unknown: Unknowns::No,
        marks: false,
    }
}

impl Param {
    /// Null is passed on.
    #[must_use]
    pub const fn null(self) -> Param {
        Param { null: true, ..self }
    }
    /// Elements may be unknown.
    #[must_use]
    pub const fn unknown_inside(self) -> Param {
        Param {
            unknown: Unknowns::Inside,
            ..self
        }
    }
    /// May be unknown.
    #[must_use]
    pub const fn unknown(self) -> Param {
        Param {
            unknown: Unknowns::Yes,
            ..self
        }
    }
    /// Marks are passed on.
    #[must_use]
    pub const fn marks(self) -> Param {
        Param {
            marks: true,
            ..self
        }
    }
}

/// The tables of all families.
const FAMILIES: &[&[Function]] = &[
    collections::FUNCTIONS,
    conversion::FUNCTIONS,
    encoding::FUNCTIONS,
    files::FUNCTIONS,
    hashes::FUNCTIONS,
    network::FUNCTIONS,
    numbers::FUNCTIONS,
    sets::FUNCTIONS,
    strings::FUNCTIONS,
    text_patterns::FUNCTIONS,
    time::FUNCTIONS,
    yaml::FUNCTIONS,
];

/// The function of a name, without `core::`.
pub fn find(name: &str) -> Option<&'static Function> {
    use std::collections::HashMap;
    use std::sync::OnceLock;
    static BY_NAME: OnceLock<HashMap<&'static str, &'static Function>> = OnceLock::new();
    BY_NAME
        .get_or_init(|| {
            FAMILIES
                .iter()
                .flat_map(|f| f.iter())
                .map(|f| (f.name, f))
                .collect()
        })
        .get(name)
        .copied()
}

/// Whether Terraform or `OpenTofu` has a function of this name, evaluated here or not.
pub fn is_known_name(name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok()
}

/// The functions of Terraform 1.12 and `OpenTofu` 1.12, sorted.
const KNOWN: &[&str] = &[
    "abs",
    "abspath",
    "alltrue",
    "anytrue",
    "base64decode",
    "base64encode",
    "base64gunzip",
    "base64gzip",
    "base64sha256",
    "base64sha512",
    "basename",
    "bcrypt",
    "can",
    "ceil",
    "chomp",
    "chunklist",
    "cidrcontains",
    "cidrhost",
    "cidrnetmask",
    "cidrsubnet",
    "cidrsubnets",
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "contains",
    "convert",
    "csvdecode",
    "dirname",
    "distinct",
    "element",
    "endswith",
    "ephemeralasnull",
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
    "flatten",
    "floor",
    "format",
    "formatdate",
    "formatlist",
    "indent",
    "index",
    "issensitive",
    "join",
    "jsondecode",
    "jsonencode",
    "keys",
    "length",
    "list",
    "log",
    "lookup",
    "lower",
    "map",
    "matchkeys",
    "max",
    "md5",
    "merge",
    "min",
    "nonsensitive",
    "one",
    "parseint",
    "pathexpand",
    "plantimestamp",
    "pow",
    "range",
    "regex",
    "regexall",
    "replace",
    "reverse",
    "rsadecrypt",
    "sensitive",
    "setintersection",
    "setproduct",
    "setsubtract",
    "setunion",
    "sha1",
    "sha256",
    "sha512",
    "signum",
    "slice",
    "sort",
    "split",
    "startswith",
    "strcontains",
    "strrev",
    "substr",
    "sum",
    "templatefile",
    "templatestring",
    "textdecodebase64",
    "textencodebase64",
    "timeadd",
    "timecmp",
    "timestamp",
    "title",
    "tobool",
    "tolist",
    "tomap",
    "tonumber",
    "toset",
    "tostring",
    "transpose",
    "trim",
    "trimprefix",
    "trimspace",
    "trimsuffix",
    "try",
    "upper",
    "urldecode",
    "urlencode",
    "uuid",
    "uuidv5",
    "values",
    "yamldecode",
    "yamlencode",
    "zipmap",
];

/// All names, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FAMILIES
        .iter()
        .flat_map(|f| f.iter())
        .map(|f| f.name)
        .collect();
    names.sort_unstable();
    names
}

/// Calls a function. Alternatives in the arguments are taken one by one.
pub fn call(f: &'static Function, args: &[Val], files: &dyn Files) -> Result<Val, Failure> {
    if args.len() < f.params.len() || (args.len() > f.params.len() && f.more.is_none()) {
        return Err(Failure::Count(format!(
            "{}{} wanted, {} given",
            if f.more.is_some() { "at least " } else { "" },
            f.params.len(),
            args.len()
        )));
    }
    if !args.iter().any(|a| a.has().one_of) {
        return call_one(f, args, files);
    }
    // Alternatives inside an argument that is passed on as it is need not be unfolded.
    let hoisted: Vec<Val> = args
        .iter()
        .enumerate()
        .map(|(i, a)| {
            match f.parameter(i) {
                // A set of elements that are one of several may become one of several sets.
                Some(p) if p.unknown != Unknowns::No => {
                    convert(a, &(p.ty)()).unwrap_or_else(|_| a.clone())
                }
                _ => hoist(a),
            }
        })
        .collect();
    let Some(combinations) = combine(&hoisted) else {
        return Ok(too_many(f.name, &hoisted.iter().collect::<Vec<_>>()));
    };
    let mut out = Vec::with_capacity(combinations.len());
    let mut failure = None;
    for (world, args) in combinations {
        match call_one(f, &args, files) {
            Ok(v) => out.push((world, v)),
            Err(e @ (Failure::Error(..) | Failure::Count(_))) => failure = Some(e),
            Err(Failure::Unknown(why, subject)) => {
                out.push((world, not_known(f, &args, why, subject)));
            }
        }
    }
    match failure {
        // A world in which terraform refuses is not one in which data is kept.
        Some(e) if out.is_empty() => Err(e),
        _ => Ok(Val::one_of(out)),
    }
}

impl Function {
    /// The parameter that the argument at `i` is for.
    pub fn parameter(&self, i: usize) -> Option<&Param> {
        self.params.get(i).or(self.more.as_ref())
    }
}

fn not_known(f: &Function, args: &[Val], why: super::value::Why, subject: String) -> Val {
    let mut v = not_yet_known(f, args);
    if let Kind::Unknown(u) = &mut v.kind {
        let u = Arc::make_mut(u);
        u.why = why;
        u.subject = subject.into();
    }
    v
}

/// The result where an argument is not known. A function that returns what it was given (an element, a
/// default) may return null; those with a type of their own do not.
fn not_yet_known(f: &Function, args: &[Val]) -> Val {
    let ty = match f.returns {
        Returns::Always(t) => t(),
        Returns::From(t) => t(args),
    };
    let may_be_null = ty == Type::Dynamic || matches!(f.name, "element" | "one" | "lookup");
    let mut v = unknown_from(ty, f.name, &args.iter().collect::<Vec<_>>());
    if let (true, Kind::Unknown(u)) = (may_be_null, &mut v.kind) {
        Arc::make_mut(u).not_null = false;
    }
    v
}

fn call_one(f: &'static Function, args: &[Val], files: &dyn Files) -> Result<Val, Failure> {
    let mut marks = Marks::NONE;
    let mut ready = Vec::with_capacity(args.len());
    let mut unknown = false;
    for (i, arg) in args.iter().enumerate() {
        let p = f
            .parameter(i)
            .expect("internal: the number of arguments was checked");
        let mut arg = arg.clone();
        if !p.marks {
            marks = marks.with(arg.has().marks);
            arg = strip(&arg);
        }
        let arg = convert(&arg, &(p.ty)()).map_err(|e| Failure::at(i, e))?;
        let has = arg.has();
        unknown |= match p.unknown {
            Unknowns::No => has.unknown || has.instance,
            Unknowns::Inside => matches!(arg.kind, Kind::Unknown(_) | Kind::Instance(_)),
            Unknowns::Yes => false,
        };
        ready.push(arg);
    }
    // Where the type of one is not known, nothing is said of those after it.
    let untyped = |i: usize, v: &Val| {
        is_untyped(v) && f.parameter(i).is_some_and(|p| p.unknown != Unknowns::Yes)
    };
    for (i, arg) in ready.iter().enumerate() {
        if untyped(i, arg) {
            break;
        }
        if arg.is_null() && f.parameter(i).is_some_and(|p| !p.null) {
            return Err(Failure::at(i, "argument must not be null"));
        }
    }
    if unknown {
        for (i, arg) in ready.iter().enumerate() {
            if !takes(f.name, i, arg) {
                let kind = arg.ty().friendly();
                return Err(Failure::at(i, format!("a {kind} is of the wrong kind")));
            }
        }
        let mut v = not_yet_known(f, &ready);
        v.marks = marks;
        if f.name == "lookup" && !is_untyped(&ready[0]) {
            v.marks = ready.iter().fold(marks, |all, arg| all.with(arg.marks));
        }
        return Ok(v);
    }
    match (f.call)(&Call {
        name: f.name,
        args: &ready,
        files,
    }) {
        Ok(v) => Ok(v.marked(marks)),
        Err(Failure::Unknown(why, subject)) => Ok(not_known(f, &ready, why, subject).marked(marks)),
        Err(e) => Err(e),
    }
}

/// Whether a function can take a value of this kind, also where the value is not known; that is asked
/// only where the parameter's own type leaves it open.
fn takes(name: &str, at: usize, v: &Val) -> bool {
    let Kind::Unknown(u) = &v.kind else {
        return true;
    };
    match (name, at) {
        ("index" | "element" | "slice", 0) | ("zipmap", 1) | ("concat" | "coalescelist", _) => {
            matches!(u.ty, Type::List(_) | Type::Tuple(_) | Type::Dynamic)
        }
        ("reverse" | "one" | "flatten" | "sum", 0) | ("setproduct", _) => matches!(
            u.ty,
            Type::List(_) | Type::Tuple(_) | Type::Set(_) | Type::Dynamic
        ),
        ("values" | "lookup", 0) => {
            matches!(u.ty, Type::Map(_) | Type::Object(_) | Type::Dynamic)
        }
        _ => true,
    }
}

/// Without marks, at every depth.
pub fn strip(v: &Val) -> Val {
    if v.has().marks.is_empty() {
        return v.clone();
    }
    let kind = match &v.kind {
        Kind::List(s) => return Val::list(s.elem.clone(), s.items.iter().map(strip).collect()),
        Kind::Set(s) => return Val::set(s.elem.clone(), s.items.iter().map(strip).collect()),
        Kind::Tuple(s) => return Val::tuple(s.items.iter().map(strip).collect()),
        Kind::Map(f) => {
            return Val::map(
                f.elem.clone(),
                f.items.iter().map(|(k, v)| (k.clone(), strip(v))).collect(),
            );
        }
        Kind::Object(f) => {
            let items = f.items.iter().map(|(k, v)| (k.clone(), strip(v))).collect();
            return match &f.open {
                Some(open) => Val::open_object(items, open.clone()),
                None => Val::object(items),
            };
        }
        other => other.clone(),
    };
    Val {
        kind,
        marks: Marks::NONE,
        via: v.via.clone(),
    }
}
