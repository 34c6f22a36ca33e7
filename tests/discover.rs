//! Finding: which directories are roots, what is not read and why. All through `load()`.

mod trees;

use sekisho::diagnostic::Code;
use sekisho::load::project::Missing;
use sekisho::load::{Request, load, read_only};
use std::fs;
use tempfile::TempDir;
use trees::{AWS, codes, loaded, picture, put, request, targets, tree, value};

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
            "load.plan-kind",
            "load.stdin"
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
