//! Finding and loading: trees on disk in, the project out. All through `load()`.

use sekisho::diagnostic::Code;
use sekisho::load::project::{GivenValue, Missing, Root};
use sekisho::load::syntax::Expr;
use sekisho::load::{GivenArg, Loaded, Request, load, read_only};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A tree of files; `/` at the end makes a directory.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    for (path, content) in files {
        put(dir.path(), path, content);
    }
    dir
}

fn put(base: &Path, path: &str, content: &str) {
    let full = base.join(path);
    if path.ends_with('/') {
        fs::create_dir_all(full).expect("a directory");
        return;
    }
    fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
    fs::write(full, content).expect("a file");
}

fn request(dir: &TempDir, paths: &[&str]) -> Request {
    Request::new(
        paths.iter().map(Into::into).collect(),
        dir.path().to_path_buf(),
    )
}

fn loaded(dir: &TempDir, paths: &[&str]) -> Loaded {
    load(&request(dir, paths))
}

fn targets(loaded: &Loaded) -> Vec<String> {
    let roots = loaded.project.roots.iter();
    roots.map(|r| r.target.to_string()).collect()
}

fn codes(loaded: &Loaded) -> Vec<(&'static str, String)> {
    loaded
        .diagnostics
        .iter()
        .map(|d| (d.code.id(), d.message.key.clone()))
        .collect()
}

/// A given value as text.
fn value(loaded: &Loaded, root: &Root, name: &str) -> Option<String> {
    let given = root.sets[0].values.iter().find(|g| &*g.name == name)?;
    Some(match &given.value {
        GivenValue::Node(file, node, _) => {
            let tree = loaded.project.sources.tree(*file);
            match tree.expr(*node) {
                Expr::Text(text) => text.decode().into_owned(),
                _ => tree.text(tree.span(*node)).to_owned(),
            }
        }
        GivenValue::Argument(text) => format!("arg:{text}"),
        GivenValue::Environment(text) => format!("env:{text}"),
    })
}

/// Everything that must not differ between two runs.
fn picture(loaded: &Loaded) -> String {
    let mut out = String::new();
    let project = &loaded.project;
    for file in &project.sources.files {
        writeln!(out, "{}", file.shown).expect("text");
    }
    writeln!(out, "{:#?}", project.modules).expect("text");
    for root in &project.roots {
        let mut vendored: Vec<_> = root.vendored.iter().collect();
        vendored.sort();
        writeln!(out, "{} {:?} {vendored:?}", root.target, root.sets).expect("text");
    }
    writeln!(out, "{:#?} {:?}", loaded.diagnostics, project.seen).expect("text");
    out
}

const AWS: &str = "provider \"aws\" {\n  region = \"ap-northeast-1\"\n}\n";

#[test]
fn roots_are_what_no_call_enters() {
    let dir = tree(&[
        (".git/", ""),
        (
            "envs/prod/main.tf",
            "module \"a\" {\n  source = \"../../modules/a\"\n}\n",
        ),
        (
            "modules/a/main.tf",
            "module \"b\" {\n  source = \"../b\"\n}\n",
        ),
        ("modules/b/main.tf", "resource \"aws_s3_bucket\" \"b\" {}\n"),
        // Called with count = 0: makes nothing, and is no root.
        (
            "envs/dev/main.tf",
            "module \"c\" {\n  count  = 0\n  source = \"../../modules/c\"\n}\n",
        ),
        ("modules/c/main.tf", "resource \"aws_s3_bucket\" \"c\" {}\n"),
        ("docs/readme.md", "no configuration"),
    ]);
    let all = loaded(&dir, &["."]);
    assert_eq!(targets(&all), ["envs/dev", "envs/prod"]);
    assert_eq!(all.project.modules.len(), 5);
    assert!(all.diagnostics.is_empty(), "{:?}", all.diagnostics);
    assert_eq!(all.project.seen.files_read, 5);
    assert_eq!(read_only(&request(&dir, &["."])).files_read, 5);

    // What is called from outside of what is walked is loaded, and what is named is judged.
    let prod = loaded(&dir, &["envs/prod"]);
    assert_eq!(targets(&prod), ["envs/prod"]);
    assert_eq!(prod.project.modules.len(), 3);
    assert_eq!(&*prod.project.roots[0].identity, "envs/prod");
    let named = loaded(&dir, &["envs/prod", "modules/a"]);
    assert_eq!(targets(&named), ["envs/prod", "modules/a"]);
}

#[test]
fn a_module_with_examples_is_judged_through_them() {
    let dir = tree(&[
        ("main.tf", "variable \"x\" {}\n"),
        (
            "examples/full/main.tf",
            "module \"it\" {\n  source = \"../../\"\n}\n",
        ),
    ]);
    assert_eq!(targets(&loaded(&dir, &["."])), ["examples/full"]);
}

