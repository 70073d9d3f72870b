//! The running program on a disk that fails when it is told to: full, refusing, torn, held at a sync.
//!
//! `serve` gets its machine handed in. Here this very test executable, started again by a test, is the program: the same library with a
//! [`FailingDisk`] under it instead of the real one. What the disk is to do stands in a file that the test writes while the program runs.
//! Leaves out: the database's own files, which its engine writes; crashes between system calls (`store`'s simulator).

mod copies;
mod failing;
mod full;
mod nth;
mod plan;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use candor::cli::{self, terminal::Terminal};
use candor::instance::Machine;
use testkit::site::ARGUMENTS;
use testkit::{Database, Site};

use failing::FailingDisk;
use plan::Control;

/// The variable that names the folder of the plan, where this executable was started as the program.
const CONTROL: &str = "CANDOR_TEST_DISK";

/// The program that other tests of this module start, with its arguments in a variable. As a test it only says its version.
#[test]
fn program() -> ExitCode {
    let arguments = std::env::var(ARGUMENTS).unwrap_or_else(|_| "--version".to_owned());
    let control = std::env::var_os(CONTROL).map_or_else(std::env::temp_dir, PathBuf::from);
    let machine = Machine {
        disk: Arc::new(FailingDisk::new(Control::in_folder(control))),
        ..Machine::system()
    };
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        input: &mut std::io::empty(),
    };
    let arguments = std::iter::once("candor").chain(arguments.lines()).map(Into::into);
    cli::run_on(machine, arguments, &mut terminal)
}

/// A place whose program runs on a failing disk, and what makes it fail.
fn site_and_disk() -> (Site, Control) {
    let site = Site::new(Database::sqlite());
    let control = Control::in_folder(site.folder().join("disk"));
    control.prepare();
    let this = std::env::current_exe().unwrap();
    let as_program = ["disk::program", "--exact", "--nocapture", "--test-threads=1"];
    let site = site
        .environment(CONTROL, control.folder().to_str().unwrap())
        .served_by(&this, &as_program);
    (site, control)
}
