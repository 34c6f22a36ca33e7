//! The formats that other programs read: their shape, their places, and that none of them is silent
//! about what was not seen.

mod support;

use sekisho::messages::{Lang, Words};
use sekisho::report::{self, Outcome};
use sekisho::settings::{Format, Input, Question, Settings};
use sekisho::source::Place;
use serde_json::Value;
use std::path::Path;
use std::process::Output;
use support::{run, schema, sekisho, snapshot};

const OF_CHECK: &[&str] = &["text", "brief", "json", "sarif", "github", "csv"];
const OF_INVENTORY: &[&str] = &["text", "table", "json", "csv", "mermaid", "svg"];

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

#[test]
fn each_format_as_it_is_written() {
    for format in ["brief", "github", "csv"] {
        for tree in ["bucket", "modules"] {
            let name = format!("{format}-check-{tree}");
            snapshot(
                &name,
                &["check", tree, "--boundary", ".", "--format", format],
            );
        }
    }
    for format in ["table", "csv"] {
        for tree in ["bucket", "modules"] {
            let name = format!("{format}-inventory-{tree}");
            snapshot(&name, &["inventory", tree, "--format", format]);
        }
    }
}

#[test]
fn a_format_of_the_other_question_is_a_usage_error() {
    for (command, format) in [
        ("check", "table"),
        ("inventory", "sarif"),
        ("inventory", "github"),
        ("inventory", "brief"),
    ] {
        let output = run(&[command, "bucket", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "{command} {format}");
        let output = run(&[command, "bucket", "--output", &format!("{format}=/nowhere")]);
        assert_eq!(output.status.code(), Some(2), "{command} {format}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("the formats are"));
    }
}

#[test]
fn what_was_not_seen_is_in_every_format_and_moves_the_same_exit_code() {
    for (tree, said) in [
        ("empty", "nothing-judged"),
        ("nothing", "nothing-judged"),
        ("broken", "input-not-read"),
        ("missing", "input-not-read"),
        ("modules", "module-not-loaded"),
    ] {
        for (command, formats) in [("check", OF_CHECK), ("inventory", OF_INVENTORY)] {
            let mut codes = Vec::new();
            for format in formats {
                let output = run(&[command, tree, "--format", format]);
                let text = stdout(&output);
                assert!(text.contains(said), "{command} {tree} {format}:\n{text}");
                codes.push(output.status.code());
            }
            codes.dedup();
            assert_eq!(codes.len(), 1, "{command} {tree}: {codes:?}");
            assert_ne!(codes[0], Some(0), "{command} {tree}");
        }
    }
}

#[test]
fn every_format_says_how_much_was_seen() {
    let sign = |format: &str| match format {
        "json" | "sarif" => "\"stores\":2",
        _ => "stores 2, keys 1",
    };
    for (command, formats) in [("check", OF_CHECK), ("inventory", OF_INVENTORY)] {
        for format in formats {
            let text = stdout(&run(&[command, "bucket", "--format", format]));
            assert!(text.contains(sign(format)), "{command} {format}:\n{text}");
        }
    }
}

#[test]
fn several_outputs_of_one_run_are_those_of_several_runs() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (command, formats) in [("check", OF_CHECK), ("inventory", OF_INVENTORY)] {
        let mut args = vec![command.to_owned(), "bucket".into(), "--color=always".into()];
        for format in formats {
            let file = dir.path().join(format);
            args.push(format!("--output={format}={}", file.display()));
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let together = run(&args);
        assert_eq!(
            together.stdout,
            run(&[command, "bucket", "--color=always"]).stdout
        );
        for format in formats {
            let written = std::fs::read(dir.path().join(format)).expect("it was written");
            // A file is for no terminal, whatever standard output is.
            let alone = run(&[command, "bucket", "--format", format]).stdout;
            assert!(written == alone, "{command} {format}");
        }
    }
}

#[test]
fn sarif_has_the_shape_that_the_standard_asks_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-used.json");
    let text = std::fs::read_to_string(path).expect("it is there");
    let shape: Value = serde_json::from_str(&text).expect("JSON");
    for tree in [
        "bucket",
        "modules",
        "broken",
        "empty",
        "nothing",
        "missing",
        "terragrunt",
        ".",
    ] {
        for lang in ["en", "ja"] {
            let output = run(&["check", tree, "--format", "sarif", "--lang", lang]);
            let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let problems = schema::problems(&shape, &log);
            assert!(problems.is_empty(), "{tree}: {problems:#?}");
            let run = &log["runs"][0];
            let invocation = &run["invocations"][0];
            assert_eq!(
                invocation["executionSuccessful"],
                output.status.code() != Some(2),
                "{tree}"
            );
            assert_eq!(invocation["exitCode"], output.status.code().unwrap_or(-1));
            for result in run["results"].as_array().expect("a list") {
                let index = result["ruleIndex"].as_u64().expect("a built-in rule") as usize;
                let rule = &run["tool"]["driver"]["rules"][index];
                assert_eq!(rule["id"], result["ruleId"]);
            }
        }
    }
}

/// The text between two places that are counted in lines and code points.
fn cut(text: &str, region: &Value) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let number = |key: &str| region[key].as_u64().expect("a number") as usize;
    let offset = |line: usize, column: usize| {
        let start: usize = text
            .split_inclusive('\n')
            .take(line - 1)
            .map(str::len)
            .sum();
        let inside: usize = text[start..]
            .chars()
            .take(column - 1)
            .map(char::len_utf8)
            .sum();
        start + inside
    };
    let from = offset(number("startLine"), number("startColumn"));
    let to = offset(number("endLine"), number("endColumn"));
    text[from..to].to_owned()
}

