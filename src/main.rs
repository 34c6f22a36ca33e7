//! Arguments in, exit code out.

fn main() -> std::process::ExitCode {
    sekisho::run(std::env::args_os()).into()
}
