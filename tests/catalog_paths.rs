//! Every attribute, block and type that a catalog row names is in the lists of its provider
//! (`tests/data/schema/`): a misspelt path would read nothing, and nothing reads as "not written".

mod support;

use sekisho::catalog::Catalog;
use std::fmt::Write as _;
use support::provider_schema::{Found, Lists, provider_of};
use support::row_walk::{Named, beside, files, line, named, rows};
use toml::Value;

/// What is wrong with something that a row names.
fn wrong(lists: &mut Lists, row: &str, named: &Named) -> Option<String> {
    match named {
        Named::Path(path, _) => no_path(lists, row, path),
        Named::Elsewhere(text) => match type_and_path(text) {
            None => Some(format!("`{text}`: type and path are needed")),
            Some((ty, path)) => no_type(lists, ty).or_else(|| no_path(lists, ty, path)),
        },
        Named::Type(ty) => no_type(lists, ty),
        Named::Regions(table) => Catalog::builtin()
            .regions(table)
            .is_none()
            .then(|| format!("no region table `{table}`")),
        Named::Config(path) => no_path(lists, &format!("provider.{}", provider_of(row)), path),
        Named::Default(path, value) => no_default(lists, row, path, value),
        Named::Constant(_) | Named::Function(_) | Named::Truth => None,
        Named::Mistake(what) => Some(what.clone()),
    }
}

/// `TYPE.PATH`, `data.TYPE.PATH`.
fn type_and_path(text: &str) -> Option<(&str, &str)> {
    let data = text.strip_prefix("data.").map_or(0, |_| "data.".len());
    let dot = data + text[data..].find('.')?;
    Some((&text[..dot], &text[dot + 1..]))
}

fn no_path(lists: &mut Lists, ty: &str, path: &str) -> Option<String> {
    let Found::No(nearest) = lists.find(ty, path) else {
        return None;
    };
    let near = nearest.map_or(String::new(), |n| format!("; nearest: {n}"));
    Some(format!("{ty} has no `{path}`{near}"))
}

fn no_type(lists: &mut Lists, ty: &str) -> Option<String> {
    if lists.body(ty).is_some() {
        return None;
    }
    let all = lists.types(provider_of(ty));
    let near = all
        .iter()
        .find(|t| t.contains(ty) || ty.contains(t.as_str()));
    let near = near.map_or(String::new(), |n| format!("; nearest: {n}"));
    Some(format!("no type {ty}{near}"))
}

/// A default stands for an argument, and is of its type.
fn no_default(lists: &mut Lists, ty: &str, path: &str, value: &Value) -> Option<String> {
    let Found::Yes(names) = lists.find(ty, path) else {
        return no_path(lists, ty, path);
    };
    if names.iter().all(|n| n.computed) {
        return Some(format!("`{path}` cannot be written, so it has no default"));
    }
    // By the provider's version: `[{ provider = "<5", is = true }, …]`.
    let values: Vec<&Value> = match value.as_array() {
        Some(all) if all.iter().all(|v| v.get("is").is_some()) => {
            all.iter().filter_map(|v| v.get("is")).collect()
        }
        _ => vec![value],
    };
    let fits = |v: &Value| {
        names.iter().any(|n| match n.kind {
            'b' => v.is_bool(),
            'n' => v.is_integer() || v.is_float(),
            's' if n.body.is_none() => v.is_str(),
            _ => true,
        })
    };
    let odd = values.into_iter().find(|v| !fits(v))?;
    Some(format!("`{odd}` is not of the type of `{path}`"))
}

/// The mistakes of a file's text, a line each.
fn mistakes(lists: &mut Lists, shown: &str, text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().expect("the catalog's files are TOML");
    let mut out = Vec::new();
    for (name, row) in rows(&table) {
        if let Some(what) = no_type(lists, &name) {
            out.push(format!("{shown}:{}: {name}: {what}", line(text, &name, "")));
            continue;
        }
        for (at, one) in named(&name, row) {
            if let Some(what) = wrong(lists, &name, &one) {
                let line = line(text, &name, &at);
                out.push(format!("{shown}:{line}: {name}.{at}: {what}"));
            }
        }
    }
    out
}

