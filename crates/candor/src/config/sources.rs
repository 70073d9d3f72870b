//! Where a configuration comes from: the file, the environment, the files that secrets stand in.
//!
//! The only module that reads the environment. Tests hand in texts and never touch the machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::problem::{Origin, Problem};

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "candor.toml";

/// All that a configuration is made from.
#[derive(Debug)]
pub struct Sources {
    /// The file's name as messages show it, and its text.
    pub file: Option<(String, String)>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Reads a file that holds a secret.
    pub read_secret: fn(&Path) -> io::Result<String>,
}

impl Sources {
    /// The machine's: the named file, else `candor.toml` where there is one; variables of the environment.
    ///
    /// # Errors
    /// A named file that can't be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment, and a file that is not ours"
    )]
    pub fn of_machine(named: Option<&Path>) -> Result<Self, Problem> {
        let path = named.map_or_else(|| PathBuf::from(DEFAULT_FILE), Path::to_path_buf);
        let name = path.display().to_string();
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some((name, text)),
            Err(e) if e.kind() == io::ErrorKind::NotFound && named.is_none() => None,
            Err(e) => {
                return Err(Problem::new(
                    Origin::Default,
                    "",
                    format!("{name} can't be read: {e}"),
                    "",
                ));
            }
        };
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect();
        if let Some(names) = environment.get(base::planted::VARIABLE) {
            base::planted::choose(names);
        }
        Ok(Self {
            file,
            environment,
            read_secret: |path| std::fs::read_to_string(path),
        })
    }

    /// Of a text, for tests: no environment, no files.
    pub fn of_text(text: &str) -> Self {
        Self {
            file: Some((DEFAULT_FILE.to_owned(), text.to_owned())),
            environment: BTreeMap::new(),
            read_secret: |_| Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// The same with a variable of the environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }
}