#[test]
fn a_file_stands_for_the_roots_that_call_it() {
    let dir = tree(&[
        (".git/", ""),
        (
            "envs/prod/main.tf",
            "module \"a\" {\n  source = \"../../modules/a\"\n}\n",
        ),
        ("envs/dev/main.tf", AWS),
        ("modules/a/main.tf", "resource \"aws_s3_bucket\" \"b\" {}\n"),
        (
            "modules/lone/main.tf",
            "resource \"aws_s3_bucket\" \"b\" {}\n",
        ),
        ("other/broken.tf", "resource {{{\n"),
    ]);
    let a = loaded(&dir, &["modules/a/main.tf"]);
    assert_eq!(targets(&a), ["envs/prod"]);
    assert_eq!(a.project.only.len(), 1);
    assert!(a.project.only[0].ends_with("modules/a/main.tf"));
    assert!(a.diagnostics.is_empty(), "{:?}", a.diagnostics);
    assert_eq!(
        targets(&loaded(&dir, &["modules/lone/main.tf"])),
        ["modules/lone"]
    );
    let both = loaded(&dir, &["modules/a/main.tf", "envs/dev"]);
    assert_eq!(targets(&both), ["envs/dev", "envs/prod"]);
    assert!(both.project.only.is_empty());
}

#[test]
fn reusable_modules() {
    let dir = tree(&[
        ("lib/main.tf", "variable \"region\" {}\n"),
        (
            "with_default/main.tf",
            "variable \"region\" {\n  default = null\n}\n",
        ),
        (
            "with_provider/main.tf",
            "variable \"r\" {}\nprovider \"aws\" {}\n",
        ),
        (
            "with_backend/main.tf",
            "variable \"r\" {}\nterraform {\n  backend \"s3\" {}\n}\n",
        ),
        ("with_values/main.tf", "variable \"r\" {}\n"),
        ("with_values/prod.tfvars", "r = 1\n"),
        ("with_tfbackend/main.tf", "variable \"r\" {}\n"),
        ("with_tfbackend/x.s3.tfbackend", "region = \"x\"\n"),
    ]);
    let all = loaded(&dir, &[]);
    let reusable: Vec<_> = all.project.roots.iter().filter(|r| r.reusable).collect();
    assert_eq!(reusable.len(), 1);
    assert_eq!(&*reusable[0].target, "lib");
    let with = all
        .project
        .roots
        .iter()
        .find(|r| &*r.target == "with_tfbackend");
    assert_eq!(
        with.expect("a root").backend_files,
        ["with_tfbackend/x.s3.tfbackend"]
    );

    let mut asked = request(&dir, &["lib"]);
    asked.as_root = true;
    assert!(!load(&asked).project.roots[0].reusable);
    asked.as_root = false;
    asked.env = vec![("TF_VAR_region".into(), "x".into())];
    assert!(!load(&asked).project.roots[0].reusable);
}

#[test]
fn values_in_terraforms_precedence() {
    // The oracle's cases tfvars_precedence and tfvars_varfile_order.
    let variables: String = ["a", "b", "c", "d", "e", "f"]
        .iter()
        .map(|v| format!("variable \"{v}\" {{\n  default = \"default\"\n}}\n"))
        .collect();
    let dir = tree(&[
        ("main.tf", &variables),
        (
            "terraform.tfvars",
            "b = \"tfvars\"\nc = \"tfvars\"\nd = \"tfvars\"\nnope = 1\n",
        ),
        (
            "terraform.tfvars.json",
            "{\"c\":\"tfvars.json\",\"d\":\"tfvars.json\"}",
        ),
        ("b.auto.tfvars", "d = \"b.auto\"\ne = \"b.auto\"\n"),
        ("a.auto.tfvars", "d = \"a.auto\"\n"),
        ("x.tfvars", "a = \"x\"\nb = \"x\"\n"),
        ("y.tfvars", "b = \"y\"\nc = \"y\"\n"),
    ]);
    let mut asked = request(&dir, &["."]);
    let var = |n: &str, v: &str| GivenArg::Var(n.into(), v.into());
    asked.env = vec![
        ("TF_VAR_a".into(), "env".into()),
        ("TF_VAR_b".into(), "env".into()),
        ("TF_VAR_nope".into(), "env".into()),
    ];
    asked.given = vec![var("e", "cli")];
    let one = load(&asked);
    let root = &one.project.roots[0];
    let want = ["env:env", "tfvars", "tfvars.json", "b.auto", "arg:cli"];
    for (name, want) in ["a", "b", "c", "d", "e"].iter().zip(want) {
        assert_eq!(value(&one, root, name).as_deref(), Some(want), "{name}");
    }
    assert_eq!(value(&one, root, "f"), None);
    assert_eq!(value(&one, root, "nope"), None);
    assert!(one.diagnostics.is_empty(), "{:?}", one.diagnostics);

    asked.given = vec![
        GivenArg::VarFile("x.tfvars".into()),
        var("c", "cli"),
        GivenArg::VarFile("y.tfvars".into()),
    ];
    let two = load(&asked);
    let root = &two.project.roots[0];
    for (name, want) in [("a", "x"), ("b", "y"), ("c", "y")] {
        assert_eq!(value(&two, root, name).as_deref(), Some(want), "{name}");
    }

    asked.given = vec![var("typo", "1"), GivenArg::VarFile("none.tfvars".into())];
    let wrong = load(&asked);
    assert_eq!(
        codes(&wrong),
        [
            ("evaluation-error", "load.variable-undeclared".to_owned()),
            ("input-not-read", "load.file-missing".to_owned())
        ]
    );
}

