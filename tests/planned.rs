//! Plans and states of old versions and of forms that are easily taken for something else.

mod support;

use serde_json::{Value, json};
use std::path::Path;

/// What `inventory` says of a file with this content.
fn inventory(content: &Value) -> Value {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("plan.json"), content.to_string()).expect("it is written");
    let output = support::sekisho(&["inventory", "plan.json", "--format", "json"])
        .current_dir(dir.path())
        .output()
        .expect("the binary starts");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn fixture(path: &str) -> Value {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plans");
    let text = std::fs::read(all.join(path)).expect("it is there");
    serde_json::from_slice(&text).expect("JSON")
}

/// Address, regions and custody of each store.
fn stores(inventory: &Value) -> Vec<(String, String, String)> {
    let mut out: Vec<_> = inventory["stores"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| {
            (
                s["address"].as_str().expect("text").to_owned(),
                s["location"]["regions"].to_string(),
                s["custody"]["level"].as_str().expect("text").to_owned(),
            )
        })
        .collect();
    out.sort();
    out
}

fn store(address: &str, regions: &str, custody: &str) -> (String, String, String) {
    (address.into(), regions.into(), custody.into())
}

#[test]
fn a_state_of_version_3() {
    let state = json!({
        "version": 3, "terraform_version": "0.11.14", "serial": 4, "lineage": "x",
        "modules": [
            {"path": ["root"], "outputs": {}, "resources": {
                "aws_kms_key.k": {"type": "aws_kms_key", "provider": "provider.aws", "primary": {
                    "id": "11111111-2222-3333-4444-555555555555", "attributes": {
                        "arn": "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555",
                        "enable_key_rotation": "true", "id": "11111111-2222-3333-4444-555555555555",
                        "key_id": "11111111-2222-3333-4444-555555555555"}}},
                "aws_s3_bucket.b.0": {"type": "aws_s3_bucket", "provider": "provider.aws", "primary": {
                    "id": "b0", "attributes": {
                        "arn": "arn:aws:s3:::b0", "bucket": "b0", "id": "b0", "region": "us-east-1",
                        "server_side_encryption_configuration.#": "1",
                        "server_side_encryption_configuration.0.rule.#": "1",
                        "server_side_encryption_configuration.0.rule.0.apply_server_side_encryption_by_default.#": "1",
                        "server_side_encryption_configuration.0.rule.0.apply_server_side_encryption_by_default.0.kms_master_key_id":
                            "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555",
                        "server_side_encryption_configuration.0.rule.0.apply_server_side_encryption_by_default.0.sse_algorithm": "aws:kms",
                        "versioning.#": "1", "versioning.0.enabled": "true"}},
                    "deposed": []}}},
            {"path": ["root", "data", "inner"], "outputs": {}, "resources": {
                "aws_db_instance.d": {"type": "aws_db_instance", "provider": "provider.aws.osaka", "primary": {
                    "id": "d", "attributes": {
                        "arn": "arn:aws:rds:ap-northeast-3:123456789012:db:d", "id": "d", "identifier": "d",
                        "storage_encrypted": "false", "backup_retention_period": "0", "engine": "mysql"}}}}},
        ],
    });
    let got = inventory(&state);
    assert_eq!(
        stores(&got),
        [
            store("aws_s3_bucket.b[0]", "[\"us-east-1\"]", "customer-hsm"),
            store(
                "module.data.module.inner.aws_db_instance.d",
                "[\"ap-northeast-3\"]",
                "none"
            ),
        ]
    );
    assert_eq!(got["stores"][0]["backup"], "yes");
    assert_eq!(
        got["stores"][0]["provider"],
        "registry.terraform.io/hashicorp/aws"
    );
    assert_eq!(got["stores"][1]["backup"], "no");
}

