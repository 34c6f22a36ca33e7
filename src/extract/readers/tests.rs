//! Documents and what they answer; and that a gap in place of something never turns an answer round.

use super::*;
use crate::evaluate::text::unknown_text;
use crate::evaluate::value::{Literal, Whose, World};
use proptest::prelude::any as arbitrary;
use proptest::proptest;

/// A text with gaps: `⟨⟩` anything, `⟨id⟩` the id of one thing, `⟨own⟩` the own account's.
fn text(s: &str) -> Val {
    let mut parts = Vec::new();
    let mut rest = s;
    while let Some((before, after)) = rest.split_once('⟨') {
        parts.push(Part::Known(before.into()));
        let (gap, after) = after.split_once('⟩').expect("a gap is closed");
        parts.push(match gap {
            "" => Part::Unknown,
            "id" => Part::Named(Whose::Thing),
            _ => Part::Named(Whose::OwnAccount),
        });
        rest = after;
    }
    if parts.is_empty() {
        return Val::str(s);
    }
    parts.push(Part::Known(rest.into()));
    let seed = Val::unknown(Type::String, 3, Why::Variable, "var.x");
    unknown_text("template", &[&seed], parts)
}

fn asks(name: &str, args: &[Val]) -> Answer {
    let v = call(name, args)
        .expect("it is a function")
        .expect("these are its arguments");
    assert!(v.is_known() || v.as_unknown().is_some(), "{v:?}");
    v.as_bool()
}

const READ: &[&str] = &["s3:GetObject", "s3:ListBucket"];

fn policy(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#)
}

fn is_open(doc: &str) -> Answer {
    asks(
        "policy_open",
        &[text(doc), Val::strings(READ.iter().copied())],
    )
}

/// One statement that lets everybody read under these conditions.
fn held(condition: &str) -> String {
    policy(&format!(
        r#"{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": {condition}}}"#
    ))
}

/// One statement for this principal.
fn to(principal: &str) -> String {
    policy(&format!(
        r#"[{{"Effect": "Allow", {principal}, "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}}]"#
    ))
}

/// An open grant, and this beside it.
fn beside(statement: &str) -> String {
    policy(&format!(
        r#"[{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}, {statement}]"#
    ))
}