fn examined(dir: &Path) -> (Outcome, Settings) {
    let settings = Settings::plain(
        Question::Findings,
        Input {
            current_dir: dir.to_path_buf(),
            paths: vec![dir.to_path_buf()],
            boundary: Some(dir.to_path_buf()),
            ..Input::default()
        },
    );
    let policy = sekisho::policy_of(&settings);
    let outcome = sekisho::on_own_threads(|| sekisho::examine(&settings, &policy));
    (outcome, settings)
}

#[test]
fn each_region_of_sarif_is_the_marked_text() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let deep = dir.path().join("環境 1/a#b");
    std::fs::create_dir_all(&deep).expect("written");
    std::fs::write(
        deep.join("main.tf"),
        "\u{feff}locals { 名前 = \"注文\" } # 𝒳𝒳\r\n\
         provider \"aws\" { region = /* 東京ではない 🇯🇵 */ var.地域 }\r\n\
         variable \"地域\" {\r\n  default = /* 𝒳 */ \"us-east-1\"\r\n}\r\n\
         /* 鍵 */ resource \"aws_sqs_queue\" \"q\" {\r\n\
           /* 無効 */ sqs_managed_sse_enabled = false\r\n}\r\n\
         /* 𝒳 */ resource \"aws_s3_bucket\" \"b\" {\r\n}\r\n",
    )
    .expect("written");
    std::fs::write(deep.join("bad.tf"), "/* 壊 */ resource \"x\" \"y\" {\n").expect("written");
    let root = dir.path().canonicalize().expect("it is there");
    let (outcome, settings) = examined(&root);
    let words = Words::new(Lang::Ja);
    let mut bytes = Vec::new();
    report::write(&mut bytes, Format::Sarif, &outcome, &settings, &words).expect("written");
    let log: Value = serde_json::from_slice(&bytes).expect("JSON");

    let marked = |place: Place| {
        let text = outcome.project.sources.tree(place.file).source();
        text[place.span.start as usize..place.span.end as usize].to_owned()
    };
    let mut regions = 0;
    let mut same = |location: &Value, place: Place| {
        let physical = &location["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("%E7%92%B0%E5%A2%83%201/a%23b/"), "{uri}");
        let path = &outcome.project.sources.file(place.file).path;
        let text = std::fs::read_to_string(path).expect("it is there");
        assert_eq!(cut(&text, &physical["region"]), marked(place));
        regions += 1;
    };
    let results = log["runs"][0]["results"].as_array().expect("a list");
    assert_eq!(results.len(), outcome.findings.len());
    for (result, finding) in results.iter().zip(&outcome.findings) {
        same(&result["locations"][0], finding.place);
        for (i, mark) in finding.trail.iter().enumerate() {
            same(&result["relatedLocations"][i], mark.place);
        }
        if !finding.trail.is_empty() {
            let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
            let flow = flow.as_array().expect("a list");
            same(&flow[flow.len() - 1]["location"], finding.place);
            same(
                &flow[0]["location"],
                finding.trail[finding.trail.len() - 1].place,
            );
        }
    }
    let notes = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let notes = notes.as_array().expect("a list");
    for (note, diagnostic) in notes.iter().zip(&outcome.diagnostics) {
        if let Some(place) = diagnostic.place {
            same(&note["locations"][0], place);
        }
    }
    assert!(regions >= 7, "only {regions} regions");
}