#[test]
fn flat_values_in_a_state_of_version_4() {
    let state = json!({
        "version": 4, "terraform_version": "0.12.0", "lineage": "x", "resources": [
            {"mode": "managed", "type": "aws_ebs_volume", "name": "v", "provider": "provider.aws", "instances": [
                {"schema_version": 0, "attributes_flat": {
                    "id": "vol-1", "availability_zone": "ap-northeast-1a", "encrypted": "false", "size": "8",
                    "arn": "arn:aws:ec2:ap-northeast-1:123456789012:volume/vol-1"}},
                {"deposed": "00000001", "attributes": {
                    "id": "vol-0", "availability_zone": "us-east-1a", "encrypted": false,
                    "arn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0"}}]},
        ],
    });
    assert_eq!(
        stores(&inventory(&state)),
        [
            store("aws_ebs_volume.v", "[\"ap-northeast-1\"]", "none"),
            store(
                "aws_ebs_volume.v (deposed 00000001)",
                "[\"us-east-1\"]",
                "none"
            ),
        ]
    );
}

/// A plan of a queue in `module.a.module.b`, as a Terraform before 1.1 writes it.
fn old_plan(providers: &Value, key: &str) -> Value {
    let queue = |values: &str| {
        json!({
            "address": "module.a.module.b.aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue",
            "name": "q", "provider_name": "aws", values: {"name": "q", "sqs_managed_sse_enabled": true},
        })
    };
    let resource = json!({
        "address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
        "provider_config_key": key, "schema_version": 0,
        "expressions": {"name": {"constant_value": "q"}},
    });
    json!({
        "format_version": "0.1", "terraform_version": "0.12.31",
        "planned_values": {"root_module": {"child_modules": [{"address": "module.a", "child_modules": [
            {"address": "module.a.module.b", "resources": [queue("values")]}]}]}},
        "configuration": {
            "provider_config": providers,
            "root_module": {"module_calls": {"a": {"source": "./a", "module": {
                "module_calls": {"b": {"source": "./b", "module": {"resources": [resource]}}}}}}},
        },
    })
}

#[test]
fn provider_configurations_of_old_plans() {
    let at = |region: &str| json!({"region": {"constant_value": region}});
    let tokyo = json!({"name": "aws", "expressions": at("ap-northeast-1")});
    let osaka = json!({"name": "aws", "alias": "osaka", "expressions": at("ap-northeast-3")});
    let same = json!({"name": "aws", "alias": "same", "expressions": at("ap-northeast-1")});
    let own =
        |path: &str| json!({"name": "aws", "module_address": path, "expressions": at("us-east-1")});
    let version =
        json!({"name": "aws", "module_address": "module.a.module.b", "version_constraint": ">= 2"});
    let (known, abroad, open) = ("[\"ap-northeast-1\"]", "[\"us-east-1\"]", "[]");
    for (providers, key, expected) in [
        // Inherited from the root, with the last name alone.
        (json!({"aws": tokyo}), "b:aws", known),
        (
            json!({"aws": tokyo, "module.a.module.b:aws": version}),
            "b:aws",
            known,
        ),
        (
            json!({"aws": tokyo, "module.a.module.b:aws": version}),
            "module.a.module.b:aws",
            known,
        ),
        // The nearest around it.
        (json!({"aws": tokyo, "a:aws": own("a")}), "b:aws", abroad),
        (
            json!({"aws": tokyo, "module.a:aws": own("module.a")}),
            "b:aws",
            abroad,
        ),
        (json!({"aws": tokyo, "b:aws": own("b")}), "b:aws", abroad),
        // Another may be handed in, unless it says the same.
        (json!({"aws": tokyo, "aws.osaka": osaka}), "b:aws", open),
        (json!({"aws": tokyo, "aws.same": same}), "b:aws", known),
        // As it is since 1.1.
        (json!({"aws": tokyo, "aws.osaka": osaka}), "aws", known),
        (
            json!({"aws": tokyo, "module.a:aws": own("module.a")}),
            "module.a:aws",
            abroad,
        ),
    ] {
        let got = stores(&inventory(&old_plan(&providers, key)));
        assert_eq!(got.len(), 1, "{providers} {key}");
        assert_eq!(got[0].1, expected, "{providers} {key}");
    }
}

