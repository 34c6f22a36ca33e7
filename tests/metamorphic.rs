//! Nothing passes by ignorance: a fixture that is written in another way gets the same answers, and one
//! that says less gets no better ones.
//!
//! What is compared is every finding (rule, verdict, level, address without modules and instance keys),
//! the number of passes, and place and custody of every store and key.

#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/rewrite.rs"]
mod rewrite;
#[path = "support/to_json.rs"]
mod to_json;

use fixture::{Answers, Fact, Fixture};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rewrite::{Home, Literal};
use std::collections::BTreeSet;

/// Fixtures that a rewriting does not apply to, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "module",
        "evaluation/opentofu",
        "a backend takes only what the root module itself has",
    ),
    (
        "modules",
        "evaluation/opentofu",
        "a backend takes only what the root module itself has",
    ),
    (
        "all",
        "evaluation/opentofu",
        "a backend takes only what the root module itself has",
    ),
    (
        "for_each",
        "evaluation/opentofu",
        "what has for_each takes no enabled",
    ),
    (
        "tfvars",
        "rules/location-undetermined/reusable",
        "a module with a terraform.tfvars beside it is no reusable module any more",
    ),
    (
        "forget",
        "rules/suppression-unused/way",
        "its zones are not those of its provider: a zone that is forgotten is looked for there",
    ),
    (
        "split",
        "evaluation/override",
        "a file that overrides does so by its name",
    ),
    (
        "reverse",
        "evaluation/override",
        "a file that overrides does so by its name",
    ),
];

fn applies(rewriting: &str, fixture: &Fixture) -> bool {
    !EXCEPTIONS
        .iter()
        .any(|(r, name, _)| *r == rewriting && *name == fixture.name)
}

