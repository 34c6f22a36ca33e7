//! A plan or state from bytes, examined and written in all ways that quote values. No panic, not even one
//! that would be caught and told; and what is no whole JSON is never judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::diagnostic::Code;
use sekisho::report;
use sekisho::settings::{Format, Input, Question, Settings};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// One place for all inputs, in memory where the system has one for that.
static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let dir = base.join(format!("sekisho-fuzz-plan-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a temporary directory");
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
    let file = DIR.join("plan.json");
    fs::write(&file, bytes).expect("a file");
    for question in [Question::Findings, Question::Register] {
        let settings = Settings::plain(
            question,
            Input {
                current_dir: DIR.clone(),
                paths: vec![file.clone()],
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
            for format in [Format::Text, Format::Json, Format::Csv] {
                report::write(&mut Vec::new(), format, &outcome, &settings, &words)
                    .expect("memory takes it");
            }
            let cut = bytes.first() == Some(&b'{') && !bytes.contains(&b'}');
            if cut {
                assert!(outcome.diagnostics.iter().any(|d| d.code == Code::InputNotRead));
            }
        });
    }
});