#[test]
fn backend_settings_and_workspace() {
    let dir = tree(&[
        ("main.tf", "terraform {\n  backend \"s3\" {}\n}\n"),
        (
            "prod.tfbackend",
            "region = \"ap-northeast-1\"\nbucket = \"file\"\n",
        ),
        ("dev.tfbackend", ""),
        (".terraform/environment", "staging\n"),
        ("alt/environment", "other"),
    ]);
    let mut asked = request(&dir, &["."]);
    asked.backend_config = vec!["prod.tfbackend".into(), "bucket=typed=x".into()];
    let it = load(&asked);
    let root = &it.project.roots[0];
    let names: Vec<_> = root.backend_config.iter().map(|g| &*g.name).collect();
    assert_eq!(names, ["bucket", "region"]);
    assert!(matches!(&root.backend_config[0].value, GivenValue::Argument(v) if &**v == "typed=x"));
    assert_eq!(root.backend_files, ["dev.tfbackend"]);
    assert_eq!(root.sets[0].workspace.as_deref(), Some("staging"));
    asked.env = vec![("TF_DATA_DIR".into(), "alt".into())];
    let other = load(&asked);
    assert_eq!(
        other.project.roots[0].sets[0].workspace.as_deref(),
        Some("other")
    );
    asked.env.push(("TF_WORKSPACE".into(), "prod".into()));
    let prod = load(&asked);
    assert_eq!(
        prod.project.roots[0].sets[0].workspace.as_deref(),
        Some("prod")
    );
}

#[test]
fn overrides_are_laid_over() {
    let dir = tree(&[
        (
            "main.tf",
            "resource \"terraform_data\" \"r\" {\n  input = \"orig\"\n  x = 1\n}\n\
             variable \"v\" {}\nlocals {\n  l = 1\n}\n\
             module \"m\" {\n  source = \"./a\"\n}\n\
             terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \"5\"\n    }\n    x = {\n      source = \"o/x\"\n    }\n  }\n  backend \"s3\" {\n    region = \"us-east-1\"\n  }\n}\n",
        ),
        (
            "a_override.tf",
            "resource \"terraform_data\" \"r\" {\n  input = \"over\"\n}\nvariable \"v\" {\n  default = 1\n}\n\
             locals {\n  l = 2\n  none = 1\n}\nmodule \"m\" {\n  source = \"./b\"\n}\n\
             provider \"aws\" {\n  region = \"x\"\n}\nprovider \"aws\" {\n  alias = \"y\"\n}\n\
             terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \"6\"\n    }\n  }\n  backend \"gcs\" {}\n}\n\
             resource \"terraform_data\" \"nope\" {}\n",
        ),
        (
            "override.tf.json",
            "{\"resource\":{\"terraform_data\":{\"r\":{\"input\":\"last\"}}}}",
        ),
        ("a/main.tf", ""),
        ("b/main.tf", ""),
    ]);
    let it = loaded(&dir, &["."]);
    let project = &it.project;
    let module = project
        .modules
        .iter()
        .find(|m| &*m.shown == ".")
        .expect("it");
    let names: Vec<_> = module
        .files
        .iter()
        .map(|&f| &*project.sources.file(f).shown)
        .collect();
    assert_eq!(names, ["main.tf", "a_override.tf", "override.tf.json"]);
    assert_eq!(module.resources.len(), 1);
    let body = &module.resources[0].body;
    assert_eq!(body.layers.len(), 3);
    let (file, input) = body.attribute(&project.sources, "input").expect("input");
    let tree = project.sources.tree(file);
    assert_eq!(tree.text_of(input.value), "last");
    assert!(body.attribute(&project.sources, "x").is_some());
    assert!(!module.variables[0].required);
    let local = &module.locals[0];
    let tree = project.sources.tree(local.file);
    assert_eq!(tree.text(tree.span(local.value)), "2");
    assert_eq!(&*module.calls[0].source, "./b");
    let called = module.calls[0].local.expect("a module");
    assert_eq!(&*project.module(called).shown, "b");
    assert_eq!(&*module.backend.as_ref().expect("a backend").ty, "gcs");
    let required: Vec<_> = module
        .required
        .iter()
        .map(|r| (&*r.name, &*r.source, r.version.as_deref()))
        .collect();
    assert_eq!(
        required,
        [("aws", "hashicorp/aws", Some("6")), ("x", "o/x", None)]
    );
    // The absent default configuration can be overridden, an absent alias cannot.
    assert_eq!(module.providers.len(), 1);
    let missing: Vec<_> = it
        .diagnostics
        .iter()
        .map(|d| {
            assert_eq!(d.message.key, "load.override-missing");
            d.message.args[0].as_str()
        })
        .collect();
    assert_eq!(
        missing,
        ["local.none", "provider.aws.y", "terraform_data.nope"]
    );
    // Both are loaded, only one is called.
    assert_eq!(targets(&it), [".", "a"]);
}