#[test]
fn what_rows_and_providers_name_exists() {
    let mut lists = Lists::new();
    let mut wrong = Vec::new();
    let files = files();
    assert!(files.len() > 10, "the catalog is there");
    for (shown, text) in &files {
        wrong.extend(mistakes(&mut lists, shown, text));
    }
    let of_providers = providers_mistakes(&mut lists);
    assert!(of_providers.is_empty(), "{of_providers}");
    let unneeded = lists.not_needed();
    assert!(
        wrong.is_empty(),
        "{} names that do not exist:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        unneeded.is_empty(),
        "in tests/data/schema/added.txt without need: {unneeded:?}"
    );
}

/// The mistakes of the `provider.toml`s, a line each: where a place is read, what a proposed key sets.
fn providers_mistakes(lists: &mut Lists) -> String {
    let mut wrong = String::new();
    for folder in sekisho::catalog::embedded::FOLDERS {
        let table: toml::Table = folder.provider.parse().expect("TOML");
        let provider = table["provider"].as_table().expect("[provider]");
        let name = format!("provider.{}", folder.name);
        let mut paths: Vec<String> = Vec::new();
        for source in provider
            .get("place")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = source.as_str().expect("a text");
            paths.extend(text.strip_prefix("config:").map(str::to_owned));
        }
        paths.extend(
            provider
                .get("endpoints")
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
        let new = table.get("proposed_key").and_then(|k| k.get("new"));
        if let Some(new) = new.and_then(Value::as_str) {
            for (_, one) in beside(folder.name, new) {
                if let Some(what) = self::wrong(lists, folder.name, &one) {
                    let _ = writeln!(wrong, "{}: proposed_key.new: {what}", folder.name);
                }
            }
        }
        for path in paths {
            if let Found::No(near) = lists.find(&name, path.trim_end_matches(".*")) {
                let _ = writeln!(wrong, "{}: no `{path}`; nearest: {near:?}", folder.name);
            }
        }
    }
    wrong
}

