//! A whole run from bytes: they are cut at 0xFF into the files of a small tree, which is then examined
//! and written in both formats. No panic, not even one that would be caught and told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::diagnostic::Code;
use sekisho::report;
use sekisho::settings::{Format, Input, Question, Settings};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

const FILES: [&str; 6] = [
    "main.tf",
    "terraform.tfvars",
    "m/main.tf",
    "x.tf.json",
    "y.auto.tfvars.json",
    "data.txt",
];

/// One tree for all inputs, in memory where the system has a place for that.
static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let dir = base.join(format!("sekisho-fuzz-{}", std::process::id()));
    fs::create_dir_all(dir.join("m")).expect("a temporary directory");
    dir
});

/// Sanitizers make frames larger than they are.
static POOL: LazyLock<rayon::ThreadPool> = LazyLock::new(|| {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .stack_size(256 << 20)
        .build()
        .expect("a thread")
});

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|&b| b == 0xff);
    for name in FILES {
        let path = DIR.join(name);
        match parts.next() {
            Some(part) if !part.is_empty() => fs::write(path, part).expect("a file"),
            // It may not be there.
            _ => drop(fs::remove_file(path)),
        }
    }
    for question in [Question::Findings, Question::Register] {
        let settings = Settings::plain(
            question,
            Input {
                current_dir: DIR.clone(),
                paths: vec![DIR.clone()],
                boundary: Some(DIR.clone()),
                ..Input::default()
            },
        );
        POOL.install(|| {
            let policy = sekisho::policy_of(&settings);
            let outcome = sekisho::examine(&settings, &policy);
            for d in &outcome.diagnostics {
                assert!(d.code != Code::InternalError, "{:?}", d.message);
            }
            let words = sekisho::messages::Words::new(settings.lang).with(policy.texts.clone());
            for format in [Format::Text, Format::Json] {
                report::write(&mut Vec::new(), format, &outcome, &settings, &words)
                    .expect("memory takes it");
            }
        });
    }
});