#[test]
fn the_first_of_two_counts() {
    let dir = tree(&[
        (
            "a.tf",
            "resource \"t\" \"x\" {\n  from = \"a\"\n}\nlocals {\n  l = 1\n}\n",
        ),
        (
            "b.tf",
            "resource \"t\" \"x\" {\n  from = \"b\"\n}\nlocals {\n  l = 2\n}\n",
        ),
        ("c.tf", "resorce \"t\" \"y\" {}\nresource \"t\" {}\nx = 1\n"),
    ]);
    let it = loaded(&dir, &["."]);
    let module = &it.project.modules[0];
    assert_eq!((module.resources.len(), module.locals.len()), (1, 1));
    let keys: Vec<_> = it
        .diagnostics
        .iter()
        .map(|d| d.message.key.as_str())
        .collect();
    assert_eq!(
        keys,
        [
            "load.declared-twice",
            "load.declared-twice",
            "load.block-unknown",
            "load.block-labels",
            "load.argument-at-top"
        ]
    );
    assert_eq!(it.diagnostics[0].message.args, ["t.x", "a.tf:1"]);
}

#[test]
fn which_files_terraform_loads() {
    let dir = tree(&[
        ("main.tf", AWS),
        (".hidden.tf", "locals {"),
        ("#y.tf#", "bad {"),
        ("x.tf~", "bad {"),
        ("z.tf.bak", "bad {"),
        ("d.tf/inner.txt", ""),
        ("t.tftest.hcl", "run \"x\" {}"),
        ("versions.tf", "locals {\n  a = 1\n}\n"),
        ("versions.tofu", "locals {\n  b = 1\n}\n"),
        ("only.tofu.json", "{\"locals\":{\"c\":1}}"),
        ("only.tf", "locals {\n  d = 1\n}\n"),
    ]);
    let it = loaded(&dir, &["."]);
    let files: Vec<_> = it.project.sources.files.iter().map(|f| &*f.shown).collect();
    assert_eq!(
        files,
        ["main.tf", "only.tf", "only.tofu.json", "versions.tofu"]
    );
    let locals: Vec<_> = it.project.modules[0]
        .locals
        .iter()
        .map(|l| &*l.name)
        .collect();
    assert_eq!(locals, ["d", "c", "b"]);
    assert!(it.diagnostics.is_empty(), "{:?}", it.diagnostics);
}

#[test]
fn ignore_rules_are_for_directories() {
    let dir = tree(&[
        (".git/info/exclude", "by_info\n"),
        (
            ".gitignore",
            "*.tfvars\n*_override.tf\nignored/\n/gen*\n!generated/\n",
        ),
        (".sekishoignore", "own/\n"),
        ("main.tf", "variable \"v\" {}\n"),
        ("terraform.tfvars", "v = 1\n"),
        ("x_override.tf", "variable \"v\" {\n  default = 2\n}\n"),
        ("ignored/main.tf", ""),
        ("own/main.tf", ""),
        ("by_info/main.tf", ""),
        ("excluded/main.tf", ""),
        ("general/main.tf", ""),
        ("generated/main.tf", ""),
        ("deep/.gitignore", "x\n"),
        ("deep/x/main.tf", ""),
        (
            "deep/y/main.tf",
            "module \"i\" {\n  source = \"../../ignored\"\n}\n",
        ),
        (".hidden/main.tf", ""),
        ("x/main.tf", ""),
    ]);
    let mut asked = request(&dir, &["."]);
    asked.excludes = vec!["excluded".into()];
    let it = load(&asked);
    assert_eq!(targets(&it), [".", "deep/y", "generated", "x"]);
    // Called: read although ignored. Ignored files of a directory that is looked at count.
    assert!(it.project.modules.iter().any(|m| &*m.shown == "ignored"));
    assert!(!it.project.modules[0].variables[0].required);
    assert!(value(&it, &it.project.roots[0], "v").is_some());
    // What is named is read.
    for path in ["ignored", "own", ".hidden", "deep/x"] {
        assert_eq!(targets(&loaded(&dir, &[path])), [path]);
    }
}

