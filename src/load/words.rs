//! What Terraform reads without evaluating: literal texts, provider references, module sources.

use super::project::{ProviderKey, ProviderUse};
use super::syntax::{Expr, NodeId, Tree};
use crate::source::FileId;
use std::borrow::Cow;

/// Brackets and `"${…}"` around an expression are looked through so many times.
const WRAPPED: usize = 16;

/// An expression without the brackets around it.
fn bare(tree: &Tree, mut node: NodeId) -> NodeId {
    for _ in 0..WRAPPED {
        match tree.expr(node) {
            Expr::Paren(inner) => node = inner,
            _ => break,
        }
    }
    node
}

/// The text of an expression that is literal.
pub(super) fn literal(tree: &Tree, node: NodeId) -> Option<Cow<'_, str>> {
    match tree.expr(bare(tree, node)) {
        Expr::Text(text) => Some(text.decode()),
        Expr::Template([]) => Some(Cow::Borrowed("")),
        _ => None,
    }
}

/// A reference to a provider configuration: `aws`, `aws.tokyo`, or one of them in quotes.
pub(super) fn provider(tree: &Tree, node: NodeId) -> Option<ProviderKey> {
    let mut node = bare(tree, node);
    if let Expr::Wrap(inner) = tree.expr(node) {
        node = bare(tree, inner);
    }
    let (name, alias) = match tree.expr(node) {
        Expr::Variable(name) => (Cow::Borrowed(name), None),
        Expr::Attr { of, name } => match tree.expr(of) {
            Expr::Variable(of) => (Cow::Borrowed(of), Some(Cow::Borrowed(name))),
            _ => return None,
        },
        Expr::Text(text) => {
            let text = text.decode();
            match text.split_once('.') {
                Some((name, alias)) => (
                    Cow::Owned(name.to_owned()),
                    Some(Cow::Owned(alias.to_owned())),
                ),
                None => (text, None),
            }
        }
        _ => return None,
    };
    (!name.is_empty()).then(|| ProviderKey {
        name: name.into(),
        alias: alias.map(Into::into),
    })
}

/// A use of a provider configuration: such a reference, or one with a key after it (`OpenTofu`).
pub(super) fn provider_use(tree: &Tree, file: FileId, node: NodeId) -> Option<ProviderUse> {
    let node = bare(tree, node);
    if let Expr::Index { of, key } = tree.expr(node) {
        return Some(ProviderUse {
            key: provider(tree, of)?,
            instance: Some((file, key)),
        });
    }
    Some(ProviderUse {
        key: provider(tree, node)?,
        instance: None,
    })
}

/// The elements of a list that is written out.
pub(super) fn elements(tree: &Tree, node: NodeId) -> &[NodeId] {
    match tree.expr(bare(tree, node)) {
        Expr::Tuple(elements) => elements,
        _ => &[],
    }
}

/// The keys and values of an object that is written out.
pub(super) fn entries(tree: &Tree, node: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> {
    let entries = match tree.expr(bare(tree, node)) {
        Expr::Object(entries) => entries,
        _ => &[],
    };
    entries.as_chunks::<2>().0.iter().map(|&[k, v]| (k, v))
}

/// Whether a module source names a directory beside the caller's.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// The local name of the provider that a resource type belongs to when nothing else is said.
pub(super) fn provider_of_type(ty: &str) -> &str {
    ty.split_once('_').map_or(ty, |(name, _)| name)
}
