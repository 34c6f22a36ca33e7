//! Answers: attributes of data sources and resources that nobody has to ask a cloud for.
//!
//! Lives here: which answers there are, and what all that write JSON share. Which attribute of which
//! type has one is the catalog's to say ([`super::Types::answer`]); the types' names stand nowhere
//! here. Not here: the documents themselves (`iam_policy.rs`, `bindings.rs`), answers that rows write as
//! expressions (`told.rs`), data sources that read what the configuration makes (`same.rs`) or another
//! root's state (`remote_state.rs`).

mod bindings;
mod iam_policy;
mod remote_state;
mod rests;
mod same;
mod told;

pub(super) use same::Names;
pub use same::SameAs;

use super::body::META;
use super::evaluated::{From, View};
use super::functions::escaped;
use super::text::{Piece, concat, parts_of, unknown_text};
use super::types::Type;
use super::value::{
    Kind, MAX_ALTERNATIVES, Part, Ref, Unknown, Val, Whose, Why, World, hoist, unknown_from,
};
use super::{Evaluation, convert::convert};
use crate::load::syntax::{Expr, Tree, parse_expression};
use crate::source::Place;
use std::sync::Arc;

/// An answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The document that the AWS provider builds of statements.
    IamPolicyDocument,
    /// The same without white space.
    IamPolicyDocumentMinified,
    /// The document that the Google provider builds of bindings.
    GoogleIamPolicy,
    /// The account that terraform runs in: which it is is not known, but that it is that one.
    OwnAccount,
    /// `serviceAccount:` and the name of an account for software, which Google gives.
    ServiceAccountMember,
    /// The value of an expression (see `told.rs`).
    Expression(Arc<Tree>),
}

impl Answer {
    /// An answer as the catalog writes it: one of the words above, or an expression.
    pub fn parse(text: &str) -> Option<Answer> {
        Some(match text {
            "iam-policy-document" => Answer::IamPolicyDocument,
            "iam-policy-document-minified" => Answer::IamPolicyDocumentMinified,
            "google-iam-policy" => Answer::GoogleIamPolicy,
            "own-account" => Answer::OwnAccount,
            "service-account-member" => Answer::ServiceAccountMember,
            _ => {
                let tree = parse_expression(text);
                // A bare word that is none of the words above is a mistake, no expression.
                let word = matches!(
                    tree.expr(tree.root()),
                    Expr::Variable(_) | Expr::Binary { .. }
                );
                if word || !tree.errors().is_empty() {
                    return None;
                }
                Answer::Expression(Arc::new(tree))
            }
        })
    }
}

