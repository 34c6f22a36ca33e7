//! Asks both programs what they make of a directory, and brings the answers into one form.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program says of a configuration.
#[derive(Debug, Default)]
pub struct Answer {
    pub ok: bool,
    /// File, line and words of each error.
    pub errors: Vec<(String, usize, String)>,
    /// By address: values, unknown, sensitive, index.
    pub resources: BTreeMap<String, Value>,
    /// By name: value, type, sensitive.
    pub outputs: BTreeMap<String, Value>,
    /// By name: which parts are not known.
    pub output_unknown: BTreeMap<String, Value>,
}

/// The terraform to ask.
pub fn terraform_path() -> PathBuf {
    std::env::var_os("RANDOM_TERRAFORM").map_or_else(|| "terraform".into(), PathBuf::from)
}

/// What stands for the words where terraform had none.
pub const NO_ANSWER: &str = "no answer";

/// Within a minute and 8 GB: some configurations make terraform take all the memory there is.
const BOUNDED: &str = "ulimit -v 8000000; exec timeout 60 \"$0\" \"$@\"";

fn terraform_command(dir: &Path, args: &[&str]) -> Vec<u8> {
    Command::new("sh")
        .args(["-c", BOUNDED])
        .arg(terraform_path())
        .args(args)
        .current_dir(dir)
        .env("TF_IN_AUTOMATION", "1")
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .output()
        .expect("terraform runs: RANDOM_TERRAFORM names it")
        .stdout
}

/// What terraform plans.
pub fn terraform(dir: &Path) -> Answer {
    let args = [
        "plan",
        "-json",
        "-input=false",
        "-lock=false",
        "-refresh=false",
        "-out=plan",
    ];
    let said = terraform_command(dir, &args);
    let mut answer = Answer {
        ok: true,
        ..Answer::default()
    };
    for line in String::from_utf8_lossy(&said).lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let d = &line["diagnostic"];
        if d["severity"] == "error" {
            answer.ok = false;
            let text = |v: &Value| v.as_str().unwrap_or("").to_owned();
            answer.errors.push((
                text(&d["range"]["filename"]),
                d["range"]["start"]["line"].as_u64().unwrap_or(0) as usize,
                format!("{}: {}", text(&d["summary"]), text(&d["detail"])),
            ));
        }
    }
    if !answer.ok {
        return answer;
    }
    let shown = terraform_command(dir, &["show", "-json", "plan"]);
    let Ok(plan) = serde_json::from_slice::<Value>(&shown) else {
        // It fell over.
        answer.ok = false;
        answer.errors.push((String::new(), 0, NO_ANSWER.into()));
        return answer;
    };
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let of = |key: &str| {
            let mut map: Map<String, Value> = change["change"][key]
                .as_object()
                .cloned()
                .unwrap_or_default();
            map.remove("id");
            map.remove("output");
            Value::Object(map)
        };
        let facts = json!({
            "values": of("after"),
            "unknown": of("after_unknown"),
            "sensitive": of("after_sensitive"),
            "index": change["index"],
        });
        answer
            .resources
            .insert(change["address"].as_str().unwrap_or("").into(), facts);
    }
    for (name, output) in plan["planned_values"]["outputs"]
        .as_object()
        .into_iter()
        .flatten()
    {
        answer.outputs.insert(name.clone(), output.clone());
    }
    for (name, change) in plan["output_changes"].as_object().into_iter().flatten() {
        answer
            .output_unknown
            .insert(name.clone(), change["after_unknown"].clone());
        let value = answer
            .outputs
            .entry(name.clone())
            .or_insert_with(|| json!({}));
        if value.get("value").is_none() && !change["after"].is_null() {
            value["value"] = change["after"].clone();
        }
    }
    answer
}

/// What sekisho says.
pub fn sekisho(dir: &Path) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["debug", "resources", "--show-sensitive", "."])
        .current_dir(dir)
        .env_clear()
        .output()
        .expect("sekisho runs");
    let Ok(said) = serde_json::from_slice::<Value>(&output.stdout) else {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Answer {
            errors: vec![(String::new(), 0, format!("no JSON: {words}"))],
            ..Answer::default()
        };
    };
    let mut answer = Answer {
        ok: said["ok"] == true,
        ..Answer::default()
    };
    for d in said["diagnostics"].as_array().into_iter().flatten() {
        answer.errors.push((
            d["file"]
                .as_str()
                .unwrap_or("")
                .trim_start_matches("./")
                .to_owned(),
            d["line"].as_u64().unwrap_or(0) as usize,
            d["message"].as_str().unwrap_or("").to_owned(),
        ));
    }
    for r in said["resources"].as_array().into_iter().flatten() {
        let facts = json!({
            "values": r["values"],
            "unknown": r["unknown"],
            "sensitive": r["sensitive"],
            "index": r["index"],
        });
        answer
            .resources
            .insert(r["address"].as_str().unwrap_or("").into(), facts);
    }
    let map = |v: &Value| -> BTreeMap<String, Value> {
        let fields = v.as_object().into_iter().flatten();
        fields.map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    answer.outputs = map(&said["outputs"]);
    answer.output_unknown = map(&said["output_unknown"]);
    answer
}