#[test]
fn installed_modules() {
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},
        {"Key":"s3","Source":"registry.terraform.io/terraform-aws-modules/s3-bucket/aws","Version":"4.0.0","Dir":".terraform/modules/s3"},
        {"Key":"s3.kms","Source":"registry.terraform.io/terraform-aws-modules/kms/aws","Dir":".terraform/modules/s3.kms"},
        {"Key":"local","Source":"./local","Dir":"local"},
        {"Key":"local.deep","Source":"git::https://example.com/x.git?ref=v1","Dir":".terraform/modules/local.deep"},
        {"Key":"stale","Source":"registry.terraform.io/a/old/aws","Dir":".terraform/modules/stale"},
        {"Key":"out","Source":"../../outside","Dir":"../../outside"}]}"#;
    let main = "module \"s3\" {\n  source = \"terraform-aws-modules/s3-bucket/aws\"\n}\n\
                module \"local\" {\n  source = \"./local\"\n}\n\
                module \"stale\" {\n  source = \"a/new/aws\"\n}\n\
                module \"out\" {\n  source = \"../../outside\"\n}\n";
    let files = |data: &str| {
        [
            (format!("repo/root/{data}/modules/modules.json"), manifest.replace(".terraform/", &format!("{data}/"))),
            (format!("repo/root/{data}/modules/s3/main.tf"), "module \"kms\" {\n  source = \"terraform-aws-modules/kms/aws\"\n}\nmodule \"sub\" {\n  source = \"./sub\"\n}\n".to_owned()),
            (format!("repo/root/{data}/modules/s3/sub/main.tf"), "resource \"t\" \"x\" {}\n".to_owned()),
            (format!("repo/root/{data}/modules/s3.kms/main.tf"), String::new()),
            (format!("repo/root/{data}/modules/local.deep/main.tf"), String::new()),
            (format!("repo/root/{data}/modules/stale/main.tf"), "broken {{{".to_owned()),
        ]
    };
    for data in [".terraform", "data"] {
        let dir = tree(&[
            ("repo/.git/", ""),
            ("repo/root/main.tf", main),
            (
                "repo/root/local/main.tf",
                "module \"deep\" {\n  source = \"git::https://example.com/x.git?ref=v1\"\n}\n",
            ),
            ("outside/main.tf", "resource \"t\" \"o\" {}\n"),
        ]);
        for (path, content) in files(data) {
            put(dir.path(), &path, &content);
        }
        let mut asked = request(&dir, &["repo"]);
        if data != ".terraform" {
            asked.env = vec![("TF_DATA_DIR".into(), data.into())];
        }
        let it = load(&asked);
        assert_eq!(targets(&it), ["repo/root"]);
        assert!(it.diagnostics.is_empty(), "{:?}", it.diagnostics);
        let root = &it.project.roots[0];
        let mut keys: Vec<_> = root.vendored.keys().map(|k| &**k).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["local.deep", "s3", "s3.kms"]);
        let s3 = it.project.module(root.vendored["s3"]);
        let sub = s3.calls[1].local.expect("a module below an installed one");
        assert_eq!(it.project.module(sub).resources.len(), 1);
        // Outside the boundary, but named by the manifest.
        let module = it.project.module(root.module);
        let out = module
            .calls
            .iter()
            .find(|c| &*c.name == "out")
            .expect("out");
        assert!(out.local.is_some());
    }
}

#[test]
fn what_lies_outside_is_not_read() {
    let dir = tree(&[
        ("repo/.git/", ""),
        (
            "repo/main.tf",
            "module \"out\" {\n  source = \"../outside\"\n}\nmodule \"none\" {\n  source = \"./none\"\n}\n",
        ),
        ("outside/main.tf", ""),
    ]);
    let it = loaded(&dir, &["repo"]);
    let calls = &it.project.modules[0].calls;
    assert_eq!(calls[0].missing, Some(Missing::OutsideBoundary));
    assert_eq!(calls[1].missing, Some(Missing::NotThere));
    assert_eq!(
        codes(&it),
        [("outside-boundary", "load.module-outside".to_owned())]
    );
    let mut asked = request(&dir, &["repo"]);
    asked.boundary = Some(".".into());
    let wide = load(&asked);
    assert!(
        wide.project.module(wide.project.roots[0].module).calls[0]
            .local
            .is_some()
    );
    assert_eq!(&*wide.project.roots[0].identity, "repo");
}

#[test]
fn circles_of_modules_end() {
    let dir = tree(&[
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n"),
        (
            "b/main.tf",
            "module \"a\" {\n  source = \"../a\"\n}\nmodule \"me\" {\n  source = \"./\"\n}\n",
        ),
        ("c/main.tf", "module \"me\" {\n  source = \"../c\"\n}\n"),
    ]);
    let it = loaded(&dir, &["."]);
    assert_eq!(targets(&it), ["a", "c"]);
    assert_eq!(it.diagnostics.len(), 3);
    assert!(
        it.diagnostics
            .iter()
            .all(|d| d.message.key == "load.module-circle")
    );
}

