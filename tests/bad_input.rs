//! Bad input: told with a place and a next step, in each format, with the exit code that it has; the
//! rest is still judged; nothing that is secret is ever printed.

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// A root that is always beside the bad one, with one violation.
const GOOD: &str = "provider \"aws\" {\n  region = \"us-east-1\"\n}\nresource \"aws_sqs_queue\" \"beside\" {\n  kms_master_key_id = \"alias/mine\"\n}\n";
/// What must be in no output.
const SECRET: &str = "XSECRETX";

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    put(dir.path(), "beside/main.tf", GOOD.as_bytes());
    for (path, content) in files {
        put(dir.path(), path, content);
    }
    dir
}

fn put(base: &Path, path: &str, content: &[u8]) {
    let full = base.join(path);
    fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
    fs::write(full, content).expect("a file");
}

fn sekisho(dir: &Path, args: &[&str]) -> Command {
    let mut command = support::sekisho(args);
    command.current_dir(dir);
    command
}

fn run(dir: &Path, args: &[&str]) -> Output {
    let output = sekisho(dir, args).output().expect("the binary starts");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!text.contains("panicked"), "{args:?}\n{text}");
    assert!(!text.contains("internal-error"), "{args:?}\n{text}");
    assert!(!text.contains(SECRET), "{args:?}\n{text}");
    output
}

/// Runs in text and JSON; gives the JSON and the text.
fn both(dir: &Path, more: &[&str], exit: i32) -> (Value, String) {
    let args = |format: &'static str| {
        let mut args = vec!["check", "--boundary", ".", "--format", format];
        args.extend(more);
        args
    };
    let text = run(dir, &args("text"));
    let json = run(dir, &args("json"));
    let value: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let shown = String::from_utf8(text.stdout).expect("output is UTF-8");
    assert_eq!(json.status.code(), Some(exit), "{shown}\n{value:#}");
    assert_eq!(text.status.code(), Some(exit), "{shown}");
    (value, shown)
}

/// Whether the root beside was judged.
fn beside(value: &Value) -> bool {
    value["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .any(|f| f["rule"] == "data-outside-japan" && f["addresses"][0] == "aws_sqs_queue.beside")
}

/// The diagnostics of a code.
fn told<'v>(value: &'v Value, code: &str) -> Vec<&'v Value> {
    let all = value["diagnostics"].as_array().expect("a list");
    all.iter().filter(|d| d["code"] == code).collect()
}

/// The bad file is told with its name and a next step, and the root beside is judged.
fn not_read(name: &str, content: &[u8]) -> Value {
    let dir = tree(&[(name, content)]);
    let (value, text) = both(dir.path(), &[], 2);
    assert!(beside(&value), "{name}: {value:#}");
    let told = told(&value, "input-not-read");
    assert!(!told.is_empty(), "{name}: {value:#}");
    for d in &told {
        assert_eq!(d["file"], name, "{d:#}");
        assert!(d["help"].as_str().is_some_and(|h| !h.is_empty()), "{d:#}");
    }
    assert!(text.contains(name), "{text}");
    value
}

/// The file is no problem: exit 1 for the finding beside, no diagnostic.
fn read(name: &str, content: &[u8]) -> Value {
    let dir = tree(&[(name, content)]);
    let (value, _) = both(dir.path(), &[], 1);
    assert!(beside(&value), "{name}");
    assert_eq!(
        value["diagnostics"].as_array().map(Vec::len),
        Some(0),
        "{value:#}"
    );
    value
}

const QUEUE: &str = "provider \"aws\" {\n  region = \"us-east-1\"\n}\nresource \"aws_sqs_queue\" \"here\" {\n  kms_master_key_id = \"alias/mine\"\n}\n";

/// The finding of the queue of [`QUEUE`].
fn here(value: &Value) -> Option<&Value> {
    let findings = value["findings"].as_array().expect("a list");
    findings.iter().find(|f| {
        let addresses = f["addresses"].as_array().expect("a list");
        addresses.iter().any(|a| a == "aws_sqs_queue.here")
    })
}

