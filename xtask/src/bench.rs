//! Long runs: the benchmark harness and the crash test.

use std::path::Path;
use std::process::Command;

/// Builds a release binary, runs the harness in `folder` against it, and prints the harness's summary.
///
/// The harness is a folder with `run.sh` (builds what it needs and measures) and `bench.py` (`summary`, `table`); it takes the binary
/// from the environment variable `CANDOR`. It writes into its folder, so a copy of a read-only one is made by the caller.
pub(crate) fn run(folder: &str, arguments: &[&str]) -> Result<(), String> {
    let folder = Path::new(folder);
    if !folder.join("run.sh").is_file() {
        return Err(format!(
            "{}: no run.sh in it; give the folder of a benchmark harness",
            folder.display()
        ));
    }
    let root = crate::root();
    command(
        Command::new("cargo")
            .args(["build", "--release", "--locked", "--package", "candor"])
            .current_dir(&root),
    )?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let binary = target.join("release/candor");
    let binary = binary
        .canonicalize()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    command(
        Command::new("bash")
            .arg("run.sh")
            .args(arguments)
            .env("CANDOR", &binary)
            .current_dir(folder),
    )?;
    let output: Vec<&str> = arguments
        .iter()
        .skip_while(|argument| **argument != "--out")
        .take(2)
        .copied()
        .collect();
    command(
        Command::new("python3")
            .args(["bench.py", "summary"])
            .args(&output)
            .current_dir(folder),
    )?;
    command(
        Command::new("python3")
            .args(["bench.py", "table"])
            .args(&output)
            .current_dir(folder),
    )
}

/// Runs the crash tests with `kills` kills on each database.
pub(crate) fn crash(kills: &str) -> Result<(), String> {
    if kills.parse::<u32>().is_err() {
        return Err(format!("{kills:?} is no number of kills"));
    }
    let root = crate::root();
    command(
        Command::new("./test")
            .args([
                "--package",
                "candor",
                "--test",
                "it",
                "crash",
                "--",
                "--nocapture",
                "--test-threads",
                "1",
            ])
            .env("CANDOR_TEST_KILLS", kills)
            .current_dir(root),
    )
}

fn command(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}"))
    }
}