#[test]
fn a_version_constraint_in_a_repeated_module_is_no_instance_of_it() {
    // References to `module.a` are to its instances, not to one without a key.
    let mut plan = fixture("keys/plan.json");
    let call = &mut plan["configuration"]["root_module"]["module_calls"]["kms"];
    assert!(call.is_object());
    plan["configuration"]["provider_config"]["module.never:aws"] = json!({
        "name": "aws", "module_address": "module.never", "version_constraint": ">= 5"
    });
    let text = plan
        .to_string()
        .replace("module.kms.", "module.kms[\\\"a\\\"].");
    let text = text.replace(
        "\"address\":\"module.kms\"",
        "\"address\":\"module.kms[\\\"a\\\"]\"",
    );
    let text = text.replace(
        "\"module_address\":\"module.kms\"",
        "\"module_address\":\"module.kms[\\\"a\\\"]\"",
    );
    let mut plan: Value = serde_json::from_str(&text).expect("JSON");
    let before = stores(&inventory(&plan));
    plan["configuration"]["provider_config"]["module.kms:aws"] = json!({
        "name": "aws", "module_address": "module.kms", "version_constraint": ">= 5"
    });
    let got = stores(&inventory(&plan));
    assert_eq!(got, before);
    let queue = got
        .iter()
        .find(|s| s.0 == "aws_sqs_queue.q")
        .expect("a queue");
    assert_eq!(queue.2, "customer-hsm");
}

#[test]
fn the_neighbours_tell_a_region() {
    let plan = fixture("known-region/plan.json");
    let got = inventory(&plan);
    let place = |got: &Value, address: &str| {
        let all = got["stores"].as_array().expect("a list");
        let found = all
            .iter()
            .find(|s| s["address"] == address)
            .expect("a store");
        (
            found["location"]["regions"].to_string(),
            found["assumptions"].to_string(),
        )
    };
    let (region, told) = place(&got, "aws_sns_topic.new");
    assert_eq!(region, "[\"ap-northeast-1\"]");
    assert_eq!(told.matches("arn=ap-northeast-1").count(), 1, "{told}");
    let (region, told) = place(&got, "aws_sns_topic.dr");
    assert_eq!(region, "[\"ap-northeast-3\"]");
    assert!(
        told.contains("data.aws_region.dr.name=ap-northeast-3"),
        "{told}"
    );
    // Two that disagree tell nothing.
    let mut moved = plan.clone();
    let mut other = moved["resource_changes"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|c| c["type"] == "aws_kms_key")
        .expect("a key")
        .clone();
    other["change"]["after"]["arn"] = json!("arn:aws:kms:us-east-1:123456789012:key/x");
    other["index"] = json!(7);
    moved["resource_changes"]
        .as_array_mut()
        .expect("a list")
        .push(other);
    assert_eq!(place(&inventory(&moved), "aws_sns_topic.new").0, "[]");
    // What is replaced had an ARN, and terraform has just read it with the same configuration.
    let mut replaced = plan.clone();
    for change in replaced["resource_changes"].as_array_mut().expect("a list") {
        let change = &mut change["change"];
        let arn = change["after"]["arn"].take();
        if !arn.is_null() {
            change["before"] = change["after"].clone();
            change["before"]["arn"] = arn;
            change["after_unknown"]["arn"] = json!(true);
            change["actions"] = json!(["delete", "create"]);
        }
    }
    let (region, told) = place(&inventory(&replaced), "aws_sns_topic.new");
    assert_eq!(region, "[\"ap-northeast-1\"]");
    assert_eq!(told.matches("arn=ap-northeast-1").count(), 1, "{told}");
    // What the configuration writes is no answer: a data source that is asked for another region.
    let mut asked = plan.clone();
    asked["configuration"]["root_module"]["resources"]
        .as_array_mut()
        .expect("a list")
        .iter_mut()
        .find(|r| r["mode"] == "data")
        .expect("a data source")["expressions"] =
        json!({"name": {"constant_value": "ap-northeast-3"}});
    assert_eq!(place(&inventory(&asked), "aws_sns_topic.dr").0, "[]");
}