#[test]
fn what_does_not_parse() {
    not_read("bad/main.tf", b"resource \"aws_sqs_queue\" {{{\n");
    not_read("bad/main.tf", b"x = ]\n");
    not_read("bad/main.tf.json", b"{\"resource\": ");
    not_read("bad/main.tf.json", b"");
    // What stands around the bad block is judged.
    let value = not_read(
        "bad/main.tf",
        format!("{QUEUE}\nlocals {{\n  x = = 1\n}}\n").as_bytes(),
    );
    assert!(here(&value).is_some(), "{value:#}");
    // Values that cannot be read are not forgotten.
    let dir = tree(&[
        ("bad/main.tf", QUEUE.as_bytes()),
        ("bad/terraform.tfvars", b"a = [\n"),
    ]);
    let (value, _) = both(dir.path(), &[], 2);
    assert!(beside(&value) && here(&value).is_some());
    assert_eq!(
        told(&value, "input-not-read")[0]["file"],
        "bad/terraform.tfvars"
    );
}

#[test]
fn an_empty_file() {
    read("empty/main.tf", b"");
    read("empty/main.tf", b"\n\n");
    let dir = TempDir::new().expect("a temporary directory");
    put(dir.path(), "main.tf", b"");
    let (value, _) = both(dir.path(), &[], 2);
    assert_eq!(told(&value, "nothing-judged").len(), 1);
}

