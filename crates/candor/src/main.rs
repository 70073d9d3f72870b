//! The binary: hands its arguments and streams to the library and exits with the status that it answers.

use std::process::ExitCode;

use candor::cli::terminal::Terminal;

fn main() -> ExitCode {
    let (mut out, mut err, mut input) = (std::io::stdout(), std::io::stderr(), std::io::stdin());
    candor::cli::run(
        std::env::args_os(),
        &mut Terminal {
            out: &mut out,
            err: &mut err,
            input: &mut input,
        },
    )
}