/// Every fixture, rewritten, gives the same answers. `None`: cannot be written so.
fn same(
    rewriting: &str,
    at_most_left_out: usize,
    rewrite: impl Fn(&Fixture) -> Option<Fixture> + Sync,
) {
    let all = fixture::all();
    assert!(all.len() > 10, "the fixtures are there");
    let results: Vec<Option<String>> = sekisho::on_own_threads(|| {
        all.par_iter()
            .filter(|f| applies(rewriting, f))
            .map(|fixture| {
                let other = rewrite(fixture)?;
                let difference = fixture.examine().difference(&other.examine());
                Some(if difference.is_empty() {
                    String::new()
                } else {
                    format!(
                        "== {} ({rewriting})\n{difference}{}",
                        fixture.name,
                        shown(&other)
                    )
                })
            })
            .collect()
    });
    let left_out = results.iter().filter(|r| r.is_none()).count();
    assert!(left_out <= at_most_left_out, "{left_out} left out");
    let wrong: String = results.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// The files of a fixture, where somebody asks to see them.
fn shown(fixture: &Fixture) -> String {
    if std::env::var_os("SHOW").is_some() {
        fixture.shown()
    } else {
        "(SHOW=1 prints the files)\n".to_owned()
    }
}

#[test]
fn wrapped_in_a_module() {
    same("module", 2, rewrite::wrap);
}

#[test]
fn wrapped_in_two_modules() {
    same("modules", 2, |f| rewrite::wrap(&rewrite::wrap(f)?));
}

#[test]
fn for_each_over_one_key() {
    same("for_each", 0, |f| Some(rewrite::for_each(f)));
}

#[test]
fn literals_in_locals() {
    same("locals", 0, |f| {
        Some(rewrite::move_literals(f, Home::Locals))
    });
}

#[test]
fn literals_in_tfvars() {
    same("tfvars", 0, |f| {
        Some(rewrite::move_literals(f, Home::Variables))
    });
}

#[test]
fn in_json_syntax() {
    same("json", 0, |f| Some(to_json::json(f)));
}

#[test]
fn a_file_a_block_in_reverse_order() {
    same("split", 0, |f| Some(rewrite::split(f)));
    same("reverse", 0, |f| Some(rewrite::reverse(f)));
}

#[test]
fn providers_with_an_alias() {
    same("alias", 0, |f| Some(rewrite::alias(f)));
}

#[test]
fn all_of_it_at_once() {
    same("all", 2, |f| {
        let f = rewrite::alias(&rewrite::move_literals(f, Home::Locals));
        Some(to_json::json(&rewrite::for_each(&rewrite::wrap(&f)?)))
    });
}

#[test]
fn a_forgotten_literal_makes_nothing_better_or_worse() {
    let all = fixture::all();
    let total: usize = all.iter().map(|f| rewrite::literals(f, true).len()).sum();
    assert!(total > 200, "{total} literals are few");
    let wrong: Vec<String> = sekisho::on_own_threads(|| {
        all.par_iter()
            .filter(|f| applies("forget", f))
            .flat_map(|fixture| {
                let before = fixture.examine();
                rewrite::literals(fixture, true)
                    .into_par_iter()
                    .map(|literal| {
                        let after = rewrite::forget(fixture, &literal).examine();
                        worse(fixture, &literal, &before, &after)
                    })
                    .collect::<Vec<String>>()
            })
            .filter(|problem| !problem.is_empty())
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} problems\n{}",
        wrong.len(),
        wrong.concat()
    );
}

/// Rules that share a question: what is not decided is told under another id.
fn family(rule: &str) -> &str {
    match rule {
        "data-outside-japan" | "operations-data-outside-japan" | "location-undetermined" => "place",
        "data-unencrypted" | "key-not-customer-controlled" | "custody-undetermined" => "custody",
        other => other,
    }
}

/// What a run that knows less says that it must not.
fn worse(fixture: &Fixture, literal: &Literal, before: &Answers, after: &Answers) -> String {
    let mut out = String::new();
    if after.broken() {
        out += "  internal error\n";
    }
    let violations = |answers: &Answers| -> BTreeSet<(String, String)> {
        answers
            .said
            .iter()
            .filter(|s| s.1 == "Violation")
            .map(|s| (s.0.clone(), s.3.clone()))
            .collect()
    };
    for (rule, address) in violations(after).difference(&violations(before)) {
        if literal.counts {
            // What was not there may be there now, and is judged as if it were.
            continue;
        }
        out += &format!("  now a violation: {rule} {address}\n");
    }
    let asked = |answers: &Answers| -> BTreeSet<(String, String)> {
        answers
            .said
            .iter()
            .map(|s| (family(&s.0).to_owned(), s.3.clone()))
            .collect()
    };
    let (old, new) = (asked(before), asked(after));
    for (family, address) in old.difference(&new) {
        // A key without a place is not told where a store that it serves is undecided for the cause, a
        // copy where its store is, and how a copy is kept where nobody knows where it goes.
        let once = [
            "key-outside-japan",
            "copy-outside-japan",
            "copy-key-weaker",
            "custody",
            // A region in China has ciphers of its own: that of a key without a place is told as its place.
            "cipher-outside-cryptrec",
        ];
        let told_at_a_store = once.contains(&&**family)
            && after
                .said
                .iter()
                .any(|s| s.1 == "Undetermined" && !before.said.contains(s));
        // A text that is handed in does not stand in the code.
        if !told_at_a_store && family != "secret-in-plaintext" {
            out += &format!("  now passes: {family} {address}\n");
        }
    }
    for fact in &before.facts {
        let now: Vec<&Fact> = after
            .facts
            .iter()
            .filter(|f| f.address == fact.address)
            .collect();
        if now.is_empty() {
            out += &format!("  is gone: {}\n", fact.address);
        }
        let place = |f: &&Fact| f.anywhere || f.places.is_superset(&fact.places);
        let levels = |f: &&Fact| fact.levels.iter().all(|l| f.levels.contains(l));
        if !now.is_empty() && !now.iter().any(place) {
            out += &format!("  the place is wrong: {fact:?}, now {now:?}\n");
        }
        if !now.is_empty() && !now.iter().any(levels) {
            out += &format!("  the custody is wrong: {fact:?}, now {now:?}\n");
        }
    }
    if out.is_empty() {
        return out;
    }
    let text = &fixture.files[&literal.path];
    let line = text[..literal.span.start as usize].matches('\n').count();
    let line = text.lines().nth(line).unwrap_or_default().trim();
    format!(
        "{}/{}: {} in `{line}`\n{out}",
        fixture.name, literal.path, literal.text
    )
}

/// A carrier that may not be there is no carrier for sure; one that is there as often as its store is.
#[test]
fn a_carrier_whose_number_nobody_knows() {
    let answers = |bucket: &str, carrier: &str, to: &str| {
        let text = format!(
            r#"
provider "aws" {{
  region = "ap-northeast-1"
}}
variable "n" {{}}
variable "m" {{}}
resource "aws_kms_key" "k" {{}}
resource "aws_s3_bucket" "b" {{
  {bucket}
}}
resource "aws_s3_bucket_server_side_encryption_configuration" "c" {{
  {carrier}
  bucket = {to}
  rule {{
    apply_server_side_encryption_by_default {{
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }}
  }}
}}
"#
        );
        let files = [("main.tf".to_owned(), text)].into_iter().collect();
        let name = "carrier".to_owned();
        let answers = sekisho::on_own_threads(|| Fixture { name, files }.examine());
        let rules = answers.said.into_iter().map(|s| s.0);
        let rules: Vec<String> = rules.filter(|r| family(r) == "custody").collect();
        rules.join(" ")
    };
    let one = "aws_s3_bucket.b.id";
    let counted = "aws_s3_bucket.b[count.index].id";
    let each = "aws_s3_bucket.b[each.key].id";
    let undecided = "custody-undetermined";
    assert_eq!(answers("", "", one), "");
    assert_eq!(answers("", "count = var.n", one), undecided);
    assert_eq!(answers("", "for_each = var.n", one), undecided);
    assert_eq!(answers("", "count = var.n ? 1 : 0", one), undecided);
    assert_eq!(answers("count = var.n", "count = var.n", counted), "");
    assert_eq!(
        answers("count = var.n", "count = var.m", counted),
        undecided
    );
    assert_eq!(answers("for_each = var.n", "for_each = var.n", each), "");
    assert_eq!(
        answers("for_each = var.n", "for_each = var.m", each),
        undecided
    );
    assert_eq!(
        answers(
            "for_each = var.n",
            "for_each = aws_s3_bucket.b",
            "each.value.id"
        ),
        ""
    );
}
