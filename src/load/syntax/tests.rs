//! What the parser makes of single texts; verdicts and trees of native syntax at large are held by
//! `tests/parser_differential.rs` against those of Terraform's own parser.

use super::{
    Expr, MAX_ERRORS, NodeId, Tree, parse_expression, parse_json, parse_json_values, parse_native,
    parse_template,
};

fn codes(tree: &Tree) -> Vec<&'static str> {
    tree.errors().iter().map(|e| e.code).collect()
}

/// The value of attribute `a`.
fn value(tree: &Tree) -> NodeId {
    tree.attribute(tree.root(), "a")
        .expect("the text sets a")
        .value
}

fn said(tree: &Tree, id: NodeId) -> String {
    match tree.expr(id) {
        Expr::Text(text) => text.decode().into_owned(),
        Expr::Template(pieces) => pieces.iter().map(|&p| said(tree, p)).collect(),
        Expr::Variable(name) => format!("<{name}>"),
        other => format!("{other:?}"),
    }
}

#[test]
fn strings_say_what_their_escapes_mean() {
    for (text, expected) in [
        (r#""plain""#, "plain"),
        (r#""""#, ""),
        (r#""\n\r\t\"\\""#, "\n\r\t\"\\"),
        (r#""\u00e9\U0001F600""#, "é😀"),
        (r#""$${x} %%{y} $$ % $""#, "${x} %{y} $$ % $"),
        (r#""$$${x}""#, "$${x}"),
        (r#""a${b}c""#, "a<b>c"),
        (r#""a \n${~ b ~}\t c""#, "a<b>c"),
    ] {
        let tree = parse_native(format!("a = {text}\n").as_bytes());
        assert_eq!(
            (codes(&tree), said(&tree, value(&tree))),
            (vec![], expected.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn heredocs_lose_what_hcl_takes_from_them() {
    for (text, expected) in [
        ("<<E\n  x\n y\nE\n", "  x\n y\n"),
        ("<<-E\n    x\n\n   y\n  E\n", " x\n\ny\n"),
        ("<<-E\n  ${b}\n    y\nE\n", "<b>\n  y\n"),
        ("<<-E\n${b}\n  y\nE\n", "<b>\n  y\n"),
        ("<<-E\r\n  x\r\n  E\r\n", "x\r\n"),
        ("<<E\n\\n $${x}\nE\n", "\\n ${x}\n"),
        ("<<E\nx\n  ${~ b ~}\n y\nE\n", "x\n<b> y\n"),
        ("<<E\nE\n", ""),
    ] {
        let tree = parse_native(format!("a = {text}").as_bytes());
        assert_eq!(
            (codes(&tree), said(&tree, value(&tree))),
            (vec![], expected.to_owned()),
            "{text:?}"
        );
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    for (text, code, at, args) in [
        (
            "a = 10.11.12\n",
            "invalid-number",
            "10.11.12",
            vec!["10.11.12"],
        ),
        ("a = \"\\q\"\n", "invalid-escape", "\\q", vec!["\\q"]),
        (
            "a = \"\\ud800\"\n",
            "escape-not-a-character",
            "\\ud800",
            vec!["\\ud800"],
        ),
        ("a = \"x\n", "newline-in-string", "\"x", vec![]),
        ("a = <<E\nx\nE", "unclosed-heredoc", "E", vec!["E"]),
        ("a = x.0.1\n", "legacy-index-chain", "0.1", vec!["0", "1"]),
        ("a = 'x'\n", "wrong-quotes", "'", vec!["'"]),
        ("a = 1;\n", "invalid-character", ";", vec![";"]),
        ("a = b | c\n", "unsupported-operator", "|", vec!["|"]),
        ("a = 1, \n", "comma-after-attribute", ",", vec![]),
        ("\"a\" = 1\n", "quoted-name", "\"", vec![]),
        ("a\n", "item-incomplete", "a", vec!["a"]),
        ("a = [1 2]\n", "element-separator-expected", "2", vec!["2"]),
        (
            "a = [for x in y : k => x]\n",
            "for-key-in-tuple",
            "k",
            vec![],
        ),
        (
            "a = [for x in y : x...]\n",
            "for-group-in-tuple",
            "...",
            vec![],
        ),
        (
            "a = \"%{ foo }\"\n",
            "directive-unknown",
            "foo",
            vec!["foo"],
        ),
        ("b \"${x}\" {}\n", "template-not-allowed", "${", vec!["$"]),
        ("b {\n", "unclosed-block", "b", vec!["b"]),
        ("a = (1\n", "unexpected-end", "", vec![]),
        ("/* x\n", "unclosed-comment", "/*", vec![]),
    ] {
        let tree = parse_native(text.as_bytes());
        let error = tree
            .errors()
            .first()
            .unwrap_or_else(|| panic!("{text:?} has an error"));
        assert_eq!((error.code, tree.text(error.span)), (code, at), "{text:?}");
        assert_eq!(error.args, args, "{text:?}");
    }
}

#[test]
fn a_duplicate_names_the_first() {
    let tree = parse_native(b"a = 1\nb = 2\na = 3\n");
    let error = &tree.errors()[0];
    assert_eq!((error.code, error.span.start), ("duplicate-attribute", 12));
    assert_eq!(error.related.map(|r| r.start), Some(0));
    let many = (0..40).fold(String::new(), |text, i| text + &format!("k{i} = 1\n"));
    let tree = parse_native(format!("{many}k0 = 2\nk39 = 2\n").as_bytes());
    assert_eq!(codes(&tree), ["duplicate-attribute", "duplicate-attribute"]);
    assert_eq!(
        codes(&parse_native(b"a = { b = 1, b = 2 }\n")),
        Vec::<&str>::new()
    );
}

#[test]
fn bytes_that_are_not_utf8_are_fine_in_comments_only() {
    let tree = parse_native(b"# \xff\xfe\na = 1 /* \xc3 */\n");
    assert_eq!(
        (codes(&tree), tree.source()),
        (vec![], "# ??\na = 1 /* ? */\n")
    );
    let tree = parse_native(b"a = \"\xff\"\nb = 1\n");
    assert_eq!(codes(&tree), ["invalid-encoding"]);
    assert_eq!(tree.items(tree.root()).len(), 2);
}

#[test]
fn errors_are_capped() {
    let tree = parse_native("= =\n".repeat(1_000).as_bytes());
    assert_eq!(tree.errors().len(), MAX_ERRORS);
}

#[test]
fn a_spaced_namespace_gives_a_plain_name() {
    for text in ["provider::a::b(1)", "provider :: a\n:: /* c */ b (1)"] {
        let tree = parse_expression(text);
        assert_eq!(codes(&tree), Vec::<&str>::new());
        let Expr::Call { name, args, expand } = tree.expr(tree.root()) else {
            panic!("a call")
        };
        assert_eq!((name, args.len(), expand), ("provider::a::b", 1, false));
    }
}

#[test]
fn an_expression_is_one_expression_and_newlines_are_space() {
    assert_eq!(codes(&parse_expression("a\n+\nb\n")), Vec::<&str>::new());
    assert_eq!(codes(&parse_expression("a b")), ["extra-after-expression"]);
    assert_eq!(codes(&parse_expression("")), ["unexpected-end"]);
}

#[test]
fn a_template_file_is_a_template() {
    let tree = parse_template("x ${y}\n\"z\" \\n $${k}\n");
    assert_eq!(said(&tree, tree.root()), "x <y>\n\"z\" \\n ${k}\n");
    let tree = parse_template("${y}");
    assert!(matches!(tree.expr(tree.root()), Expr::Wrap(_)));
    assert_eq!(said(&parse_template(""), parse_template("").root()), "");
}

#[test]
fn json_gives_the_blocks_that_terraform_sees() {
    let tree = parse_json(
        br#"{"//": "c", "resource": [{"t": {"a": [{"x": 1}, {"x": 2}], "b": {
            "dynamic": {"rule": {"for_each": "${l}", "content": {"y": "${rule.value}"}}},
            "lifecycle": {"ignore_changes": ["tags"]}, "nested": {"k${1}": [true, null, -1]}}}}]}"#,
    );
    assert_eq!(codes(&tree), Vec::<&str>::new());
    let blocks: Vec<_> = tree.blocks(tree.root()).collect();
    let labels: Vec<String> = blocks
        .iter()
        .map(|b| b.labels().collect::<Vec<_>>().join("."))
        .collect();
    assert_eq!(labels, ["t.a", "t.a", "t.b"]);
    let b = blocks[2];
    assert_eq!((b.kind, tree.text(b.header)), ("resource", "\"b\""));
    let content = b
        .blocks("dynamic")
        .next()
        .and_then(|d| d.blocks("content").next());
    let y = content
        .and_then(|c| c.attribute("y"))
        .expect("y is in content");
    assert!(matches!(tree.expr(y.value), Expr::Wrap(_)));
    let changes = b
        .blocks("lifecycle")
        .next()
        .and_then(|l| l.attribute("ignore_changes"));
    let Some(Expr::Tuple(list)) = changes.map(|c| tree.expr(c.value)) else {
        panic!("a list")
    };
    assert!(matches!(tree.expr(list[0]), Expr::Variable("tags")));
    let nested = b
        .attribute("nested")
        .expect("what only the provider knows is an attribute");
    assert!(matches!(tree.expr(nested.value), Expr::Object(entries) if entries.len() == 2));
}

#[test]
fn json_strings_are_templates_only_where_terraform_reads_them_so() {
    let tree = parse_json(
        br#"{"variable": {"v": {"type": "list(string)", "default": "${x}"}},
             "output": {"o": {"value": "a\n${x}\u00e9"}}}"#,
    );
    let mut blocks = tree.blocks(tree.root());
    let (variable, output) = (blocks.next().expect("v"), blocks.next().expect("o"));
    let kind = variable.attribute("type").expect("type").value;
    assert!(matches!(tree.expr(kind), Expr::Call { name: "list", .. }));
    assert_eq!(
        said(&tree, variable.attribute("default").expect("default").value),
        "${x}"
    );
    let value = output.attribute("value").expect("value");
    assert_eq!(said(&tree, value.value), "a\n<x>é");
    // What was decoded is placed at the string it came from.
    let Expr::Template(pieces) = tree.expr(value.value) else {
        panic!("a template")
    };
    assert_eq!(tree.span(pieces[1]), tree.span(value.value));
    assert_eq!(tree.text(tree.span(value.value)), r#""a\n${x}\u00e9""#);
}

#[test]
fn json_errors_are_terraforms() {
    for (text, code) in [
        (r#"{"locals":{"a":1,}}"#, "json-key-expected"),
        (r#"{"locals":{"a":01}}"#, "invalid-number"),
        (r#"{"locals":{"a":"\x"}}"#, "invalid-escape"),
        (r#"{"locals":{"a":1,"a":2}}"#, "duplicate-attribute"),
        (r#"{"locals":{"m":{"a":1,"a":2}}}"#, "json-duplicate-key"),
        (r#"{"resource":{"t":{}}}"#, "json-label-missing"),
        (r#"{"resource":{"t":{"x":"s"}}}"#, "json-block-expected"),
        (r#"{"output":{"o":{"value":"${"}}}"#, "unexpected-end"),
        (r#"{"a":1} x"#, "json-extra"),
        ("[1]", "json-root"),
        ("\u{feff}{}", "json-value-expected"),
        ("", "unexpected-end"),
    ] {
        assert_eq!(codes(&parse_json(text.as_bytes())), [code], "{text}");
    }
    let tree = parse_json(br#"{"locals": {"a": 1, "b": [1, 2}"#);
    assert_eq!(
        tree.blocks(tree.root()).count(),
        1,
        "what was read before the error stays"
    );
}

#[test]
fn json_values_are_literal() {
    let tree = parse_json_values(br#"{"a": "${x}", "//": 1, "b": {"c": [1]}}"#);
    assert_eq!((codes(&tree), tree.items(tree.root()).len()), (vec![], 2));
    assert_eq!(said(&tree, value(&tree)), "${x}");
}