#[test]
fn bytes_that_are_no_text() {
    let all: Vec<u8> = (0..=255).collect();
    not_read("bad/main.tf", &all);
    not_read("bad/main.tf", &[0; 4096]);
    not_read("bad/main.tf", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00");
    not_read("bad/main.tf.json", &all);
    not_read("bad/main.tf", b"locals {\n  a = \"\xff\xfe\"\n}\n");
    // UTF-16, as an editor of another system writes it.
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(QUEUE.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    not_read("bad/main.tf", &wide);
    // In comments any bytes may stand (Shift JIS, often).
    let mut comment = b"# \x93\xfa\x96\x7b\n".to_vec();
    comment.extend(QUEUE.as_bytes());
    assert!(here(&read("sjis/main.tf", &comment)).is_some());
}

#[test]
fn a_byte_order_mark_and_line_ends_of_another_system() {
    let place = |value: &Value| {
        let f = here(value).expect("it is judged").clone();
        ["line", "column", "end_line", "end_column"].map(|k| f[k].clone())
    };
    let plain = place(&read("x/main.tf", QUEUE.as_bytes()));
    let marked = format!("\u{feff}{QUEUE}");
    assert_eq!(place(&read("x/main.tf", marked.as_bytes())), plain);
    let crlf = QUEUE.replace('\n', "\r\n");
    assert_eq!(place(&read("x/main.tf", crlf.as_bytes())), plain);
}

#[test]
fn fifty_megabytes() {
    let mut text = String::with_capacity(51 << 20);
    while text.len() < 50 << 20 {
        text +=
            "# nothing here but a comment that goes on, and on, and on, until the line is full\n";
    }
    text += QUEUE;
    assert!(here(&read("big/main.tf", text.as_bytes())).is_some());
}

#[test]
fn a_hundred_thousand_levels() {
    let n = 100_000;
    let nested = |open: &str, middle: &str, close: &str| {
        format!(
            "locals {{\n  x = {}{middle}{}\n}}\n",
            open.repeat(n),
            close.repeat(n)
        )
    };
    for (open, middle, close) in [
        ("[", "", "]"),
        ("(", "1", ")"),
        ("{ a = ", "1", "}"),
        ("-", "1", ""),
        ("!", "true", ""),
        ("f(", "1", ")"),
        ("true ? ", "1", " : 2"),
        ("\"${", "1", "}\""),
        ("[for x in ", "[]", " : x]"),
        ("\"%{ if true }", "", "%{ endif }\""),
    ] {
        not_read("deep/main.tf", nested(open, middle, close).as_bytes());
    }
    let blocks = format!("{}{}", "b {\n".repeat(n), "}\n".repeat(n));
    not_read("deep/main.tf", blocks.as_bytes());
    let lists = format!(
        "{{\"locals\": {{\"x\": {}{}}}}}",
        "[".repeat(n),
        "]".repeat(n)
    );
    not_read("deep/main.tf.json", lists.as_bytes());
    let objects = format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
    not_read("deep/main.tf.json", objects.as_bytes());
    // Long is not deep.
    for (part, last) in [("1 + ", "1"), ("a.b.", "c"), ("x[0][0]", "")] {
        let text = format!("locals {{\n  x = {}{last}\n}}\n{QUEUE}", part.repeat(n));
        let dir = tree(&[("long/main.tf", text.as_bytes())]);
        for args in [["check", "."], ["inventory", "."]] {
            let code = run(dir.path(), &args).status.code();
            assert!(matches!(code, Some(0..=2)), "{part}: {code:?}");
        }
    }
}

#[test]
fn deep_text_of_other_kinds() {
    let n = 100_000;
    let json = format!("{}{}", "[".repeat(n), "]".repeat(n));
    let text = format!(
        "{QUEUE}locals {{\n  a = jsondecode(file(\"x.json\"))\n  b = yamldecode(file(\"x.json\"))\n  c = templatefile(\"x.tftpl\", {{}})\n}}\nresource \"aws_sqs_queue\" \"deep\" {{\n  name = jsonencode([local.a, local.b, local.c])\n  kms_master_key_id = jsonencode([local.a, local.b, local.c])\n}}\n"
    );
    let template = format!("{}{}", "${[".repeat(n), "]}".repeat(n));
    let dir = tree(&[
        ("deep/main.tf", text.as_bytes()),
        ("deep/x.json", json.as_bytes()),
        ("deep/x.tftpl", template.as_bytes()),
    ]);
    // Deeper than sekisho follows: said, so the run is not clean.
    let (value, _) = both(dir.path(), &[], 2);
    assert!(beside(&value) && here(&value).is_some(), "{value:#}");
    // A chain of locals is as deep as it is long.
    let mut chain = format!("{QUEUE}locals {{\n  a0 = \"alias/x\"\n");
    for i in 1..20_000 {
        let _ = writeln!(chain, "  a{i} = [local.a{}]", i - 1);
    }
    chain += "}\nresource \"aws_sqs_queue\" \"deep\" {\n  kms_master_key_id = jsonencode(local.a19999)\n}\n";
    let dir = tree(&[("chain/main.tf", chain.as_bytes())]);
    run(dir.path(), &["check", "."]);
    let value: Value =
        serde_json::from_slice(&run(dir.path(), &["check", ".", "--format", "json"]).stdout)
            .expect("JSON");
    assert!(beside(&value) && here(&value).is_some(), "{value:#}");
}

#[test]
fn very_wide_things() {
    let started = Instant::now();
    let keys = (0..50_000).fold(String::new(), |mut out, i| {
        let _ = writeln!(out, "    k{i} = {i}");
        out
    });
    let text = format!(
        "{QUEUE}locals {{\n  x = {{\n{keys}  }}\n}}\nresource \"aws_sqs_queue\" \"k\" {{\n  kms_master_key_id = lookup(local.x, \"k7\", 1)\n}}\n"
    );
    assert!(here(&read("wide/main.tf", text.as_bytes())).is_some());
    let attributes = (0..100_000).fold(String::new(), |mut out, i| {
        let _ = writeln!(out, "  a{i} = {i}");
        out
    });
    let text = format!(
        "{QUEUE}resource \"aws_sqs_queue\" \"k\" {{\n  kms_master_key_id = \"alias/x\"\n{attributes}}}\nlocals {{\n{attributes}}}\n"
    );
    assert!(here(&read("wide/main.tf", text.as_bytes())).is_some());
    let took = started.elapsed().as_secs();
    assert!(took < 30, "cost is linear: {took} s");
}

#[test]
fn a_directory_called_like_a_file() {
    let dir = tree(&[
        ("x/a.tf/main.tf", QUEUE.as_bytes()),
        ("x/terraform.tfvars/y", b""),
    ]);
    let (value, _) = both(dir.path(), &[], 1);
    assert!(beside(&value) && here(&value).is_some(), "{value:#}");
}

#[test]
fn a_named_path_that_is_not_there() {
    let dir = tree(&[]);
    for name in ["none", "none.tf", "beside/none.tf", "beside/main.tf/x"] {
        let (value, _) = both(dir.path(), &[name, "beside"], 2);
        assert!(beside(&value), "{name}");
        let told = told(&value, "input-not-read");
        assert_eq!(told.len(), 1, "{name}: {value:#}");
        assert_eq!(told[0]["file"], name);
        assert!(told[0]["help"].is_string(), "{value:#}");
    }
}

#[test]
fn an_unknown_option_and_a_closed_pipe() {
    let dir = tree(&[]);
    let output = run(dir.path(), &["check", "--none"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    for format in ["text", "json"] {
        let mut child = sekisho(dir.path(), &["check", ".", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.stderr.is_empty());
        assert_eq!(output.status.code(), Some(1));
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// Takes all rights; `false` where that hinders nobody (root).
    fn close(path: &Path) -> bool {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("rights can be taken");
        if path.is_dir() {
            fs::read_dir(path).is_err()
        } else {
            fs::read(path).is_err()
        }
    }

    #[test]
    fn a_file_and_a_directory_without_rights() {
        let dir = tree(&[("bad/main.tf", QUEUE.as_bytes()), ("bad/more.tf", b"")]);
        if close(&dir.path().join("bad/more.tf")) {
            let (value, _) = both(dir.path(), &[], 2);
            assert!(beside(&value) && here(&value).is_some());
            assert_eq!(told(&value, "input-not-read")[0]["file"], "bad/more.tf");
        }
        let dir = tree(&[("bad/main.tf", QUEUE.as_bytes())]);
        if close(&dir.path().join("bad")) {
            let (value, _) = both(dir.path(), &[], 2);
            assert!(beside(&value));
            assert_eq!(told(&value, "input-not-read")[0]["file"], "bad");
            fs::set_permissions(dir.path().join("bad"), fs::Permissions::from_mode(0o700))
                .expect("for the removal");
        }
    }

    #[test]
    fn links_that_go_round() {
        let dir = tree(&[("x/main.tf", QUEUE.as_bytes())]);
        symlink(dir.path(), dir.path().join("x/again")).expect("a link");
        symlink(".", dir.path().join("x/self")).expect("a link");
        let (value, _) = both(dir.path(), &[], 1);
        assert!(beside(&value) && here(&value).is_some());
        assert_eq!(value["summary"]["targets"], 2, "{value:#}");

        symlink("b.tf", dir.path().join("x/a.tf")).expect("a link");
        symlink("a.tf", dir.path().join("x/b.tf")).expect("a link");
        let (value, _) = both(dir.path(), &[], 2);
        assert!(beside(&value) && here(&value).is_some());
        let told = told(&value, "input-not-read");
        assert_eq!(told.len(), 2, "{value:#}");
        assert!(told.iter().all(|d| d["help"].is_string()), "{value:#}");

        // A module that calls itself through a link.
        let call = "module \"m\" {\n  source = \"./m\"\n}\n";
        let dir = tree(&[("y/main.tf", format!("{QUEUE}{call}").as_bytes())]);
        symlink(".", dir.path().join("y/m")).expect("a link");
        let (value, _) = both(dir.path(), &[], value_exit(dir.path()));
        assert!(beside(&value), "{value:#}");
    }

    fn value_exit(dir: &Path) -> i32 {
        let code = run(dir, &["check", "--boundary", "."]).status.code();
        code.expect("it ends")
    }

    #[test]
    fn nothing_outside_the_boundary_is_read() {
        let outside = TempDir::new().expect("a temporary directory");
        let secret = outside.path().join("secret.txt");
        fs::write(&secret, format!("{SECRET}\n")).expect("a file");
        put(
            outside.path(),
            "root/main.tf",
            format!("resource \"aws_sqs_queue\" \"{SECRET}\" {{}}\n").as_bytes(),
        );
        put(
            outside.path(),
            "m.tf",
            format!("# {SECRET}\nlocals {{ {SECRET} = }}\n").as_bytes(),
        );
        put(
            outside.path(),
            "v.tfvars",
            format!("name = \"{SECRET}\"\n").as_bytes(),
        );
        let absolute = secret.display();
        let up = "../".repeat(24);
        let calls = [
            format!("file(\"{absolute}\")"),
            format!(
                "file(\"{up}{}\")",
                absolute.to_string().trim_start_matches('/')
            ),
            "file(\"link.txt\")".to_owned(),
            "file(\"linked/secret.txt\")".to_owned(),
            "file(\"${path.module}/linked/../secret.txt\")".to_owned(),
            "templatefile(\"link.txt\", {})".to_owned(),
            format!("templatefile(\"{absolute}\", {{}})"),
            "filebase64(\"link.txt\")".to_owned(),
            "base64decode(filebase64(\"link.txt\"))".to_owned(),
            "filemd5(\"link.txt\")".to_owned(),
            "filesha256(\"link.txt\")".to_owned(),
            "fileexists(\"linked/secret.txt\") ? \"alias/a\" : \"alias/b\"".to_owned(),
            "join(\",\", fileset(\"linked\", \"*\"))".to_owned(),
            "join(\",\", fileset(\"${path.module}\", \"**\"))".to_owned(),
            "file(\"/etc/passwd\")".to_owned(),
            "file(\"~/.ssh/id_rsa\")".to_owned(),
        ];
        let mut text = "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\nvariable \"name\" {\n  default = \"x\"\n}\n".to_owned();
        for (i, call) in calls.iter().enumerate() {
            let _ = writeln!(
                text,
                "resource \"aws_sqs_queue\" \"q{i}\" {{\n  name = {call}\n  region = {call}\n  kms_master_key_id = {call}\n}}\noutput \"o{i}\" {{\n  value = {call}\n}}"
            );
        }
        let dir = tree(&[("app/main.tf", text.as_bytes())]);
        let app = dir.path().join("app");
        symlink(&secret, app.join("link.txt")).expect("a link");
        symlink(outside.path(), app.join("linked")).expect("a link");
        symlink(outside.path().join("m.tf"), app.join("linked.tf")).expect("a link");
        symlink(
            outside.path().join("v.tfvars"),
            app.join("terraform.tfvars"),
        )
        .expect("a link");
        symlink(outside.path().join("root"), dir.path().join("linked-root")).expect("a link");
        for command in ["check", "inventory"] {
            for more in [
                ["--format", "text"],
                ["--format", "json"],
                ["-v", "--format=text"],
            ] {
                let args = [&[command, ".", "--boundary", "."][..], &more[..]].concat();
                let output = run(dir.path(), &args);
                let all = String::from_utf8_lossy(&output.stdout).into_owned();
                // The hash of the secret would tell it too.
                assert!(!all.contains("root:x:0:0"), "{all}");
                assert!(!all.contains("WFNFQ1JFVFg"), "{all}");
            }
        }
        let json = run(
            dir.path(),
            &["check", ".", "--boundary", ".", "--format", "json"],
        );
        let value: Value = serde_json::from_slice(&json.stdout).expect("JSON");
        assert!(beside(&value));
        assert!(!told(&value, "outside-boundary").is_empty(), "{value:#}");
        let stores = run(
            dir.path(),
            &["debug", "resources", "app", "--boundary", "."],
        );
        assert!(!String::from_utf8_lossy(&stores.stdout).contains("WFNFQ1JFVFg"));
    }
}

/// Every place that a secret can stand in, with everything that makes sekisho quote text around it.
#[test]
fn secrets_in_no_output() {
    let main = format!(
        r#"
provider "aws" {{
  region     = var.region
  secret_key = "{SECRET}"
}}
variable "region" {{
  sensitive = true
  default   = "{SECRET}-default"
}}
variable "key" {{
  type      = string
  sensitive = true
}}
variable "map" {{
  sensitive = true
  default   = {{ password = "{SECRET}" }}
}}
variable "number" {{
  type      = number
  sensitive = true
  default   = "{SECRET}"
}}
variable "checked" {{
  sensitive = true
  default   = "{SECRET}"
  validation {{
    condition     = length(var.checked) > 100
    error_message = "No: ${{var.checked}}"
  }}
}}
variable "handed" {{
  sensitive = true
}}
locals {{
  from_map = var.map.password
  wrong    = tonumber(var.key)
  missing  = var.map["none"]
  parsed   = jsondecode(var.key)
  keys     = {{ (var.key) = 1 }}
}}
resource "aws_sqs_queue" "a" {{
  name              = var.key
  kms_master_key_id = var.key
}}
resource "aws_sqs_queue" "b" {{
  name              = local.from_map
  region            = local.from_map
  kms_master_key_id = local.wrong
}}
resource "aws_sqs_queue" "c" {{
  region            = local.missing
  kms_master_key_id = local.parsed
}}
resource "aws_sqs_queue" "d" {{
  for_each          = var.map
  region            = each.value
  kms_master_key_id = each.value
}}
resource "aws_sqs_queue" "e" {{
  for_each          = local.keys
  kms_master_key_id = sensitive("alias/{SECRET}")
}}
resource "aws_ebs_volume" "v" {{
  availability_zone = "${{var.key}}a"
  encrypted         = tobool(var.key)
  kms_key_id        = "${{var.key}}/x"
}}
resource "aws_db_instance" "db" {{
  password          = "{SECRET}"
  storage_encrypted = false
  username          = "x"
}}
resource "aws_db_instance" "line" {{
  storage_encrypted = false # beside
  password = "{SECRET}"
}}
resource "aws_kms_key" "k" {{
  region = var.checked
}}
resource "google_storage_bucket" "g" {{
  name     = "g"
  location = var.key
  encryption {{
    default_kms_key_name = var.key
  }}
}}
module "m" {{
  source = "./m"
  key    = var.handed
}}
output "plain" {{
  value = var.key
}}
"#
    );
    let module = "variable \"key\" {}\nresource \"aws_sqs_queue\" \"m\" {\n  region = var.key\n  kms_master_key_id = var.key\n}\n";
    let tfvars = format!("key = \"{SECRET}\"\nhanded = \"alias/aws/{SECRET}\"\n");
    let dir = tree(&[
        ("app/main.tf", main.as_bytes()),
        ("app/m/main.tf", module.as_bytes()),
        ("app/terraform.tfvars", tfvars.as_bytes()),
    ]);
    every_output(dir.path(), &[]);
    let dir = tree(&[
        ("app/main.tf", main.as_bytes()),
        ("app/m/main.tf", module.as_bytes()),
    ]);
    every_output(
        dir.path(),
        &[
            "--var",
            &format!("key={SECRET}"),
            "--var",
            &format!("handed={SECRET}"),
        ],
    );
}

fn every_output(dir: &Path, more: &[&str]) {
    for command in ["check", "inventory"] {
        for form in [
            &["--format", "text"][..],
            &["--format", "json"],
            &["-v"],
            &["-q"],
            &["--lang", "ja"],
        ] {
            run(dir, &[&[command, "."][..], form, more].concat());
        }
    }
    run(
        dir,
        &[&["check", ".", "-v", "--min-level", "note"][..], more].concat(),
    );
    run(dir, &[&["debug", "stores", "app"][..], more].concat());
    run(dir, &[&["debug", "resources", "app"][..], more].concat());
    let mut command = sekisho(dir, &["check", ".", "-v"]);
    command
        .env("TF_VAR_key", SECRET)
        .env("TF_VAR_handed", format!("[{SECRET}"));
    let output = command.output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains(SECRET), "{text}");
}

/// The line of a syntax error is shown only where it can hold no secret.
#[test]
fn secrets_in_no_line_of_a_syntax_error() {
    for (name, text) in [
        ("x/terraform.tfvars", format!("password = \"{SECRET}\" =\n")),
        ("x/terraform.tfvars", format!("password = \"{SECRET}\n")),
        (
            "x/terraform.tfvars.json",
            format!("{{\"password\": \"{SECRET}\",,}}"),
        ),
        (
            "x/more.tf",
            format!("resource \"aws_db_instance\" \"x\" {{\n  password = \"{SECRET}\" \"y\"\n}}\n"),
        ),
        (
            "x/more.tf",
            format!("resource \"aws_db_instance\" \"x\" {{\n  password = \"{SECRET}\n}}\n"),
        ),
        (
            "x/more.tf.json",
            format!("{{\"locals\": {{\"password\": \"{SECRET}\" \"x\"}}}}"),
        ),
    ] {
        let dir = tree(&[("x/main.tf", QUEUE.as_bytes()), (name, text.as_bytes())]);
        let (value, _) = both(dir.path(), &[], 2);
        assert!(beside(&value), "{name}");
        assert_eq!(told(&value, "input-not-read")[0]["file"], name);
    }
}

/// What grows without end is cut off in a short time, with a diagnostic at the place.
#[test]
fn what_cannot_be_finished_is_cut_off() {
    // Each local is twice the one before.
    let doubled = |first: &str, again: &dyn Fn(&str) -> String| {
        let mut out = format!("  a0 = {first}\n");
        for i in 1..60 {
            let _ = writeln!(out, "  a{i} = {}", again(&format!("local.a{}", i - 1)));
        }
        out + "  all = local.a59\n"
    };
    let cases = [
        ("setproduct", "  r = range(1000)\n  all = setproduct(local.r, local.r, local.r)\n".to_owned()),
        ("format", "  all = format(\"%1000000000s\", \"x\")\n".to_owned()),
        ("template", doubled("\"xxxxxxxx\"", &|a| format!("\"${{{a}}}${{{a}}}\""))),
        ("join", doubled("\"xxxxxxxx\"", &|a| format!("join(\"\", [{a}, {a}])"))),
        ("replace", doubled("\"aaaaaaaa\"", &|a| format!("replace({a}, \"a\", {a})"))),
        ("concat", doubled("[1, 2]", &|a| format!("concat({a}, {a})"))),
        ("tuple", doubled("[1, 2]", &|a| format!("[{a}, {a}]"))),
        (
            "for",
            "  r = range(1000)\n  all = [for a in local.r : [for b in local.r : [for c in local.r : \"${a}${b}${c}\"]]]\n"
                .to_owned(),
        ),
        (
            "directive",
            "  r = range(1000)\n  all = \"%{for a in local.r}%{for b in local.r}%{for c in local.r}${a}%{endfor}%{endfor}%{endfor}\"\n"
                .to_owned(),
        ),
    ];
    for (name, locals) in cases {
        let text = format!(
            "{QUEUE}locals {{\n{locals}}}\nresource \"aws_sqs_queue\" \"cut\" {{\n  kms_master_key_id = jsonencode(local.all)\n}}\n"
        );
        let dir = tree(&[("cut/main.tf", text.as_bytes())]);
        let started = Instant::now();
        let (value, _) = both(dir.path(), &[], 2);
        let took = started.elapsed().as_secs();
        assert!(took < 60, "{name}: {took} s");
        let told = told(&value, "limit-reached");
        assert!(
            told.iter().any(|d| d["file"] == "cut/main.tf"),
            "{name}: {value:#}"
        );
        assert!(beside(&value) && here(&value).is_some(), "{name}");
    }
}

#[test]
fn a_validation_that_does_not_hold() {
    let text = "variable \"n\" {\n  default = 3\n  validation {\n    condition     = var.n > 5\n    error_message = \"too small\"\n  }\n}\n";
    let called = format!("{QUEUE}module \"m\" {{\n  source = \"./m\"\n}}\n");
    let dir = tree(&[
        ("caller/main.tf", called.as_bytes()),
        ("caller/m/main.tf", text.as_bytes()),
    ]);
    let (value, shown) = both(dir.path(), &[], 1);
    let told = told(&value, "evaluation-error");
    assert_eq!(told.len(), 1, "{value:#}");
    assert_eq!(
        (&told[0]["file"], &told[0]["line"]),
        (&"caller/m/main.tf".into(), &4.into())
    );
    assert!(shown.contains("var.n"), "{shown}");
    // A module that is perhaps not there says nothing.
    let perhaps = format!(
        "{QUEUE}variable \"on\" {{\n  type = bool\n}}\nmodule \"m\" {{\n  source = \"./m\"\n  count = var.on ? 1 : 0\n}}\n"
    );
    let dir = tree(&[
        ("caller/main.tf", perhaps.as_bytes()),
        ("caller/m/main.tf", text.as_bytes()),
    ]);
    let (value, _) = both(dir.path(), &[], 1);
    assert!(
        value["diagnostics"].as_array().is_some_and(Vec::is_empty),
        "{value:#}"
    );
}