#[cfg(unix)]
#[test]
fn links() {
    use std::os::unix::fs::symlink;
    let dir = tree(&[
        ("repo/.git/", ""),
        (
            "repo/envs/prod/main.tf",
            "module \"m\" {\n  source = \"./modules/m\"\n}\n",
        ),
        (
            "repo/modules/m/main.tf",
            "module \"n\" {\n  source = \"../n\"\n}\n",
        ),
        ("repo/modules/n/main.tf", ""),
        ("repo/common.tf", AWS),
        ("outside/secret.tf", "locals {\n  a = 1\n}\n"),
    ]);
    let at = |p: &str| dir.path().join(p);
    symlink("../../modules", at("repo/envs/prod/modules")).expect("a link");
    symlink("../../common.tf", at("repo/envs/prod/common.tf")).expect("a link");
    symlink(at("outside/secret.tf"), at("repo/envs/prod/secret.tf")).expect("a link");
    symlink("nowhere.tf", at("repo/envs/prod/dangling.tf")).expect("a link");
    symlink("..", at("repo/envs/loop")).expect("a link");
    symlink(".", at("repo/envs/self")).expect("a link");
    symlink(at("outside"), at("repo/out")).expect("a link");
    symlink("/dev/zero", at("repo/envs/prod/zero.tf")).expect("a link");
    let it = loaded(&dir, &["repo"]);
    assert_eq!(targets(&it), ["repo", "repo/envs/prod"]);
    assert_eq!(
        codes(&it),
        [
            ("input-not-read", "load.file-missing".to_owned()),
            ("input-not-read", "load.file-outside".to_owned()),
            ("input-not-read", "load.file-outside".to_owned()),
            ("outside-boundary", "load.link-outside".to_owned()),
        ]
    );
    let prod = it
        .project
        .modules
        .iter()
        .find(|m| &*m.shown == "repo/envs/prod");
    let prod = prod.expect("a module");
    assert!(prod.incomplete);
    assert_eq!(prod.providers.len(), 1);
    let m = it.project.module(prod.calls[0].local.expect("a module"));
    assert_eq!(&*m.shown, "repo/modules/m");
    assert!(m.calls[0].local.is_some());
    // Without the whole repository in view: what a link leads to is looked at.
    let dir2 = tree(&[(".git/", ""), ("real/main.tf", AWS), ("envs/", "")]);
    symlink("../real", dir2.path().join("envs/prod")).expect("a link");
    assert_eq!(targets(&loaded(&dir2, &["envs"])), ["real"]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tree(&[
        ("a/main.tf", AWS),
        ("a/locked.tf", ""),
        ("closed/main.tf", ""),
        ("lib/main.tf", "variable \"v\" {}\n"),
    ]);
    let set = |path: &str, mode| {
        let to = fs::Permissions::from_mode(mode);
        fs::set_permissions(dir.path().join(path), to).expect("permissions");
    };
    set("a/locked.tf", 0o000);
    set("closed", 0o000);
    // Root reads everything.
    let root = fs::read(dir.path().join("a/locked.tf")).is_ok();
    let it = loaded(&dir, &["."]);
    set("closed", 0o755);
    if root {
        return;
    }
    assert_eq!(targets(&it), ["a", "lib"]);
    assert_eq!(
        codes(&it),
        [
            ("input-not-read", "load.file-no-rights".to_owned()),
            ("input-not-read", "load.dir-no-rights".to_owned()),
        ]
    );
    assert_eq!(it.project.seen.files_failed, 1);
    // Whoever could not be read may have called it.
    assert!(it.project.roots[1].callers_unread);
    assert!(!it.project.roots[0].callers_unread);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_does_not_block() {
    let dir = tree(&[("main.tf", AWS)]);
    let made = std::process::Command::new("mkfifo")
        .arg(dir.path().join("pipe.tf"))
        .status();
    if !made.is_ok_and(|s| s.success()) {
        return;
    }
    let it = loaded(&dir, &["."]);
    assert_eq!(
        codes(&it),
        [("input-not-read", "load.file-special".to_owned())]
    );
    assert_eq!(it.project.roots.len(), 1);
}

#[test]
fn callers_that_do_not_parse() {
    let dir = tree(&[
        (
            "root/main.tf",
            "module \"a\" {\n  source = \"../lib\"\n  x = [[[\n",
        ),
        ("root/ok.tf", "module \"b\" {\n  source = \"../lib2\"\n}\n"),
        ("lib/main.tf", "variable \"v\" {}\n"),
        ("lib2/main.tf", "variable \"v\" {}\n"),
        ("other/main.tf", "variable \"v\" {}\n"),
    ]);
    let it = loaded(&dir, &["."]);
    assert!(
        it.diagnostics
            .iter()
            .any(|d| d.code == Code::InputNotRead && d.place.is_some())
    );
    assert_eq!(it.project.seen.files_failed, 1);
    let other = it.project.roots.iter().find(|r| &*r.target == "other");
    assert!(!other.expect("a root").callers_unread);
    // Either the parser saved the call, or the directory is a root with the reason.
    let lib = it.project.roots.iter().find(|r| &*r.target == "lib");
    assert!(lib.is_none_or(|r| r.callers_unread));
    assert!(!targets(&it).contains(&"lib2".to_owned()));
}

#[test]
fn odd_files_do_no_harm() {
    let dir = tree(&[
        ("main.tf", AWS),
        ("empty.tf", ""),
        ("bom.tf", "\u{feff}locals {\n  a = 1\n}\n"),
    ]);
    fs::write(dir.path().join("binary.tf"), [0u8, 159, 146, 150, 0, 255]).expect("a file");
    fs::write(
        dir.path().join("latin.tf"),
        b"# caf\xe9\nlocals {\n  l = 1\n}\n",
    )
    .expect("a file");
    fs::write(
        dir.path().join("deep.tf"),
        format!("locals {{\n  d = {}\n}}\n", "[".repeat(100_000)),
    )
    .expect("a file");
    fs::write(dir.path().join("deep.tf.json"), "[".repeat(100_000)).expect("a file");
    let it = loaded(&dir, &["."]);
    assert_eq!(it.project.roots.len(), 1);
    let module = &it.project.modules[0];
    assert!(module.incomplete);
    assert!(module.local_index.contains_key("a") && module.local_index.contains_key("l"));
    assert_eq!(module.providers.len(), 1);

    let mut asked = request(&dir, &["."]);
    asked.max_file_size = 50_000;
    let small = load(&asked);
    let large = small
        .diagnostics
        .iter()
        .filter(|d| d.message.key == "load.file-too-large");
    assert_eq!(large.count(), 2);
    assert_eq!(small.project.seen.files_failed, 3);
}

#[test]
fn what_is_named_wrongly() {
    let dir = tree(&[
        ("main.tf", AWS),
        ("plan.json", "{}"),
        ("README.md", ""),
        ("terragrunt.hcl", ""),
    ]);
    let it = loaded(
        &dir,
        &[
            "nope",
            "-",
            "plan.json",
            "README.md",
            "terragrunt.hcl",
            "main.tf",
        ],
    );
    let mut keys: Vec<_> = it
        .diagnostics
        .iter()
        .map(|d| d.message.key.as_str())
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "load.path-kind",
            "load.path-missing",
            "load.plan-not-yet",
            "load.plan-not-yet"
        ]
    );
    assert!(
        it.diagnostics
            .iter()
            .all(|d| d.code == Code::InputNotRead && d.help.is_some())
    );
    assert_eq!(targets(&it), ["."]);
    assert_eq!(
        it.project.seen.not_judged,
        [("terragrunt".to_owned(), vec!["terragrunt.hcl".to_owned()])]
    );
}

