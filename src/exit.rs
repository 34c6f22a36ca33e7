//! The exit code: the same in every format.

use crate::diagnostic::{Code, Verdict};
use crate::report::Outcome;
use crate::settings::Settings;
use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Everything was judged, nothing is open.
    Clean = 0,
    /// A finding at or above `--fail-on` that nobody accepted, or a module that is not there.
    Findings = 1,
    /// Something could not be judged: usage, settings, input, a limit, our own fault.
    NotJudged = 2,
}

impl Exit {
    /// That of an outcome; the worst reason counts.
    pub fn of(outcome: &Outcome, settings: &Settings) -> Exit {
        let open = outcome
            .diagnostics
            .iter()
            .filter(|d| d.suppressed.is_none());
        let diagnostics = open.map(|d| match d.code.exit() {
            1 if settings.require_modules && d.code == Code::ModuleNotLoaded => Exit::NotJudged,
            0 if settings.require_complete && d.code == Code::PlanIncomplete => Exit::NotJudged,
            0 => Exit::Clean,
            1 => Exit::Findings,
            _ => Exit::NotJudged,
        });
        let findings = outcome
            .findings
            .iter()
            .filter(|f| f.suppressed.is_none() && f.verdict != Verdict::Pass)
            .filter(|f| settings.counts(f))
            .filter(|f| f.level >= outcome.fail_on(&f.target))
            .map(|_| Exit::Findings);
        diagnostics.chain(findings).max().unwrap_or(Exit::Clean)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