#[test]
fn csv_has_as_many_cells_in_each_line() {
    for (command, tree) in [
        ("check", "bucket"),
        ("inventory", "bucket"),
        ("inventory", "."),
    ] {
        let text = stdout(&run(&[command, tree, "--format", "csv"]));
        assert!(text.ends_with("\r\n"));
        let cells = |line: &str| {
            let mut quoted = false;
            line.chars()
                .filter(|c| {
                    quoted ^= *c == '"';
                    *c == ',' && !quoted
                })
                .count()
        };
        let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
        let columns = cells(lines[0]);
        for line in &lines {
            assert_eq!(cells(line), columns, "{line}");
        }
        assert!(lines.len() > 3, "{text}");
    }
}

#[test]
fn the_table_fits_the_terminal_and_the_text_does_not_bend_to_it() {
    for lang in ["en", "ja"] {
        let wide = |format: &str, columns: &str| {
            let output = sekisho(&["inventory", "bucket", "--format", format, "--lang", lang])
                .env("COLUMNS", columns)
                .output()
                .expect("the binary starts");
            stdout(&output)
        };
        assert_ne!(wide("table", "90"), wide("table", "200"));
        assert_eq!(wide("text", "90"), wide("text", "200"));
        let longest = wide("table", "90")
            .lines()
            .take_while(|l| !l.contains("aws_kms_key.orders  "))
            .map(|l| l.chars().count())
            .max();
        assert!(longest <= Some(90), "{longest:?}");
    }
}

#[test]
fn no_secret_reaches_any_output() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let text = include_str!("data/secrets.tf");
    assert!(text.matches("hunter2").count() > 10);
    std::fs::write(dir.path().join("main.tf"), text).expect("written");
    std::fs::write(
        dir.path().join("terraform.tfvars"),
        "given = \"hunter2-given\"\n",
    )
    .expect("written");
    let path = dir.path().display().to_string();
    for (command, formats) in [("check", OF_CHECK), ("inventory", OF_INVENTORY)] {
        for format in formats {
            let mut args = vec![command, &path, "--format", format, "-v"];
            if command == "check" {
                args.extend(["--min-level", "note"]);
            }
            args.extend(["--var", "typed=hunter2-typed"]);
            let output = run(&args);
            let said = stdout(&output) + &String::from_utf8_lossy(&output.stderr);
            let leaks: Vec<&str> = said.lines().filter(|l| l.contains("hunter2")).collect();
            assert!(leaks.is_empty(), "{command} {format}: {leaks:#?}");
            assert!(said.contains("example.com"), "{command} {format}: {said}");
        }
    }
}