#[test]
fn kinds_that_are_not_judged_are_counted() {
    let dir = tree(&[
        ("live/terragrunt.hcl", ""),
        (
            "live/root.hcl",
            "locals {\n  x = find_in_parent_folders(\"x\")\n}\n",
        ),
        ("live/other.hcl", "job \"x\" {}\n"),
        ("stack/a.tfstack.hcl", ""),
        ("stack/b.tfdeploy.hcl", ""),
        ("t/x.tftest.hcl", "find_in_parent_folders("),
    ]);
    let want = [
        (
            "terragrunt".to_owned(),
            vec!["live/root.hcl".to_owned(), "live/terragrunt.hcl".to_owned()],
        ),
        (
            "tfstack".to_owned(),
            vec![
                "stack/a.tfstack.hcl".to_owned(),
                "stack/b.tfdeploy.hcl".to_owned(),
            ],
        ),
    ];
    assert_eq!(loaded(&dir, &["."]).project.seen.not_judged, want);
    assert_eq!(read_only(&request(&dir, &["."])).not_judged, want);
}

#[test]
fn lock_file() {
    let lock = "provider \"registry.terraform.io/hashicorp/google\" {\n  version = \"6.1.0\"\n}\n\
                provider \"registry.terraform.io/hashicorp/aws\" {\n  version     = \"5.31.0\"\n  constraints = \"~> 5.0\"\n}\n";
    let dir = tree(&[("main.tf", AWS), (".terraform.lock.hcl", lock)]);
    let it = loaded(&dir, &["."]);
    let locked: Vec<_> = it.project.roots[0]
        .locked
        .iter()
        .map(|(p, v)| (&**p, &**v))
        .collect();
    assert_eq!(
        locked,
        [
            ("registry.terraform.io/hashicorp/aws", "5.31.0"),
            ("registry.terraform.io/hashicorp/google", "6.1.0")
        ]
    );
    assert_eq!(it.project.seen.files_read, 1);
}

