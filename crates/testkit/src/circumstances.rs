//! What the program finds around itself when it starts: a date, and breaches that are planted.

use std::path::{Path, PathBuf};

/// The circumstances of starts and commands to come.
#[derive(Debug, Default)]
pub(crate) struct Circumstances {
    /// How far the machine's date is ahead.
    pub(crate) days_ahead: u32,
    /// The file that says how far the date is ahead, also of programs that run; none: it doesn't change while they run.
    pub(crate) wall: Option<PathBuf>,
    /// Names of breaches, as `base::planted` wants them.
    pub(crate) planted: String,
}

impl Circumstances {
    /// As variables of the environment. Monotonic time stays real: timed waits of the standard library would hang.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if self.days_ahead > 0 || self.wall.is_some() {
            variables.push(("LD_PRELOAD", libfaketime().display().to_string()));
            match &self.wall {
                Some(file) => {
                    variables.push(("FAKETIME_TIMESTAMP_FILE", file.display().to_string()));
                    variables.push(("FAKETIME_NO_CACHE", "1".to_owned()));
                }
                None => variables.push(("FAKETIME", format!("+{}d", self.days_ahead))),
            }
            variables.push(("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()));
            variables.push(("DONT_FAKE_MONOTONIC", "1".to_owned()));
        }
        if !self.planted.is_empty() {
            variables.push((base::planted::VARIABLE, self.planted.clone()));
        }
        variables
    }
}

/// Debian has it in a folder of the architecture, others in one of two.
fn libfaketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let folders = folders
        .map(|folder| folder.path())
        .chain(["/usr/lib64".into(), "/usr/lib".into()]);
    folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .find(|library| Path::is_file(library))
        .expect("libfaketime is not there: on Debian `apt-get install faketime`; ./test does it")
}
