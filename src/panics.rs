//! Our own faults: a panic loses one target, is told as a diagnostic, and prints nothing by itself.
//!
//! Only the place of a panic is told. Its message may quote the text that was being read, and that
//! text may be somebody's secret.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From here on a panic is remembered by its thread.
pub fn remember_instead_of_print() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|l| format!("{}:{}", short(l.file()), l.line()));
        PLACE.with(|p| *p.borrow_mut() = place);
    }));
}

/// Does the work; `Err` is the place where it panicked.
pub fn catch<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    // What the work shares with others is only read, or guarded by locks that forgive a panic.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        PLACE
            .with(|p| p.borrow_mut().take())
            .unwrap_or_else(|| "?".to_owned())
    })
}

/// Ours is relative to the package; of a dependency only package and file are told.
fn short(file: &str) -> String {
    let file = file.replace('\\', "/");
    match file.rsplit_once("/registry/src/") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, r)| r).to_owned(),
        None => file,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_dependencys_place_names_no_home_directory() {
        let file = "/home/x/.cargo/registry/src/index-1/toml-1.0/src/lib.rs";
        assert_eq!(short(file), "toml-1.0/src/lib.rs");
        assert_eq!(short("src/evaluate/mod.rs"), "src/evaluate/mod.rs");
    }
}
