//! Where a configuration comes from: the file, the environment, the files that secrets stand in.
//!
//! The only module that reads the environment. Tests hand in texts and never touch the machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base::planted::{CAN_PLANT, VARIABLE};
use policy::Document;
use policy::document::State;

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
    /// Reads another file that the configuration names: a secret, the price list.
    pub read_file: fn(&Path) -> io::Result<String>,
}

impl Sources {
    /// The machine's: the named file, else `candor.toml` where there is one; variables of the environment.
    ///
    /// # Errors
    /// A named file that can't be read, or a breach that can't be planted.
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
        if let Some(names) = environment.get(VARIABLE) {
            plantable(names, CAN_PLANT)?;
            base::planted::choose(names);
        }
        Ok(Self {
            file,
            environment,
            read_file: |path| std::fs::read_to_string(path),
        })
    }

    /// Of a text, for tests: no environment, no files.
    pub fn of_text(text: &str) -> Self {
        Self {
            file: Some((DEFAULT_FILE.to_owned(), text.to_owned())),
            environment: BTreeMap::new(),
            read_file: |_| Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// The same with a variable of the environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// Refuses a breach that nobody would plant: all promises would stand as kept, and prove nothing.
fn plantable(names: &str, can_plant: bool) -> Result<(), Problem> {
    let mut names = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .peekable();
    let refused =
        |wrong: String, write: String| Err(Problem::new(Origin::Environment(VARIABLE.to_owned()), "", wrong, write));
    if !can_plant && names.peek().is_some() {
        return refused(
            "this build plants no breaches".to_owned(),
            "nothing, or build with `cargo build -p candor --features planted`, not optimised".to_owned(),
        );
    }
    // A document that can't be read is told by whoever needs it.
    let promises = Document::embedded()
        .map(|document| document.promises)
        .unwrap_or_default();
    let known: Vec<&String> = promises
        .iter()
        .flat_map(|promise| planted_breaches(&promise.state))
        .collect();
    match names.find(|name| !known.iter().any(|known| known == name)) {
        None => Ok(()),
        Some(unknown) => {
            let known = known.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            refused(
                format!("there is no breach named {unknown:?}"),
                format!("one of {known}"),
            )
        }
    }
}

fn planted_breaches(state: &State) -> &[String] {
    match state {
        State::InForce { planted_breaches, .. } => planted_breaches,
        State::Planned { .. } => &[],
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_breach_that_would_not_be_planted_is_refused() {
        assert_eq!(plantable("keeps_day, keeps_key", true), Ok(()));
        for can_plant in [true, false] {
            assert_eq!(plantable(" ,", can_plant), Ok(()));
        }
        let unknown = plantable("keeps_day,keepsday", true).unwrap_err().to_string();
        assert!(
            unknown.contains("\"keepsday\"") && unknown.contains("keeps_day"),
            "{unknown}"
        );
        let cant = plantable("keeps_day", false).unwrap_err().to_string();
        assert!(cant.contains("CANDOR_PLANT: this build plants no breaches"), "{cant}");
    }
}