impl Evaluation<'_> {
    /// The answer of an instance, of which `view` is the content; `None` where what is written does
    /// not make one.
    pub(super) fn answer(&self, answer: &Answer, view: &View, reference: &Ref) -> Option<Val> {
        let text = match answer {
            Answer::Expression(tree) => match self.told(tree, view, reference) {
                Some(v) => Some(v),
                None => return self.told_elsewhere(reference),
            },
            Answer::IamPolicyDocument => self.iam_policy_document(view, Layout::Indented),
            Answer::IamPolicyDocumentMinified => self.iam_policy_document(view, Layout::Compact),
            Answer::GoogleIamPolicy => self.policy_of_bindings(view),
            Answer::OwnAccount => {
                return Some(self.named(reference, &[Part::Named(Whose::OwnAccount)]));
            }
            Answer::ServiceAccountMember => {
                let parts = [
                    Part::Known("serviceAccount:".into()),
                    Part::Named(Whose::Thing),
                ];
                return Some(self.named(reference, &parts));
            }
        }?;
        Some(text.via(Arc::new(reference.clone())))
    }

    /// What a data source is called by, where the code does not tell it.
    fn told_elsewhere(&self, reference: &Ref) -> Option<Val> {
        let plain = reference.key == super::value::Key::None && self.is_data(reference);
        let part = Part::Named(Whose::Told(reference.module, reference.resource));
        (plain && self.never_null(reference)).then(|| self.named(reference, &[part]))
    }

    /// A text that is there after apply, of which so much is known.
    fn named(&self, reference: &Ref, parts: &[Part]) -> Val {
        let mut v = self.computed(reference);
        if let Kind::Unknown(u) = &mut v.kind {
            let u: &mut Unknown = Arc::make_mut(u);
            (u.ty, u.not_null) = (Type::String, true);
            u.parts = Arc::from(parts);
        }
        v
    }

    /// The worlds that a body's blocks and values hang on, told apart; too many are not, and what hangs
    /// on them counts as not known.
    fn told_apart(&self, view: &View, blocks: &[(&str, &[&str])]) -> Vec<World> {
        let mut worlds = vec![view.when.clone()];
        let split = |by: &[World], worlds: &mut Vec<World>| {
            let next: Vec<World> = worlds
                .iter()
                .flat_map(|w| by.iter().filter_map(|b| w.and(b)))
                .collect();
            if next.len() <= MAX_ALTERNATIVES {
                *worlds = next;
            }
        };
        let values = |view: &View, worlds: &mut Vec<World>| {
            let From::Text(body, _) = &view.from else {
                return;
            };
            for (_, a) in body.attributes(&self.project.sources) {
                if META.contains(&a.name) {
                    continue;
                }
                if let Some(found) = self.attribute(view, a.name)
                    && let Kind::OneOf(alts) = &hoist(&found.val).kind
                {
                    let by: Vec<World> = alts.iter().map(|a| a.when.clone()).collect();
                    split(&by, worlds);
                }
            }
        };
        values(view, &mut worlds);
        for (name, inner) in blocks {
            for outer in self.blocks(view, name) {
                split(&with_contrary(&outer.when), &mut worlds);
                values(&outer, &mut worlds);
                for name in *inner {
                    for block in self.blocks(&outer, name) {
                        split(&with_contrary(&block.when), &mut worlds);
                        values(&block, &mut worlds);
                    }
                }
            }
        }
        worlds
    }

    /// The blocks of a body that are there in a world; and whether there may be more.
    fn blocks_in(&self, view: &View, name: &str, world: &World) -> (Vec<View>, bool) {
        let (mut there, mut open) = (Vec::new(), false);
        for block in self.blocks(view, name) {
            if !world.agrees(&block.when) {
                continue;
            }
            let told = block.when.literals().iter().all(|l| {
                let contrary = World::of(l.negate());
                !world.agrees(&contrary)
            });
            if block.maybe && !view.maybe || !told {
                open = true;
            } else {
                there.push(block);
            }
        }
        (there, open)
    }

    /// An attribute in a world; null where nothing is written, unknown where the world leaves several.
    fn value_in(&self, view: &View, name: &str, world: &World) -> Val {
        let Some(found) = self.attribute(view, name) else {
            return Val::null();
        };
        let v = hoist(&found.val.within(world)).within(world);
        match &v.kind {
            Kind::OneOf(_) => unknown_from(Type::Dynamic, "answer", &[&v]),
            _ => v,
        }
    }

    /// A text attribute in a world; `None` for null and `""`.
    fn text_in(&self, view: &View, name: &str, world: &World) -> Option<Val> {
        let v = self.value_in(view, name, world);
        let v = convert(&v, &Type::String).unwrap_or(v);
        (!v.is_null() && v.as_str() != Some("")).then_some(v)
    }

    /// The texts of a list or set in a world, nulls left out.
    fn texts_in(&self, view: &View, name: &str, world: &World) -> Texts {
        let v = self.value_in(view, name, world);
        if v.is_null() {
            return Texts::default();
        }
        let Some(items) = v.as_seq() else {
            return Texts {
                items: Vec::new(),
                open: Some(v),
            };
        };
        let items = items.iter().filter(|i| !i.is_null());
        Texts {
            items: items
                .map(|i| convert(i, &Type::String).unwrap_or_else(|_| i.clone()))
                .collect(),
            open: None,
        }
    }
}

