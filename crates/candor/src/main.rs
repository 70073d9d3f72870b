//! The binary: hands its arguments, machine and streams to the library and exits with the status that it answers.

use std::process::ExitCode;

use candor::cli::terminal::Terminal;
use candor::instance::Machine;

fn main() -> ExitCode {
    let (mut out, mut err, mut input) = (std::io::stdout(), std::io::stderr(), std::io::stdin());
    candor::cli::run(
        std::env::args_os(),
        Machine::system(),
        &mut Terminal {
            out: &mut out,
            err: &mut err,
            input: &mut input,
        },
    )
}
