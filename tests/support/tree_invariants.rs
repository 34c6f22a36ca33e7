//! What must hold for every tree, whatever the bytes were. Shared by the property tests and the
//! fuzz target, which is why the parser comes by way of `super::syntax`.

use super::syntax::{Expr, Item, MAX_ERRORS, NodeId, Span, SyntaxError, Tree, dump};

/// Panics if the tree breaks one of its promises.
pub fn check(tree: &Tree, file_len: usize) {
    let source = tree.source();
    assert_eq!(
        source.len(),
        file_len,
        "offsets must stay those of the file"
    );
    assert!(tree.errors().len() <= MAX_ERRORS);
    let mut last = 0;
    for error in tree.errors() {
        assert!(
            SyntaxError::CODES.contains(&error.code),
            "{} is not listed",
            error.code
        );
        inside(source, error.span);
        if let Some(related) = error.related {
            inside(source, related);
        }
        assert!(last <= error.span.start, "errors are in order");
        last = error.span.start;
    }
    let mut last = 0;
    for comment in tree.comments() {
        inside(source, *comment);
        assert!(last <= comment.start, "comments are in order and apart");
        last = comment.end;
    }
    let mut visited = 0;
    body(tree, tree.root(), 0, &mut visited);
    if visited == 0 {
        expression(tree, tree.root(), 0, &mut visited);
    }
    assert!(visited <= tree.len() + 1, "a tree, not a graph");
    let _ = dump(tree);
}

fn inside(source: &str, span: Span) {
    assert!(span.start <= span.end, "{span:?} is backwards");
    assert!(span.end as usize <= source.len(), "{span:?} is outside");
    assert!(
        source.is_char_boundary(span.start as usize),
        "{span:?} cuts a character"
    );
    assert!(
        source.is_char_boundary(span.end as usize),
        "{span:?} cuts a character"
    );
}

fn body(tree: &Tree, id: NodeId, depth: u32, visited: &mut usize) {
    assert!(depth < 1_000, "blocks are nested within the limit");
    for item in tree.items(id) {
        *visited += 1;
        match item {
            Item::Attribute(a) => {
                inside(tree.source(), a.span);
                inside(tree.source(), a.name_span);
                expression(tree, a.value, 0, visited);
            }
            Item::Block(b) => {
                inside(tree.source(), b.span);
                inside(tree.source(), b.header);
                for (i, _) in b.labels().enumerate() {
                    inside(
                        tree.source(),
                        b.label_span(i).expect("each label has a place"),
                    );
                }
                body(tree, b.body, depth + 1, visited);
            }
        }
    }
}

fn expression(tree: &Tree, id: NodeId, height: u32, visited: &mut usize) {
    *visited += 1;
    assert!(height <= 1_500, "expressions are no higher than the limit");
    inside(tree.source(), tree.span(id));
    let mut kids: Vec<NodeId> = Vec::new();
    match tree.expr(id) {
        Expr::Missing
        | Expr::Null
        | Expr::Bool(_)
        | Expr::Item
        | Expr::Number(_)
        | Expr::Variable(_) => {}
        Expr::Text(text) => drop(text.decode()),
        Expr::Template(list) | Expr::Tuple(list) | Expr::Object(list) => kids.extend(list),
        Expr::Call { args, .. } => kids.extend(args),
        Expr::Wrap(of)
        | Expr::Paren(of)
        | Expr::Attr { of, .. }
        | Expr::LegacyIndex { of, .. }
        | Expr::Unary { of, .. } => kids.push(of),
        Expr::Index { of, key } => kids.extend([of, key]),
        Expr::Splat { of, each, .. } => kids.extend([of, each]),
        Expr::Binary { left, right, .. } => kids.extend([left, right]),
        Expr::Conditional { cond, then, other } => kids.extend([cond, then, other]),
        Expr::For(f) => {
            kids.extend([f.collection, f.value]);
            kids.extend(f.key);
            kids.extend(f.condition);
        }
        Expr::TemplateIf { cond, then, other } => {
            kids.extend([cond, then]);
            kids.extend(other);
        }
        Expr::TemplateFor {
            collection, body, ..
        } => kids.extend([collection, body]),
    }
    for kid in kids {
        expression(tree, kid, height + 1, visited);
    }
}