/// Texts of a list; `open` is what stands for those that are not known.
#[derive(Default)]
struct Texts {
    items: Vec<Val>,
    open: Option<Val>,
}

/// A world and those that are its contrary, one for each thing that it assumes.
fn with_contrary(world: &World) -> Vec<World> {
    let mut out = vec![world.clone()];
    let mut before = World::ANY;
    for literal in world.literals() {
        out.extend(before.and(&World::of(literal.negate())));
        before = before.and(&World::of(literal.clone())).unwrap_or(before);
    }
    out
}

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// As Go's `MarshalIndent` with two spaces.
    Indented,
    /// As Go's `Marshal`.
    Compact,
}

/// JSON to be written, parts of which are not known.
#[derive(Clone)]
enum Out {
    /// Text.
    Text(Val),
    /// A bool, number or null, as it stands.
    Bare(String),
    /// A list; with a value: of more elements, which that stands for.
    List(Vec<Out>, Option<Val>),
    /// An object, likewise.
    Object(Vec<(Val, Out)>, Option<Val>),
    /// A value that is not known.
    Gap(Val),
}

impl Out {
    /// The text of the document.
    fn write(&self, layout: Layout) -> Val {
        let mut pieces = Vec::new();
        self.pieces(layout, 0, &mut pieces);
        concat("jsonencode", &pieces)
    }

    fn pieces(&self, layout: Layout, depth: usize, out: &mut Vec<Piece>) {
        let line = |out: &mut Vec<Piece>, depth: usize| {
            if layout == Layout::Indented {
                out.push(format!("\n{}", "  ".repeat(depth)).into());
            }
        };
        match self {
            Out::Text(v) => text_pieces(v, out),
            Out::Bare(s) => out.push(s.as_str().into()),
            Out::Gap(v) => out.push(gap(v, Part::Unknown).into()),
            Out::List(items, open) => {
                out.push("[".into());
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(",".into());
                    }
                    out.extend(open.iter().map(|v| gap(v, Part::Unknown).into()));
                    line(out, depth + 1);
                    item.pieces(layout, depth + 1, out);
                }
                out.extend(open.iter().map(|v| gap(v, Part::Unknown).into()));
                if !items.is_empty() {
                    line(out, depth);
                }
                out.push("]".into());
            }
            Out::Object(members, open) => {
                out.push("{".into());
                for (i, (key, item)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(",".into());
                    }
                    out.extend(open.iter().map(|v| gap(v, Part::Unknown).into()));
                    line(out, depth + 1);
                    text_pieces(key, out);
                    out.push(
                        if layout == Layout::Indented {
                            ": "
                        } else {
                            ":"
                        }
                        .into(),
                    );
                    item.pieces(layout, depth + 1, out);
                }
                out.extend(open.iter().map(|v| gap(v, Part::Unknown).into()));
                if !members.is_empty() {
                    line(out, depth);
                }
                out.push("}".into());
            }
        }
    }
}

fn gap(v: &Val, part: Part) -> Val {
    unknown_text("answer", &[v], vec![part])
}

fn text_pieces(v: &Val, out: &mut Vec<Piece>) {
    out.push("\"".into());
    for part in parts_of(v) {
        match part {
            Part::Known(s) => out.push(escaped(&s).into()),
            unknown => out.push(gap(v, unknown).into()),
        }
    }
    out.push("\"".into());
}

/// Something that is not known, where no value says why.
fn not_known(place: Place) -> Val {
    let id = super::value::mix(u64::from(place.span.start), 0xa5e7);
    Val::unknown(Type::Dynamic, id, Why::Instances, "")
}

/// A text with its known parts changed.
fn mapped(v: &Val, f: impl Fn(&str) -> String) -> Val {
    match v.as_str() {
        Some(s) => Val::text(&f(s)),
        None => {
            let parts = parts_of(v).into_iter().map(|p| match p {
                Part::Known(s) => Part::Known(f(&s).into()),
                gap => gap,
            });
            unknown_text("answer", &[v], parts.collect())
        }
    }
}