#[test]
fn providers_as_written() {
    let dir = tree(&[
        (
            "main.tf",
            "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      configuration_aliases = [aws.a, aws.b]\n    }\n    old = \"~> 2.0\"\n  }\n}\n\
             resource \"aws_s3_bucket\" \"x\" {\n  provider = aws.tokyo\n}\n\
             resource \"google_storage_bucket\" \"y\" {}\n\
             module \"m\" {\n  source = \"./m\"\n  providers = {\n    aws   = aws.tokyo\n    aws.b = aws\n  }\n}\n\
             check \"c\" {\n  data \"http\" \"in_check\" {}\n}\n",
        ),
        (
            "m/main.tf.json",
            "{\"resource\":{\"aws_s3_bucket\":{\"z\":{\"provider\":\"aws.osaka\"}}},\"provider\":{\"aws\":[{\"region\":\"a\"},{\"alias\":\"osaka\",\"region\":\"b\"}]}}",
        ),
    ]);
    let it = loaded(&dir, &["."]);
    let key = |k: &sekisho::load::project::ProviderKey| match &k.alias {
        Some(alias) => format!("{}.{alias}", k.name),
        None => k.name.to_string(),
    };
    let module = it.project.module(it.project.roots[0].module);
    let resources: Vec<_> = module.resources.iter().map(|r| key(&r.provider)).collect();
    assert_eq!(resources, ["aws.tokyo", "google", "http"]);
    let aliases: Vec<_> = module.required[0].aliases.iter().map(key).collect();
    assert_eq!(aliases, ["aws.a", "aws.b"]);
    assert_eq!(module.required[1].version.as_deref(), Some("~> 2.0"));
    assert_eq!(&*module.required[1].source, "hashicorp/old");
    let handed: Vec<_> = module.calls[0]
        .providers
        .iter()
        .map(|(c, p)| (key(c), key(p)))
        .collect();
    assert_eq!(
        handed,
        [
            ("aws".to_owned(), "aws.tokyo".to_owned()),
            ("aws.b".to_owned(), "aws".to_owned())
        ]
    );
    let inner = it.project.module(module.calls[0].local.expect("a module"));
    assert_eq!(key(&inner.resources[0].provider), "aws.osaka");
    let providers: Vec<_> = inner.providers.iter().map(|p| key(&p.key)).collect();
    assert_eq!(providers, ["aws", "aws.osaka"]);
    assert!(it.diagnostics.is_empty(), "{:?}", it.diagnostics);
}

#[test]
fn the_same_whatever_the_order_and_the_threads() {
    let mut files = Vec::new();
    for i in 0..40 {
        files.push((
            format!("envs/e{i}/main.tf"),
            format!("module \"m\" {{\n  source = \"../../modules/m{}\"\n}}\nlocals {{\n  a = {i}\n  a = {i}\n}}\n", i % 7),
        ));
        files.push((
            format!("envs/e{i}/more.tf"),
            "resource \"t\" \"x\" {\n  a = \n}\n".to_owned(),
        ));
    }
    for i in 0..7 {
        files.push((
            format!("modules/m{i}/main.tf"),
            format!("variable \"v{i}\" {{}}\n"),
        ));
    }
    for i in 0..30 {
        files.push((
            format!("many/f{i}.tf"),
            "resource \"t\" \"same\" {}\n".to_owned(),
        ));
    }
    let made = |reverse: bool| {
        let dir = TempDir::new().expect("a temporary directory");
        let mut files = files.clone();
        if reverse {
            files.reverse();
        }
        for (path, content) in &files {
            put(dir.path(), path, content);
        }
        dir
    };
    let (one, two) = (made(false), made(true));
    let run = |dir: &TempDir, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let it = pool.expect("threads").install(|| loaded(dir, &["."]));
        let base = dir.path().canonicalize().expect("a path");
        picture(&it).replace(&base.to_string_lossy().into_owned(), "BASE")
    };
    let first = run(&one, 1);
    for threads in [1, 2, 8] {
        assert_eq!(run(&one, threads), first);
        assert_eq!(run(&two, threads), first);
    }
    // From another current directory only what is shown differs.
    let mut elsewhere = Request::new(vec![one.path().to_path_buf()], std::env::temp_dir());
    elsewhere.boundary = Some(one.path().to_path_buf());
    let it = load(&elsewhere);
    let mut ids: Vec<_> = it
        .project
        .roots
        .iter()
        .map(|r| r.identity.to_string())
        .collect();
    ids.sort();
    let mut here = targets(&loaded(&one, &["."]));
    here.sort();
    assert_eq!(ids, here);
}
