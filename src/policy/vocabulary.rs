//! The words that conditions of rules may use: objects, what they have, and functions.
//!
//! Lives here: whether a condition uses only words that there are. Not here: what the words come to
//! (`words.rs`, `functions.rs`).

use super::rules::About;
use crate::evaluate::functions;
use crate::load::syntax::{Expr, NodeId, Tree};

/// The objects that a condition may speak of, and what they have. A word that is not here is a mistake
/// of whoever uses it: what nobody knows must not look like an answer.
const WORDS: &[(&str, &[&str])] = &[
    (
        "store",
        &[
            "address",
            "type",
            "category",
            "service_kind",
            "data_class",
            "marks",
            "tags",
            "provider",
            "target",
            "operator",
            "location",
            "encryption",
            "custody",
            "exposure",
            "access",
            "network",
            "sign_in",
            "backup",
            "deletion_protected",
            "transport",
        ],
    ),
    ("part", &["part", "encryption", "custody"]),
    (
        "copy",
        &[
            "kind",
            "service_kind",
            "location",
            "encryption",
            "custody",
            "key_location",
            "to",
        ],
    ),
    (
        "key",
        &[
            "address",
            "type",
            "location",
            "custody",
            "imported",
            "rotation",
            "open",
            "foreign",
            "deletion_window",
            "protected",
            "cipher",
            "serves",
            "backup",
        ],
    ),
    (
        "other",
        &["type", "role", "open", "opens", "transport", "sign_in"],
    ),
    ("sign_in", &["password_length", "mfa", "reuse_refused"]),
    ("secret", &["address", "type", "path", "in_code"]),
    (
        "service",
        &[
            "type",
            "address",
            "service_kind",
            "operator",
            "location",
            "credentials",
        ],
    ),
    ("backend", &["type", "location"]),
    (
        "policy",
        &[
            "home",
            "accepted_regions",
            "countries_of_concern",
            "minimum_deletion_window",
            "minimum_password_length",
        ],
    ),
    ("operator", &["name", "country", "reach", "ismap"]),
    ("encryption", &["at_rest", "cipher"]),
    ("transport", &["plaintext", "weak"]),
    ("location", &["regions", "countries", "namespace"]),
];

/// The functions beside Terraform's own, and those of Terraform that take expressions and not values:
/// they are no plain functions.
const FUNCTIONS: &[&str] = &["within", "outside", "at_least", "listed", "try", "can"];

fn has(object: &str) -> Option<&'static [&'static str]> {
    let object = if object == "key_location" {
        "location"
    } else {
        object
    };
    let found = WORDS.iter().find(|(name, _)| *name == object);
    found.map(|(_, words)| *words)
}

/// The objects that there are where a question is about such a thing.
fn objects(about: About) -> &'static [&'static str] {
    match about {
        About::Store => &["store", "policy"],
        About::Part => &["part", "store", "policy"],
        About::Copy => &["copy", "store", "policy"],
        About::Key => &["key", "policy"],
        About::Backend => &["backend", "policy"],
        About::Service => &["service", "policy"],
        About::Secret => &["secret", "policy"],
        About::Route | About::Door | About::Endpoint | About::Opaque | About::SignIn => {
            &["other", "policy"]
        }
    }
}

/// Whether a condition uses only words and functions that there are.
///
/// # Errors
/// The first that there is not.
pub fn check(tree: &Tree, about: About) -> Result<(), String> {
    walk(tree, tree.root(), about, &mut Vec::new())
}

fn walk<'t>(
    tree: &'t Tree,
    node: NodeId,
    about: About,
    own: &mut Vec<&'t str>,
) -> Result<(), String> {
    let all = |nodes: &[NodeId], own: &mut Vec<&'t str>| {
        nodes.iter().try_for_each(|&n| walk(tree, n, about, own))
    };
    match tree.expr(node) {
        Expr::Variable(name) => {
            if own.contains(&name) || objects(about).contains(&name) {
                Ok(())
            } else {
                Err(format!("there is no `{name}` here"))
            }
        }
        Expr::Attr { of, name } => {
            walk(tree, of, about, own)?;
            let object = match tree.expr(of) {
                Expr::Variable(object) if !own.contains(&object) => object,
                Expr::Attr { name: object, .. } => object,
                _ => return Ok(()),
            };
            match has(object) {
                Some(words) if !words.contains(&name) => Err(format!(
                    "`{object}` has no `{name}`; it has {}",
                    words.join(", ")
                )),
                _ => Ok(()),
            }
        }
        Expr::Call { name, args, .. } => {
            if !FUNCTIONS.contains(&name) && functions::find(name).is_none() {
                return Err(format!("there is no function `{name}`"));
            }
            all(args, own)
        }
        Expr::LegacyIndex { of, .. } | Expr::Unary { of, .. } => all(&[of], own),
        Expr::Paren(x) | Expr::Wrap(x) => all(&[x], own),
        Expr::Splat { of, each, .. } => all(&[of, each], own),
        Expr::Index { of, key } => all(&[of, key], own),
        Expr::Binary { left, right, .. } => all(&[left, right], own),
        Expr::Conditional { cond, then, other } => all(&[cond, then, other], own),
        Expr::Tuple(items) | Expr::Object(items) | Expr::Template(items) => all(items, own),
        Expr::For(f) => {
            all(&[f.collection], own)?;
            let before = own.len();
            own.extend(f.key_name);
            own.push(f.value_name);
            let inner: Vec<NodeId> = [Some(f.value), f.key, f.condition]
                .into_iter()
                .flatten()
                .collect();
            let result = all(&inner, own);
            own.truncate(before);
            result
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_there_are() {
        let ask =
            |text: &str, about: About| check(&crate::load::syntax::parse_expression(text), about);
        let good =
            "store.operator.country == \"JP\" && [for c in store.location.countries : c] != []";
        assert_eq!(ask(good, About::Store), Ok(()));
        assert_eq!(
            ask("within(copy.location, policy.home)", About::Copy),
            Ok(())
        );
        for (text, about) in [
            ("store.operater.country", About::Store),
            ("store.operator.licence", About::Store),
            ("copy.kind", About::Store),
            ("policy.house", About::Store),
            ("wthin(store.location, policy.home)", About::Store),
            ("[for store in policy.home : c]", About::Store),
        ] {
            assert!(ask(text, about).is_err(), "{text}");
        }
    }
}
