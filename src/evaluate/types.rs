//! Terraform's types, as values have them and as type constraints ask for them.
//!
//! Lives here: the type itself, how it is printed, whether two are equal. Not here: conversion of
//! values (`convert.rs`), type constraint expressions of variables (`constraint.rs`).

use std::fmt;
use std::sync::Arc;

/// A type. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs)]
pub enum Type {
    /// Not known, or any (`any`, cty's dynamic pseudo-type).
    #[default]
    Dynamic,
    Bool,
    Number,
    String,
    List(Arc<Type>),
    Set(Arc<Type>),
    Map(Arc<Type>),
    Tuple(Arc<Vec<Type>>),
    Object(Arc<ObjectType>),
}

/// The attributes of an object type, sorted by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ObjectType {
    /// Name and type, sorted by name.
    pub attributes: Vec<(Arc<str>, Type)>,
}

impl Type {
    /// `list(of)`.
    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    /// `set(of)`.
    pub fn set(of: Type) -> Type {
        Type::Set(Arc::new(of))
    }

    /// `map(of)`.
    pub fn map(of: Type) -> Type {
        Type::Map(Arc::new(of))
    }

    /// `tuple([…])`.
    pub fn tuple(of: Vec<Type>) -> Type {
        Type::Tuple(Arc::new(of))
    }

    /// `object({…})`; sorts.
    pub fn object(mut attributes: Vec<(Arc<str>, Type)>) -> Type {
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        Type::Object(Arc::new(ObjectType { attributes }))
    }

    /// Bool, number or string.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// Whether a dynamic type stands anywhere in it.
    pub fn has_dynamic(&self) -> bool {
        match self {
            Type::Dynamic => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_dynamic(),
            Type::Tuple(ts) => ts.iter().any(Type::has_dynamic),
            Type::Object(o) => o.attributes.iter().any(|(_, t)| t.has_dynamic()),
        }
    }

    /// As error messages say it: `string`, `list of string`, `object`.
    pub fn friendly(&self) -> String {
        match self {
            Type::Dynamic => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(t) => format!("list of {}", t.friendly()),
            Type::Set(t) => format!("set of {}", t.friendly()),
            Type::Map(t) => format!("map of {}", t.friendly()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }

    /// As `type()` of terraform's console prints it, its lines joined: after an object or tuple in a
    /// collection a comma is left over.
    pub fn console(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, ", ");
        out
    }

    /// `after` follows the object or tuple in a collection.
    fn write(&self, out: &mut String, after: &str) {
        let wrap = |out: &mut String, name: &str, of: &Type| {
            out.push_str(name);
            out.push('(');
            of.write(out, after);
            if matches!(of, Type::Tuple(_) | Type::Object(_)) {
                out.push_str(after);
            }
            out.push(')');
        };
        match self {
            Type::Dynamic => out.push_str("dynamic"),
            Type::Bool => out.push_str("bool"),
            Type::Number => out.push_str("number"),
            Type::String => out.push_str("string"),
            Type::List(t) => wrap(out, "list", t),
            Type::Set(t) => wrap(out, "set", t),
            Type::Map(t) => wrap(out, "map", t),
            Type::Tuple(ts) => {
                out.push_str("tuple([");
                for (i, t) in ts.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    t.write(out, after);
                }
                out.push_str("])");
            }
            Type::Object(o) => {
                out.push_str("object({");
                for (i, (name, t)) in o.attributes.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    out.push_str(name);
                    out.push_str(": ");
                    t.write(out, after);
                }
                out.push_str("})");
            }
        }
    }
}

/// As it would be written as a type constraint, on one line.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, "");
        f.write_str(&out)
    }
}
