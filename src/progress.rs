//! What goes on, for who waits: one line on standard error, written over and taken back at the end.
//!
//! Only on a terminal, and only in runs that take longer than anybody would notice.

use crate::diagnostic::Message;
use crate::messages::{Lang, Words};
use crate::settings::Settings;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Nothing is shown before.
const QUIET: Duration = Duration::from_millis(500);
/// Between two lines.
const STEP: Duration = Duration::from_millis(150);
/// Takes the line back.
const CLEAR: &str = "\r\u{1b}[2K";

/// A run that is shown until this is dropped.
pub struct Progress {
    counts: Arc<Counts>,
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

#[derive(Default)]
struct Counts {
    judged: AtomicUsize,
    /// How many there are; 0 while files are read.
    roots: AtomicUsize,
}

impl Progress {
    /// Begins; without a terminal it only counts.
    pub fn start(settings: &Settings, lang: Lang) -> Progress {
        let counts = Arc::new(Counts::default());
        let shown = settings.progress.then(|| {
            let (end, ended) = channel();
            let (counts, words) = (counts.clone(), Words::new(lang));
            let thread = std::thread::spawn(move || {
                let mut wait = QUIET;
                let mut any = false;
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    let _ = write!(io::stderr(), "{CLEAR}{}", counts.text(&words));
                    (wait, any) = (STEP, true);
                }
                if any {
                    let _ = write!(io::stderr(), "{CLEAR}");
                }
            });
            (end, thread)
        });
        Progress { counts, shown }
    }

    /// All files are read; so many roots are judged now.
    pub fn roots(&self, roots: usize) {
        self.counts.roots.store(roots, Ordering::Relaxed);
    }

    /// One more root is judged.
    pub fn judged(&self) {
        self.counts.judged.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    /// The line is gone before anything else is written.
    fn drop(&mut self) {
        if let Some((end, thread)) = self.shown.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}

impl Counts {
    fn text(&self, words: &Words) -> String {
        match self.roots.load(Ordering::Relaxed) {
            0 => words.word("progress.reading"),
            roots => {
                let judged = self.judged.load(Ordering::Relaxed);
                let message = Message::new("progress.judging")
                    .arg(judged.to_string())
                    .arg(roots.to_string());
                words.say(&message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Lang;

    #[test]
    fn the_line_says_how_far_it_is() {
        let words = Words::new(Lang::En);
        let counts = Counts::default();
        assert_eq!(counts.text(&words), "reading");
        counts.roots.store(12, Ordering::Relaxed);
        counts.judged.store(3, Ordering::Relaxed);
        assert_eq!(counts.text(&words), "judging: root modules 3 of 12");
    }
}
