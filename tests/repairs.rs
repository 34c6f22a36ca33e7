//! The HCL that is proposed: put into the code it was proposed for, the finding is gone.

#[path = "support/fixture.rs"]
mod fixture;

use fixture::Fixture;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use sekisho::diagnostic::{Level, Verdict};
use sekisho::load::syntax::parse_native;
use sekisho::report::Outcome;
use std::collections::BTreeMap;

type Files<'a> = &'a [(&'a str, &'a str)];

fn examine(files: &BTreeMap<String, String>) -> Outcome {
    let fixture = Fixture {
        name: "repair".into(),
        files: files.clone(),
    };
    let dir = fixture.write();
    let root = dir.path().canonicalize().expect("it is there");
    sekisho::on_own_threads(|| fixture::examine(&root))
}

fn files(texts: Files<'_>) -> BTreeMap<String, String> {
    texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// Every proposal of an outcome, with what it is for and the file of its mark.
fn proposals(outcome: &Outcome) -> Vec<(String, String, String)> {
    outcome
        .findings
        .iter()
        .filter_map(|f| {
            let repair = outcome.repair(f)?;
            let file = outcome.file(f.place).to_owned();
            Some((format!("{} {}", f.rule, f.addresses[0]), file, repair.hcl))
        })
        .collect()
}

fn same(a: &Block, b: &Block) -> bool {
    let labels = |b: &Block| {
        b.labels
            .iter()
            .map(|l| l.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    a.ident.as_str() == b.ident.as_str() && labels(a) == labels(b)
}

/// What a person does with a proposal: arguments and blocks of a resource that is there are set in it,
/// the rest is added.
fn apply(text: &str, hcl: &str) -> String {
    let mut body: Body = text.parse().expect("the fixture is HCL");
    let proposed: Body = hcl.parse().expect("the proposal is HCL");
    for structure in proposed {
        let Structure::Block(block) = structure else {
            panic!("a block was expected");
        };
        let there = body
            .get_blocks(block.ident.as_str())
            .any(|b| same(b, &block));
        if there {
            let kind = block.ident.to_string();
            let mut blocks = body.get_blocks_mut(&kind);
            let found = blocks.find(|b| same(b, &block)).expect("it was seen");
            set(&mut found.body, block.body);
        } else {
            body.push(Structure::Block(block));
        }
    }
    body.to_string()
}

fn set(there: &mut Body, new: Body) {
    let kinds: Vec<String> = new.blocks().map(|b| b.ident.to_string()).collect();
    for kind in kinds {
        there.remove_blocks(&kind);
    }
    for structure in new {
        if let Structure::Attribute(a) = &structure {
            there.remove_attribute(a.key.as_str());
        }
        match structure {
            Structure::Attribute(a) => there.push(Attribute::new(a.key.clone(), a.value)),
            Structure::Block(b) => there.push(b),
        }
    }
}

/// Applies every proposal; gives the text of the proposals.
fn mended(name: &str, texts: Files<'_>) -> String {
    let mut all = files(texts);
    let before = examine(&all);
    let proposals = proposals(&before);
    assert!(!proposals.is_empty(), "{name}: nothing is proposed");
    let mut said = String::new();
    for (what, file, hcl) in proposals {
        let tree = parse_native(hcl.as_bytes());
        assert!(tree.errors().is_empty(), "{name}: {hcl}");
        let text = all.get_mut(&file).expect("a file of the fixture");
        *text = apply(text, &hcl);
        said.push_str(&format!("# {what}\n{hcl}\n"));
    }
    let after = examine(&all);
    let left: Vec<String> = after
        .findings
        .iter()
        .filter(|f| f.level >= Level::Warning)
        .filter(|f| {
            // What the fixture is not about was there before.
            !before.findings.iter().any(|b| {
                b.rule == f.rule && b.addresses == f.addresses && before.repair(b).is_none()
            })
        })
        .map(|f| format!("{} {:?} {:?}", f.rule, f.verdict, f.addresses))
        .collect();
    assert!(left.is_empty(), "{name}: {left:#?}\n{all:#?}");
    assert_eq!(before.diagnostics, after.diagnostics, "{name}");
    said
}

const AWS: &str = "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n";

fn aws(name: &str, text: &str) -> String {
    mended(name, &[("main.tf", &format!("{AWS}{text}"))])
}

const PLAIN: &[(&str, &str)] = &[
    ("aws_s3_bucket", ""),
    (
        "aws_s3_bucket",
        "server_side_encryption_configuration {\n rule {\n apply_server_side_encryption_by_default {\n \
         sse_algorithm = \"AES256\"\n }\n }\n }",
    ),
    ("aws_ebs_volume", "availability_zone = \"ap-northeast-1a\""),
    (
        "aws_ebs_volume",
        "availability_zone = \"ap-northeast-1a\"\n encrypted = true",
    ),
    ("aws_db_instance", ""),
    ("aws_db_instance", "storage_encrypted = true"),
    ("aws_rds_cluster", "storage_encrypted = true"),
    ("aws_efs_file_system", ""),
    ("aws_sqs_queue", ""),
    ("aws_sqs_queue", "sqs_managed_sse_enabled = false"),
    ("aws_sqs_queue", "kms_master_key_id = \"alias/aws/sqs\""),
    ("aws_sns_topic", ""),
    ("aws_kinesis_stream", ""),
    ("aws_dynamodb_table", ""),
    (
        "aws_dynamodb_table",
        "server_side_encryption {\n enabled = true\n }",
    ),
    ("aws_cloudwatch_log_group", ""),
    ("aws_secretsmanager_secret", "kms_key_id = null"),
];

#[test]
fn a_new_key_is_proposed_where_there_is_none() {
    for (ty, body) in PLAIN {
        let said = aws(
            ty,
            &format!("resource \"{ty}\" \"orders\" {{\n  {body}\n}}\n"),
        );
        assert!(
            said.contains("resource \"aws_kms_key\" \"orders\""),
            "{said}"
        );
        assert!(said.contains("aws_kms_key.orders.arn"), "{said}");
    }
}

#[test]
fn a_key_that_is_there_is_used() {
    for (ty, body) in PLAIN {
        let text = format!(
            "resource \"{ty}\" \"orders\" {{\n  {body}\n}}\n\
             resource \"aws_kms_key\" \"main\" {{\n  enable_key_rotation = true\n}}\n"
        );
        let said = aws(ty, &text);
        assert!(said.contains("aws_kms_key.main.arn"), "{said}");
        assert!(!said.contains("resource \"aws_kms_key\""), "{said}");
    }
}

#[test]
fn all_instances_are_mended_at_once() {
    for ty in ["aws_s3_bucket", "aws_sqs_queue"] {
        let each = format!("resource \"{ty}\" \"o\" {{\n  for_each = toset([\"a\", \"b\"])\n}}\n");
        let count = format!("resource \"{ty}\" \"o\" {{\n  count = 2\n}}\n");
        aws("for_each", &each);
        aws("count", &count);
    }
}

#[test]
fn what_decides_elsewhere_is_mended_there() {
    let said = aws(
        "sse",
        "resource \"aws_s3_bucket\" \"o\" {}\n\
         resource \"aws_s3_bucket_server_side_encryption_configuration\" \"c\" {\n  bucket = aws_s3_bucket.o.id\n  \
         rule {\n    apply_server_side_encryption_by_default {\n      sse_algorithm = \"AES256\"\n    }\n  }\n}\n",
    );
    assert!(
        said.contains("\"aws_s3_bucket_server_side_encryption_configuration\" \"c\""),
        "{said}"
    );
}

#[test]
fn provider_region_and_free_names_are_seen_to() {
    let said = mended(
        "alias",
        &[(
            "main.tf",
            "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n\
             provider \"aws\" {\n  alias = \"osaka\"\n  region = \"ap-northeast-3\"\n}\n\
             resource \"aws_kms_key\" \"o\" {\n  enable_key_rotation = true\n}\n\
             resource \"aws_s3_bucket\" \"o\" {\n  provider = aws.osaka\n}\n",
        )],
    );
    assert!(
        said.contains("resource \"aws_kms_key\" \"o_key\" {\n  provider "),
        "{said}"
    );
    assert_eq!(said.matches("aws.osaka").count(), 2, "{said}");

    let said = aws(
        "region",
        "resource \"aws_s3_bucket\" \"o\" {\n  region = \"ap-northeast-3\"\n}\n",
    );
    assert_eq!(said.matches("\"ap-northeast-3\"").count(), 2, "{said}");
}

#[test]
fn a_module_is_mended_in_the_module_with_its_own_key() {
    let texts = [
        (
            "main.tf",
            "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n\
             resource \"aws_kms_key\" \"main\" {\n  enable_key_rotation = true\n}\n\
             module \"m\" {\n  source = \"./m\"\n}\n",
        ),
        ("m/m.tf", "resource \"aws_s3_bucket\" \"b\" {}\n"),
    ];
    let said = mended("module", &texts);
    assert!(!said.contains("aws_kms_key.main"), "{said}");
}

#[test]
fn google_and_azure() {
    let said = mended(
        "google",
        &[(
            "main.tf",
            "resource \"google_storage_bucket\" \"b\" {\n  name = \"b\"\n  location = \"ASIA-NORTHEAST1\"\n  \
             project = \"p\"\n}\n",
        )],
    );
    assert!(said.contains("= \"asia-northeast1\""), "{said}");
    assert_eq!(said.matches("project").count(), 1, "{said}");
    mended(
        "google, its own key",
        &[(
            "main.tf",
            "resource \"google_storage_bucket\" \"b\" {\n  name = \"b\"\n  location = \"ASIA-NORTHEAST1\"\n}\n\
             resource \"google_kms_key_ring\" \"r\" {\n  name = \"r\"\n  location = \"asia-northeast1\"\n}\n\
             resource \"google_kms_crypto_key\" \"k\" {\n  name = \"k\"\n  key_ring = google_kms_key_ring.r.id\n  \
             rotation_period = \"7776000s\"\n}\n",
        )],
    );
    for identity in ["", "identity {\n type = \"SystemAssigned\"\n }"] {
        let text = format!(
            "resource \"azurerm_storage_account\" \"shop\" {{\n  name = \"shop\"\n  location = \"japaneast\"\n  \
             resource_group_name = \"g\"\n  account_replication_type = \"LRS\"\n  account_tier = \"Standard\"\n  \
             {identity}\n}}\n"
        );
        let said = mended("azure", &[("main.tf", &text)]);
        assert_eq!(
            said.matches("identity").count(),
            usize::from(identity.is_empty())
        );
    }
}

#[test]
fn nothing_is_proposed_that_would_be_a_guess() {
    let cases: &[(&str, Files<'_>)] = &[
        (
            "the value comes from the caller",
            &[
                (
                    "main.tf",
                    "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n\
                     module \"m\" {\n  source = \"./m\"\n  key = \"alias/aws/sqs\"\n}\n",
                ),
                (
                    "m/m.tf",
                    "variable \"key\" {}\nresource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = var.key\n}\n",
                ),
            ],
        ),
        (
            "a new key needs one place",
            &[(
                "main.tf",
                "resource \"google_storage_bucket\" \"b\" {\n  name = \"b\"\n  location = \"ASIA1\"\n}\n",
            )],
        ),
        (
            "it is not decided whether anything is wrong",
            &[(
                "main.tf",
                "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nvariable \"key\" {}\n\
                 resource \"aws_sns_topic\" \"t\" {\n  kms_master_key_id = var.key\n}\n",
            )],
        ),
    ];
    for (name, texts) in cases {
        let outcome = examine(&files(texts));
        let about_keys = outcome.findings.iter().any(|f| {
            &*f.rule != "data-outside-japan"
                && matches!(f.verdict, Verdict::Violation | Verdict::Undetermined)
        });
        assert!(about_keys, "{name}: the fixture is wrong");
        assert_eq!(proposals(&outcome), [], "{name}");
    }
}

#[test]
fn a_key_elsewhere_is_not_used() {
    let said = aws(
        "key elsewhere",
        "provider \"aws\" {\n  alias = \"us\"\n  region = \"ap-northeast-3\"\n}\n\
         resource \"aws_kms_key\" \"k\" {\n  provider = aws.us\n  enable_key_rotation = true\n}\n\
         resource \"aws_kms_key\" \"sign\" {\n  customer_master_key_spec = \"RSA_2048\"\n}\n\
         resource \"aws_sqs_queue\" \"q\" {}\n",
    );
    assert!(said.contains("aws_kms_key.q.arn"), "{said}");
}