/// Documents and whether they let everybody read.
fn documents() -> Vec<(String, Answer)> {
    const YES: Answer = Some(true);
    const NO: Answer = Some(false);
    const OPEN: Answer = None;
    let mut out = Vec::new();
    // Principals.
    for (principal, want) in [
        (r#""Principal": "*""#, YES),
        (r#""Principal": {"AWS": "*"}"#, YES),
        (
            r#""Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}"#,
            YES,
        ),
        (r#""Principal": {"AWS": "arn:aws:iam::*:root"}"#, YES),
        (
            r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}"#,
            NO,
        ),
        (r#""Principal": {"*": "*"}"#, YES),
        (
            r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#,
            NO,
        ),
        (r#""Principal": {"AWS": "111122223333"}"#, NO),
        (r#""Principal": {"AWS": []}"#, NO),
        (
            r#""Principal": {"Service": "cloudfront.amazonaws.com"}"#,
            NO,
        ),
        (r#""Principal": {"Service": "*"}"#, YES),
        (
            r#""Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
            NO,
        ),
        (r#""Principal": null"#, NO),
        (r#""Sid": "noprincipal""#, NO),
        (
            r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}"#,
            YES,
        ),
        // Gaps.
        (r#""Principal": {"AWS": "arn:aws:iam::⟨⟩:root"}"#, NO),
        (r#""Principal": {"AWS": "arn:aws:iam::⟨own⟩:root"}"#, NO),
        (r#""Principal": {"AWS": "arn:aws:iam::⟨⟩:*"}"#, OPEN),
        (r#""Principal": {"AWS": "⟨⟩"}"#, OPEN),
        (r#""Principal": {"AWS": "⟨id⟩"}"#, NO),
        (r#""Principal": {"AWS": ⟨⟩}"#, OPEN),
        (r#""Principal": {"AWS": [⟨⟩]}"#, OPEN),
        (r#""Principal": {"AWS": ["*", ⟨⟩]}"#, YES),
        (r#""Principal": ⟨⟩"#, OPEN),
        (r#""Principal": {"⟨⟩": "*"}"#, YES),
    ] {
        out.push((to(principal), want));
    }
    // Conditions on a grant to everybody.
    for (condition, want) in [
        ("{}", YES),
        (
            r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}"#,
            NO,
        ),
        (
            r#"{"StringEquals": {"AWS:principalorgid": ["o-abcdef1234", "o-abcdef1235"]}}"#,
            NO,
        ),
        (r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#, YES),
        (r#"{"StringEquals": {"aws:PrincipalOrgID": "*"}}"#, YES),
        (
            r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}"#,
            YES,
        ),
        (
            r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#,
            NO,
        ),
        (
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdef1234"}}"#,
            YES,
        ),
        (
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdef1234"}, "Null": {"aws:PrincipalOrgID": "false"}}"#,
            NO,
        ),
        (
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}"#,
            YES,
        ),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdef1234/*"}}"#,
            NO,
        ),
        (
            r#"{"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abcdef1234/*"}}"#,
            YES,
        ),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}"#,
            YES,
        ),
        (
            r#"{"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}"#,
            NO,
        ),
        (r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#, YES),
        (
            r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#,
            NO,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/*"}}"#,
            NO,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}"#,
            YES,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:my-bucket"}}"#,
            NO,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}}"#,
            NO,
        ),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}"#, YES),
        (
            r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}"#,
            YES,
        ),
        (r#"{"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}"#, NO),
        (r#"{"StringLike": {"aws:userid": "*:admin"}}"#, YES),
        (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, NO),
        (
            r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}"#,
            YES,
        ),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#, YES),
        (r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}"#, YES),
        (
            r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
            YES,
        ),
        (r#"{"Bool": {"aws:SecureTransport": "true"}}"#, YES),
        (
            r#"{"Bool": {"elasticfilesystem:AccessedViaMountTarget": true}}"#,
            NO,
        ),
        (r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#, YES),
        (
            r#"{"StringEquals": {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}"#,
            YES,
        ),
        (
            r#"{"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}"#,
            NO,
        ),
        (
            r#"{"StringLike": {"aws:Referer": "https://www.example.com/*"}}"#,
            YES,
        ),
        (
            r#"{"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#,
            YES,
        ),
        (r#"{"StringEquals": {"aws:SourceVpce": []}}"#, NO),
        // Gaps.
        (r#"{"StringEquals": {"aws:SourceVpce": "⟨⟩"}}"#, OPEN),
        (r#"{"StringEquals": {"aws:SourceVpce": "⟨id⟩"}}"#, NO),
        (
            r#"{"StringEquals": {"aws:SourceVpce": ["vpc-*", "⟨⟩"]}}"#,
            YES,
        ),
        (r#"{"StringEquals": {"aws:SourceVpce": ⟨⟩}}"#, OPEN),
        (r#"{"StringEquals": {"aws:SourceVpce": [⟨⟩]}}"#, OPEN),
        (r#"{"StringEquals": {"aws:SourceAccount": "⟨own⟩"}}"#, NO),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:⟨own⟩:*"}}"#,
            NO,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:⟨⟩:*"}}"#,
            OPEN,
        ),
        (
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:⟨⟩:111122223333:*"}}"#,
            NO,
        ),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::⟨id⟩"}}"#, NO),
        (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::⟨⟩"}}"#, OPEN),
        (r#"{"ArnLike": {"aws:SourceArn": "⟨id⟩/*"}}"#, NO),
        (r#"{"IpAddress": {"aws:SourceIp": "⟨⟩/32"}}"#, NO),
        (r#"{"IpAddress": {"aws:SourceIp": "⟨⟩"}}"#, OPEN),
        (r#"{"⟨⟩": {"aws:SourceVpce": "vpce-1"}}"#, OPEN),
        (r#"{"StringEquals": {"⟨⟩": "vpce-1"}}"#, OPEN),
        (
            r#"{"StringEquals": {"aws:SourceVpce": "vpce-1", "⟨⟩": "x"}}"#,
            NO,
        ),
        ("⟨⟩", OPEN),
    ] {
        out.push((held(condition), want));
    }
    // Refusals beside an open grant.
    for (statement, want) in [
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": {"AWS": "*"}, "NotAction": "s3:PutObject", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/private/*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/public/*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdef1234"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-abcdef1234/*"}}}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}"#,
            YES,
        ),
        // Gaps.
        (
            r#"{"Effect": "⟨⟩", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": "⟨⟩", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "⟨⟩", "Action": "s3:*", "Resource": "*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::⟨⟩/*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "⟨⟩"}}}"#,
            OPEN,
        ),
        ("⟨⟩", OPEN),
    ] {
        out.push((beside(statement), want));
    }
    // Actions, and what else a document may look like.
    for (statements, want) in [
        ("[]", NO),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "S3:get*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "NotAction": ["s3:*"], "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "NotAction": ["s3:GetObject"], "Resource": "*"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "⟨⟩", "Resource": "*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:Put⟨⟩", "Resource": "*"}"#,
            NO,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "⟨⟩"], "Resource": "⟨⟩"}"#,
            YES,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": ⟨⟩, "Resource": "*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": ⟨⟩, "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
            OPEN,
        ),
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", ⟨⟩}"#,
            OPEN,
        ),
        ("⟨⟩", OPEN),
        ("[⟨⟩]", OPEN),
    ] {
        out.push((policy(statements), want));
    }
    out.push(("{}".into(), NO));
    out.push((
        r#"{"statement": {"effect": "Allow", "principal": "*", "action": "*"}}"#.into(),
        YES,
    ));
    out.push(("⟨⟩".into(), OPEN));
    out.push(("{⟨⟩}".into(), OPEN));
    out
}

#[test]
fn policies() {
    let wrong: Vec<String> = documents()
        .into_iter()
        .filter_map(|(doc, want)| {
            let found = is_open(&doc);
            (found != want).then(|| format!("{found:?} and not {want:?}: {doc}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_policy_is_not_decided() {
    let actions = Val::strings(READ.iter().copied());
    for doc in [
        "",
        "not json",
        "[1]",
        "\"text\"",
        "{\"Statement\": [}",
        "12",
    ] {
        let v = call("policy_open", &[Val::str(doc), actions.clone()])
            .expect("it is a function")
            .expect("these are its arguments");
        assert_eq!(v.as_unknown().map(|u| u.why), Some(Why::Document), "{doc}");
    }
    assert_eq!(
        asks("policy_open", &[Val::null(), actions.clone()]),
        Some(false)
    );
    let unset = Val::unknown(Type::String, 5, Why::Variable, "var.policy");
    let v = call("policy_open", &[unset, actions])
        .expect("it is")
        .expect("they are");
    assert_eq!(v.as_unknown().map(|u| u.why), Some(Why::Variable));
    assert!(call("policy_open", &[Val::null()]).expect("it is").is_err());
    assert!(call("no_such", &[]).is_none());
}

#[test]
fn alternatives_keep_their_worlds() {
    let literal = Literal::new(3, &Val::bool(true), "var.public = true");
    let doc = Val::one_of(vec![
        (
            World::of(literal.clone()),
            Val::str(to(r#""Principal": "*""#)),
        ),
        (World::of(literal.negate()), Val::null()),
    ]);
    let v = call("policy_open", &[doc, Val::strings(READ.iter().copied())])
        .expect("it is")
        .expect("they are");
    let found: Vec<_> = v
        .alternatives()
        .into_iter()
        .map(|(w, v)| (w.texts().join(" "), v.as_bool()))
        .collect();
    assert_eq!(
        found,
        [
            ("var.public = true".to_owned(), Some(true)),
            ("var.public = false".to_owned(), Some(false))
        ]
    );
}

#[test]
fn grants_to_other_accounts() {
    let ask = |principal: &str, condition: &str, own: &[&str]| {
        let doc = policy(&format!(
            r#"[{{"Effect": "Allow", {principal}, "Action": "kms:*", "Resource": "*", "Condition": {condition}}}]"#
        ));
        let own = Val::strings(own.iter().copied());
        asks(
            "policy_foreign",
            &[text(&doc), Val::strings(["kms:Decrypt"]), own],
        )
    };
    let one = r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#;
    let own: &[&str] = &["999988887777", "111122223333"];
    assert_eq!(ask(one, "{}", &["999988887777"]), Some(true));
    assert_eq!(ask(one, "{}", own), Some(false));
    assert_eq!(ask(one, "{}", &[]), None);
    let service = r#""Principal": {"Service": "logs.amazonaws.com"}"#;
    assert_eq!(ask(service, "{}", &[]), Some(false));
    let everybody = r#""Principal": {"AWS": "*"}"#;
    assert_eq!(ask(everybody, "{}", own), Some(true));
    let held = r#"{"StringEquals": {"kms:CallerAccount": "111122223333"}}"#;
    assert_eq!(ask(everybody, held, own), Some(false));
    assert_eq!(ask(everybody, held, &["999988887777"]), Some(true));
    let held = r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}"#;
    assert_eq!(ask(everybody, held, own), None);
    let gap = r#""Principal": {"AWS": "arn:aws:iam::⟨own⟩:root"}"#;
    assert_eq!(ask(gap, "{}", &[]), Some(false));
    let gap = r#""Principal": {"AWS": ["arn:aws:iam::⟨⟩:root", "⟨id⟩"]}"#;
    assert_eq!(ask(gap, "{}", own), None);
    let gap = r#""Principal": {"AWS": "arn:⟨⟩"}"#;
    assert_eq!(ask(gap, "{}", own), None);
}

#[test]
fn members() {
    let ask = |members: &[&str]| {
        let items = members.iter().map(|m| text(m)).collect();
        asks("members_open", &[Val::list(Type::String, items)])
    };
    assert_eq!(ask(&["user:a@example.com", "allUsers"]), Some(true));
    assert_eq!(ask(&["allAuthenticatedUsers"]), Some(true));
    assert_eq!(ask(&["domain:example.com"]), Some(false));
    assert_eq!(ask(&[]), Some(false));
    assert_eq!(ask(&["user:⟨⟩"]), Some(false));
    assert_eq!(ask(&["⟨⟩"]), None);
    assert_eq!(ask(&["⟨id⟩"]), Some(false));
    assert_eq!(ask(&["all⟨⟩"]), None);
    assert_eq!(ask(&["⟨⟩", "allUsers"]), Some(true));
    assert_eq!(asks("members_open", &[Val::str("allUsers")]), Some(true));
    assert_eq!(asks("members_open", &[Val::null()]), Some(false));
    let data = |s: &str| asks("policy_data_open", &[text(s)]);
    let bound = |m: &str| format!(r#"{{"bindings": [{{"role": "roles/x", "members": [{m}]}}]}}"#);
    assert_eq!(data(&bound(r#""allUsers""#)), Some(true));
    assert_eq!(data(&bound(r#""user:a@example.com""#)), Some(false));
    assert_eq!(data(&bound("⟨⟩")), None);
    assert_eq!(data(&bound(r#""group:⟨⟩""#)), Some(false));
    assert_eq!(data(&bound(r#""⟨id⟩""#)), Some(false));
    assert_eq!(data(&bound(r#""⟨⟩""#)), None);
    assert_eq!(data("{}"), Some(false));
    assert_eq!(data("⟨⟩"), None);
}

#[test]
fn ranges() {
    let ask = |s: &str| asks("cidr_open", &[Val::list(Type::String, vec![text(s)])]);
    for open in [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "64.0.0.0/7",
        "2000::/3",
        "*",
        "any",
        "Internet",
        "0.0.0.0",
        "0.0.0.0-255.255.255.255",
        "⟨⟩/0",
        " 0.0.0.0/0 ",
    ] {
        assert_eq!(ask(open), Some(true), "{open}");
    }
    for shut in [
        "10.0.0.0/8",
        "203.0.113.7",
        "203.0.113.0/24",
        "2001:db8::/32",
        "fc00::/7",
        "",
        "VirtualNetwork",
        "203.0.113.1-203.0.113.9",
        "⟨⟩/32",
        "10.⟨⟩/16",
    ] {
        assert_eq!(ask(shut), Some(false), "{shut}");
    }
    for undecided in [
        "⟨⟩",
        "10.0.0.0/⟨⟩",
        "pl-1a2b3c4d",
        "sg-1",
        "⟨⟩/8",
        "0.0.0.0/33",
        "⟨⟩::/24",
        "AzureCloud",
    ] {
        assert_eq!(ask(undecided), None, "{undecided}");
    }
    assert_eq!(asks("cidr_open", &[Val::null()]), Some(false));
    assert_eq!(
        asks("cidr_open", &[Val::list(Type::String, vec![])]),
        Some(false)
    );
}

#[test]
fn ports_of_rules() {
    let ask = |protocol: Val, from: Val, to: Val, ports: Val| {
        network::takes(&protocol, &from, &to, &ports).as_bool()
    };
    let n = |n: i64| Val::num(n);
    let tcp = || text("tcp");
    assert_eq!(ask(text("-1"), n(0), n(0), n(22)), Some(true));
    assert_eq!(
        ask(text("all"), Val::null(), Val::null(), Val::null()),
        Some(true)
    );
    assert_eq!(ask(tcp(), n(22), n(22), Val::null()), Some(true));
    assert_eq!(ask(tcp(), n(22), n(22), n(22)), Some(true));
    assert_eq!(ask(tcp(), n(22), n(22), n(5432)), Some(false));
    assert_eq!(ask(tcp(), n(0), n(65535), n(5432)), Some(true));
    assert_eq!(ask(tcp(), text("22"), text("22"), n(22)), Some(true));
    assert_eq!(ask(tcp(), n(443), n(443), text("beyond-web")), Some(false));
    assert_eq!(ask(tcp(), n(80), n(443), text("beyond-web")), Some(true));
    assert_eq!(ask(tcp(), n(22), n(22), text("beyond-web")), Some(true));
    assert_eq!(ask(text("icmp"), n(-1), n(-1), Val::null()), Some(false));
    let open = || Val::unknown(Type::Number, 7, Why::Variable, "p");
    assert_eq!(ask(tcp(), open(), n(22), n(22)), None);
    assert_eq!(ask(tcp(), n(22), n(22), open()), None);
    assert_eq!(ask(text("icmp"), open(), open(), open()), Some(false));
}

#[test]
fn material_of_keys() {
    let ask = |s: &str| asks("key_material", &[text(s)]);
    for key in [
        "acXTX3rxrKAFTF0tYVLvydU1riRZTvUNC4g5I11NY-c=",
        "SGVsbG8gZnJvbSBHb29nbGUgQ2xvdWQgUGxhdGZvcm0=",
        "000102030405060708090a0b0c0d0e0f",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "-----BEGIN PRIVATE KEY-----\n⟨⟩",
    ] {
        assert_eq!(ask(key), Some(true), "{key}");
    }
    for name in [
        "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "projects/p/locations/asia-northeast1/keyRings/r/cryptoKeys/k",
        "https://example.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef",
        "alias/my-key",
        "",
        "-----BEGIN CERTIFICATE-----\nMIIE",
        "my-key-with-exactly-so-many-let",
    ] {
        assert_eq!(ask(name), Some(false), "{name}");
    }
    assert_eq!(ask("⟨⟩"), None);
    assert_eq!(asks("key_material", &[Val::null()]), Some(false));
}

/// The scalars of a document: byte ranges of texts that are no keys, with their quotes, numbers and
/// words.
fn scalars(doc: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = doc.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = at + 1 + doc[at + 1..].find('"').expect("it is closed") + 1;
                if !doc[end..].trim_start().starts_with(':') {
                    out.push(at..end);
                }
                at = end;
            }
            b'a'..=b'z' => {
                let end = doc[at..]
                    .find([',', '}', ']'])
                    .map_or(doc.len(), |n| at + n);
                out.push(at..end);
                at = end;
            }
            _ => at += 1,
        }
    }
    out
}

#[test]
fn a_gap_turns_no_answer_round() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for (doc, want) in documents() {
        let was = is_open(&doc);
        assert_eq!(was, want);
        let places = scalars(&doc);
        for place in &places {
            for gap in ["⟨⟩", "\"⟨⟩\""] {
                let holed = format!("{}{gap}{}", &doc[..place.start], &doc[place.end..]);
                let now = is_open(&holed);
                asked += 1;
                if now.is_some() && now != was {
                    wrong.push(format!("{was:?} became {now:?}: {holed}"));
                }
            }
        }
        // Cut off anywhere, the rest not known.
        for (at, _) in doc.char_indices().step_by(3) {
            if doc[..at].matches('⟨').count() != doc[..at].matches('⟩').count() {
                continue;
            }
            asked += 1;
            let now = is_open(&format!("{}⟨⟩", &doc[..at]));
            if now.is_some() && now != was {
                wrong.push(format!("{was:?} became {now:?}: {}⟨⟩", &doc[..at]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 5000, "{asked}");
}

proptest! {
    #[test]
    fn no_text_panics(s in r#"([{}\[\],:"\\*?a-zA-Z0-9 ./$-]|⟨⟩|⟨id⟩|"Statement":|"Principal":|"Effect":"Allow"){0,60}"#) {
        let v = text(&s);
        for name in ["members_open", "policy_data_open", "cidr_open", "key_material"] {
            let _ = asks(name, std::slice::from_ref(&v));
        }
        let actions = Val::strings(["s3:GetObject"]);
        let _ = asks("policy_open", &[v.clone(), actions.clone()]);
        let _ = asks("policy_foreign", &[v, actions, Val::strings(["111122223333"])]);
    }

    /// Characters taken out, doubled or exchanged.
    #[test]
    fn no_damaged_document_panics(which in 0..400usize, cuts in proptest::collection::vec((0..2000usize, arbitrary::<char>(), 0..3u8), 1..6)) {
        let all = documents();
        let whole = all[which % all.len()].0.replace(['⟨', '⟩'], "");
        let mut chars: Vec<char> = whole.chars().chain(" ".chars()).collect();
        for (at, c, how) in cuts {
            let at = at % chars.len();
            match how {
                0 => drop(chars.remove(at)),
                1 => chars.insert(at, c),
                _ => chars[at] = c,
            }
            if chars.is_empty() { break; }
        }
        let doc: String = chars.into_iter().filter(|c| !matches!(c, '⟨' | '⟩')).collect();
        let _ = is_open(&doc);
    }
}
