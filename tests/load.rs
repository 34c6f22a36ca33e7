//! Loading: what a module has, overrides, values, installed modules. All through `load()`.

mod trees;

use sekisho::diagnostic::Code;
use sekisho::load::project::GivenValue;
use sekisho::load::{GivenArg, load};
use std::fs;
use trees::{AWS, codes, loaded, put, request, targets, tree, value};

#[test]
fn values_in_terraforms_precedence() {
    // The oracle's cases tfvars_precedence and tfvars_varfile_order.
    let variables = ["a", "b", "c", "d", "e", "f"]
        .iter()
        .map(|v| format!("variable \"{v}\" {{\n  default = \"default\"\n}}\n"))
        .collect::<Vec<_>>()
        .concat();
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
    let told: Vec<Code> = one.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(told, [Code::ValuesNotNamed], "{:?}", one.diagnostics);

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
    let resources: Vec<_> = module
        .resources
        .iter()
        .map(|r| key(&r.provider.key))
        .collect();
    assert_eq!(resources, ["aws.tokyo", "google", "http"]);
    let aliases: Vec<_> = module.required[0].aliases.iter().map(key).collect();
    assert_eq!(aliases, ["aws.a", "aws.b"]);
    assert_eq!(module.required[1].version.as_deref(), Some("~> 2.0"));
    assert_eq!(&*module.required[1].source, "hashicorp/old");
    let handed: Vec<_> = module.calls[0]
        .providers
        .iter()
        .map(|(c, p)| (key(c), key(&p.key)))
        .collect();
    assert_eq!(
        handed,
        [
            ("aws".to_owned(), "aws.tokyo".to_owned()),
            ("aws.b".to_owned(), "aws".to_owned())
        ]
    );
    let inner = it.project.module(module.calls[0].local.expect("a module"));
    assert_eq!(key(&inner.resources[0].provider.key), "aws.osaka");
    let providers: Vec<_> = inner.providers.iter().map(|p| key(&p.key)).collect();
    assert_eq!(providers, ["aws", "aws.osaka"]);
    assert!(it.diagnostics.is_empty(), "{:?}", it.diagnostics);
}
