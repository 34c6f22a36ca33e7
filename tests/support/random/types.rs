//! Types of what is generated.

use super::Rng;

/// A type that an expression is wanted of.
#[derive(Clone, PartialEq, Debug)]
pub enum Ty {
    Bool,
    Num,
    Str,
    List(Box<Ty>),
    Set(Box<Ty>),
    Map(Box<Ty>),
    Tuple(Vec<Ty>),
    Object(Vec<(&'static str, Ty)>),
}

/// Names of attributes.
pub const NAMES: &[&str] = &["a", "b", "c", "name", "tags"];

impl Ty {
    /// A primitive one.
    pub fn primitive(rng: &mut Rng) -> Ty {
        rng.pick(&[Ty::Str, Ty::Str, Ty::Num, Ty::Bool]).clone()
    }

    /// Any type, nested at most so deep.
    pub fn random(rng: &mut Rng, depth: usize) -> Ty {
        if depth == 0 || rng.percent(35) {
            return Ty::primitive(rng);
        }
        let inner = |rng: &mut Rng| Box::new(Ty::random(rng, depth - 1));
        match rng.below(6) {
            0 | 1 => Ty::List(inner(rng)),
            2 => Ty::Set(Box::new(Ty::primitive(rng))),
            3 => Ty::Map(inner(rng)),
            4 => Ty::Tuple((0..rng.below(4)).map(|_| *inner(rng)).collect()),
            _ => {
                let mut fields = Vec::new();
                for name in NAMES {
                    if rng.percent(40) {
                        fields.push((*name, *inner(rng)));
                    }
                }
                Ty::Object(fields)
            }
        }
    }

    /// The shortest expression of it.
    pub fn simple(&self) -> String {
        match self {
            Ty::Bool => "true".into(),
            Ty::Num => "1".into(),
            Ty::Str => "\"a\"".into(),
            Ty::List(t) => format!("tolist([{}])", t.simple()),
            Ty::Set(t) => format!("toset([{}])", t.simple()),
            Ty::Map(t) => format!("tomap({{a={}}})", t.simple()),
            Ty::Tuple(ts) => {
                let items: Vec<String> = ts.iter().map(Ty::simple).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Object(fields) => {
                let items: Vec<String> = fields
                    .iter()
                    .map(|(n, t)| format!("{n}={}", t.simple()))
                    .collect();
                format!("{{{}}}", items.join(", "))
            }
        }
    }

    /// As a type constraint; sometimes looser than the type is.
    pub fn constraint(&self, rng: &mut Rng) -> String {
        if rng.percent(8) {
            return "any".into();
        }
        match self {
            Ty::Bool => "bool".into(),
            Ty::Num => "number".into(),
            Ty::Str => "string".into(),
            Ty::List(t) => format!("list({})", t.constraint(rng)),
            Ty::Set(t) => format!("set({})", t.constraint(rng)),
            Ty::Map(t) => format!("map({})", t.constraint(rng)),
            Ty::Tuple(ts) => {
                let items: Vec<String> = ts.iter().map(|t| t.constraint(rng)).collect();
                format!("tuple([{}])", items.join(", "))
            }
            Ty::Object(fields) => {
                let mut items: Vec<String> = fields
                    .iter()
                    .map(|(n, t)| match rng.below(5) {
                        0 => format!("{n} = optional({})", t.constraint(rng)),
                        1 => format!("{n} = optional({}, {})", t.constraint(rng), t.literal(rng)),
                        _ => format!("{n} = {}", t.constraint(rng)),
                    })
                    .collect();
                if rng.percent(25) {
                    items.push(format!(
                        "extra = optional(string{})",
                        rng.pick(&["", ", \"e\"", ", null"])
                    ));
                }
                if rng.percent(15) {
                    items.push("deep = optional(object({ x = optional(number, 3), y = optional(list(string)) }), {})".into());
                }
                format!("object({{ {} }})", items.join(", "))
            }
        }
    }

    /// A constant of it, without calls: for defaults and values files.
    pub fn literal(&self, rng: &mut Rng) -> String {
        if rng.percent(2) {
            return "null".into();
        }
        match self {
            Ty::Bool => (*rng.pick(&["true", "false", "\"true\""])).into(),
            Ty::Num => (*rng.pick(&["0", "1", "-3", "2.5", "\"7\"", "1e3"])).into(),
            Ty::Str => (*rng.pick(&[
                "\"\"",
                "\"a\"",
                "\"x-y\"",
                "\"東京\"",
                "5",
                "true",
                "\"a b\"",
            ]))
            .into(),
            Ty::List(t) | Ty::Set(t) => {
                let items: Vec<String> = (0..rng.below(4)).map(|_| t.literal(rng)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Map(t) => {
                let n = rng.below(4);
                let items: Vec<String> = ["k", "a", "z"][..n.min(3)]
                    .iter()
                    .map(|k| format!("{k} = {}", t.literal(rng)))
                    .collect();
                format!("{{ {} }}", items.join(", "))
            }
            Ty::Tuple(ts) => {
                let items: Vec<String> = ts.iter().map(|t| t.literal(rng)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Object(fields) => {
                let mut items = Vec::new();
                for (n, t) in fields {
                    if !rng.percent(3) {
                        items.push(format!("{n} = {}", t.literal(rng)));
                    }
                }
                if rng.percent(10) {
                    items.push("more = 1".into());
                }
                format!("{{ {} }}", items.join(", "))
            }
        }
    }
}