#[test]
fn checks_drift_and_what_is_deferred_make_no_second_store() {
    for folder in ["checked", "drifted"] {
        let plan = fixture(&format!("{folder}/plan.json"));
        let got = stores(&inventory(&plan));
        let mut once = got.clone();
        once.dedup_by(|a, b| a.0 == b.0);
        assert_eq!(got, once, "{folder}");
        assert!(!got.iter().any(|s| s.0.contains("data.")), "{got:?}");
    }
    let plan = fixture("drifted/plan.json");
    assert!(
        plan["resource_drift"]
            .as_array()
            .is_some_and(|d| !d.is_empty())
    );
    // Deferred beside planned, as terraform writes what it puts off.
    let mut plan = fixture("checked/plan.json");
    let whole = stores(&inventory(&plan));
    let change = plan["resource_changes"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|c| c["type"] == "aws_cloudwatch_log_group")
        .expect("a log group")
        .clone();
    plan["deferred_changes"] =
        json!([{"reason": "provider_config_unknown", "resource_change": change}]);
    assert_eq!(stores(&inventory(&plan)), whole);
    plan["resource_changes"]
        .as_array_mut()
        .expect("a list")
        .retain(|c| c["type"] != "aws_cloudwatch_log_group");
    assert_eq!(stores(&inventory(&plan)), whole);
}

#[test]
fn opentofu_is_read_alike() {
    for path in [
        "nested/plan.json",
        "nested/state.json",
        "nested/terraform.tfstate",
    ] {
        let terraform = fixture(path);
        let text = terraform
            .to_string()
            .replace("registry.terraform.io", "registry.opentofu.org");
        let tofu: Value = serde_json::from_str(&text).expect("JSON");
        assert_ne!(tofu, terraform);
        assert_eq!(
            stores(&inventory(&tofu)),
            stores(&inventory(&terraform)),
            "{path}"
        );
    }
}

#[test]
fn data_sources_of_a_state_tell_whose_key_an_arn_is() {
    for path in ["parameters/state.json", "parameters/terraform.tfstate"] {
        let got = inventory(&fixture(path));
        for s in got["stores"].as_array().expect("a list") {
            let address = s["address"].as_str().expect("text");
            let expected = match address {
                "aws_ssm_parameter.managed" => "provider-managed",
                "aws_ssm_parameter.this[\"db/host\"]" => continue,
                _ => "customer-hsm",
            };
            assert_eq!(s["custody"]["level"], expected, "{path} {address}");
        }
    }
    // Without them an ARN of this form may be the provider's own.
    let mut state = fixture("parameters/terraform.tfstate");
    state["resources"]
        .as_array_mut()
        .expect("a list")
        .retain(|r| r["mode"] == "managed");
    let got = inventory(&state);
    let all = got["stores"].as_array().expect("a list");
    let logs = all
        .iter()
        .find(|s| s["address"] == "aws_cloudwatch_log_group.this[0]");
    assert_eq!(logs.expect("it is there")["custody"]["level"], "unknown");
}

#[test]
fn a_dynamic_block_over_what_is_known_after_apply_is_not_nothing() {
    let got = stores(&inventory(&fixture("module-idioms/plan.json")));
    let data = got
        .iter()
        .find(|s| s.0 == "module.data.aws_s3_bucket.this[0]");
    assert_eq!(data.expect("a bucket").2, "unknown");
    let logs = got
        .iter()
        .find(|s| s.0 == "module.logs.aws_s3_bucket.this[0]");
    assert_eq!(logs.expect("a bucket").2, "provider-owned");
}
