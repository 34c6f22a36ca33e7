//! docs/compatibility.md holds what it says: every `# => …` in it is run.
//!
//! Two kinds of blocks have answers. In a block ```` ```terraform ```` each line is an expression with
//! its value. In a block ```` ```hcl ```` the configuration comes first, and below it the attributes that
//! it gives. A block ```` ```hcl context ```` is the configuration around the expressions that follow,
//! ```` ```text NAME ```` a file beside it; both hold until the next heading.

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A fenced block: what stands behind the fence, its first line's number, its lines.
struct Block {
    info: String,
    at: usize,
    lines: Vec<String>,
}

/// The blocks of each section.
fn sections(text: &str) -> Vec<Vec<Block>> {
    let mut out: Vec<Vec<Block>> = vec![Vec::new()];
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => {
                let done = open.take().expect("it is open");
                out.last_mut().expect("there is one").push(done);
            }
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, Some(info)) => {
                open = Some(Block {
                    info: info.trim().to_owned(),
                    at: at + 2,
                    lines: Vec::new(),
                });
            }
            (None, None) if line.starts_with('#') => out.push(Vec::new()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    out
}

fn sekisho(dir: &Path, args: &[&str], input: &str) -> String {
    let mut child = support::sekisho(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sekisho starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it is read");
    drop(stdin);
    let output = child.wait_with_output().expect("sekisho ends");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// What `debug expr` says, as the page writes it.
fn said(answer: &Value) -> String {
    if answer["ok"] == false {
        return "error".into();
    }
    let mut out = if let Some(json) = answer["json"].as_str() {
        compact(json)
    } else if let Some(all) = answer["one_of"].as_array() {
        let all: Vec<String> = all
            .iter()
            .map(|j| compact(j.as_str().expect("text")))
            .collect();
        all.join(" or ")
    } else {
        format!("unknown ({})", answer["why"].as_str().unwrap_or("?"))
    };
    if answer["sensitive"] == true {
        out += " (sensitive)";
    }
    out
}

/// JSON in one form.
fn compact(json: &str) -> String {
    serde_json::from_str::<Value>(json).map_or_else(|_| json.to_owned(), |v| v.to_string())
}

/// `VALUE` of the page in the same form.
fn written(text: &str) -> String {
    let (text, mark) = match text.strip_suffix(" (sensitive)") {
        Some(text) => (text, " (sensitive)"),
        None => (text, ""),
    };
    let all: Vec<String> = text.split(" or ").map(|t| compact(t.trim())).collect();
    all.join(" or ") + mark
}

fn expressions(dir: &Path, block: &Block, wrong: &mut String) -> usize {
    let mut asked = Vec::new();
    for (i, line) in block.lines.iter().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let (expr, value) = line
            .rsplit_once("# => ")
            .unwrap_or_else(|| panic!("line {}: no answer", block.at + i));
        asked.push((block.at + i, expr.trim(), value.trim()));
    }
    let input = asked.iter().fold(String::new(), |all, (_, expr, _)| {
        all + &Value::from(*expr).to_string() + "\n"
    });
    let output = sekisho(dir, &["debug", "expr", "--known", "--chdir", "."], &input);
    let answers: Vec<Value> = output
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), asked.len(), "{output}");
    for ((line, expr, value), answer) in asked.iter().zip(&answers) {
        let said = said(answer);
        if said != written(value) {
            let _ = writeln!(
                wrong,
                "line {line}: {expr} is {said}, not {value}: {answer}"
            );
        }
    }
    asked.len()
}

/// `ADDRESS.path = VALUE`, `ADDRESS`, `no ADDRESS`, `error` and `output NAME = VALUE` of a configuration.
fn configuration(dir: &Path, block: &Block, wrong: &mut String) -> usize {
    let expected: Vec<(usize, &str)> = block
        .lines
        .iter()
        .enumerate()
        .filter_map(|(i, l)| Some((block.at + i, l.strip_prefix("# => ")?.trim())))
        .collect();
    if expected.is_empty() {
        return 0;
    }
    std::fs::write(dir.join("main.tf"), block.lines.join("\n") + "\n").expect("a file");
    let output = sekisho(
        dir,
        &["debug", "resources", "--known", "--show-sensitive", "."],
        "",
    );
    let answer: Value = serde_json::from_str(&output).expect("JSON");
    let resources = answer["resources"].as_array().cloned().unwrap_or_default();
    let find = |address: &str| resources.iter().find(|r| r["address"] == address);
    for (line, text) in &expected {
        let holds = if *text == "error" {
            answer["ok"] == false
        } else if let Some(address) = text.strip_prefix("no ") {
            answer["ok"] == true && find(address).is_none()
        } else if let Some((what, value)) = text.split_once(" = ") {
            let value: Option<Value> = serde_json::from_str(value).ok();
            let unknown = value.is_none();
            let (holder, gaps) = match what.strip_prefix("output ") {
                Some(name) => (
                    answer["outputs"][name]["value"].clone(),
                    answer["output_unknown"][name].clone(),
                ),
                None => {
                    let (address, path) = what.rsplit_once('.').expect("an attribute");
                    let found = find(address).cloned().unwrap_or_default();
                    (
                        found["values"][path].clone(),
                        found["unknown"][path].clone(),
                    )
                }
            };
            answer["ok"] == true && (unknown && gaps == true || !unknown && Some(holder) == value)
        } else {
            answer["ok"] == true && find(text).is_some()
        };
        if !holds {
            let _ = writeln!(wrong, "line {line}: not so: {text}\n{output}");
        }
    }
    expected.len()
}

#[test]
fn every_line_of_the_page_holds() {
    let page: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.md");
    let text = std::fs::read_to_string(page).expect("the page is there");
    let (mut wrong, mut held) = (String::new(), 0);
    for section in sections(&text) {
        let dir = tempfile::tempdir().expect("a directory");
        for block in &section {
            let content = block.lines.join("\n") + "\n";
            if let Some(name) = block.info.strip_prefix("text ") {
                let path = dir.path().join(name);
                std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
                std::fs::write(path, content).expect("a file");
                continue;
            }
            match block.info.as_str() {
                "hcl context" => {
                    std::fs::write(dir.path().join("main.tf"), content).expect("a file");
                }
                "terraform" => held += expressions(dir.path(), block, &mut wrong),
                "hcl" => held += configuration(dir.path(), block, &mut wrong),
                "sh" | "toml" => {}
                other => panic!("line {}: a block of `{other}`?", block.at),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(held > 150, "only {held} lines were run");
}