/// The walker finds each kind of mistake, and nothing in a row that is right.
#[test]
fn each_kind_of_mistake_is_found() {
    let right = r#"
[aws_s3_bucket]
category = "object-store"
named_by = ["id", "arn=arn:*:s3:::{bucket}"]
[aws_s3_bucket.backup]
yes = "anytrue(self.versioning[*].enabled) || anytrue([for r in self.replication_configuration[0].rules : r.status == \"x\"])"
[[aws_s3_bucket.custody]]
each = "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default"
when = 'item.sse_algorithm != "AES256" && self.tags["any"] == null'
key = "item.kms_master_key_id"
[aws_s3_bucket.transport]
minimum = "acl"
when = "self.acl != null"
[[aws_s3_bucket.repair]]
has = "logging"
unset = ["grant"]
inside = '''
versioning {
  mfa_delete = true
}
request_payer = KEY.description
'''
beside = '''
resource "aws_s3_bucket_acl" "NAME" {
  provider = aws.other
  bucket   = SELF.bucket_domain_name
  expected_bucket_owner = aws_s3_bucket.NAME.hosted_zone_id
  access_control_policy {
    owner {
      id = "x"
    }
  }
}
'''
note = { en = "x", ja = "x" }
[data.aws_iam_policy_document]
answers = { json = "iam-policy-document" }
[aws_kms_key]
role = "key"
[[aws_kms_key.defeat]]
rule = "x"
each = "tags|tags_all"
when = "item != self.policy"
"#;
    let mut lists = Lists::new();
    assert_eq!(mistakes(&mut lists, "f", right), Vec::<String>::new());
    for (from, to, told) in [
        (
            "{bucket}",
            "{bukket}",
            "aws_s3_bucket has no `bukket`; nearest: bucket",
        ),
        (
            "[*].enabled",
            "[*].enable",
            "no `versioning.enable`; nearest: enabled",
        ),
        (
            "r.status",
            "r.state",
            "no `replication_configuration.rules.state`",
        ),
        (
            "item.sse_algorithm",
            "item.sse_algo",
            "apply_server_side_encryption_by_default.sse_algo`",
        ),
        (
            "item.kms_master_key_id",
            "item.kms_key_id",
            "kms_key_id`; nearest: kms_master_key_id",
        ),
        ("self.tags", "self.tagz", "no `tagz`; nearest: tags"),
        ("each =", "eech =", "how is"),
        ("category =", "cathegory =", "how is"),
        (
            "self.tags[\"any\"] == null",
            "named_in(\"aws_s3_bucket_logging.target\")",
            "aws_s3_bucket_logging has no `target`",
        ),
        ("self.acl != null", "self.acls != null", "no `acls`"),
        ("has = \"logging", "has = \"loging", "no `loging`"),
        ("[\"grant\"]", "[\"grants\"]", "no `grants`"),
        ("versioning {", "versions {", "no `versions`"),
        ("mfa_delete", "mfa", "no `versioning.mfa`"),
        ("KEY.description", "KEY.words", "aws_kms_key has no `words`"),
        (
            "\"aws_s3_bucket_acl\"",
            "\"aws_s3_bucket_axl\"",
            "no type aws_s3_bucket_axl",
        ),
        (
            "SELF.bucket_domain_name",
            "SELF.domain",
            "aws_s3_bucket has no `domain`",
        ),
        (
            "NAME.hosted_zone_id",
            "NAME.zone",
            "aws_s3_bucket has no `zone`",
        ),
        (
            "owner {",
            "own {",
            "aws_s3_bucket_acl has no `access_control_policy.own`",
        ),
        (
            "json =",
            "jason =",
            "data.aws_iam_policy_document has no `jason`",
        ),
        (
            "tags|tags_all",
            "tags|tag_all",
            "aws_kms_key has no `tag_all`",
        ),
        ("!= self.policy", "!= self.polizy", "no `polizy`"),
        (
            "self.tags[\"any\"] == null",
            "bucket.x",
            "`bucket` is nothing",
        ),
    ] {
        assert!(right.contains(from), "{from}");
        let text = right.replacen(from, to, 1);
        let found = mistakes(&mut lists, "f", &text);
        assert!(found.iter().any(|m| m.contains(told)), "{to}: {found:?}");
    }
    let at = mistakes(
        &mut lists,
        "f",
        &right.replace("item.kms_master_key_id", "item.x"),
    );
    assert!(
        at[0].starts_with("f:7: aws_s3_bucket.custody[0].key: "),
        "{at:?}"
    );
    let wrong = right.replace(
        "category",
        "defaults = { acl = true, arn = \"x\" }\ncategory",
    );
    let found = mistakes(&mut lists, "f", &wrong).join("\n");
    assert!(
        found.contains("`true` is not of the type of `acl`"),
        "{found}"
    );
    assert!(found.contains("`arn` cannot be written"), "{found}");
}

#[test]
fn what_no_provider_fills_in_is_there_and_of_a_row() {
    let mut lists = Lists::new();
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    let mut before = "";
    let text = sekisho::catalog::embedded::UNFILLED;
    let all: Vec<&str> = sekisho::catalog::types::lines(text).collect();
    assert!(all.len() > 100);
    for line in all {
        let (ty, path) = line.split_once(' ').expect("type and path");
        wrong.extend(no_path(&mut lists, ty, path));
        if catalog.row(ty).is_none() {
            wrong.push(format!("{ty} has no row"));
        }
        if line <= before {
            wrong.push(format!("{line} does not stand in its place"));
        }
        before = line;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
