//! How another command reaches the same instance, for command lines that are printed to be copied.
//!
//! Promises: a printed line names the configuration and the data folder wherever they aren't the default, quoted for a shell; a secret
//! is never printed, its variable is named instead.
//! Leaves out: the folder in which a relative path begins; who copies a line is in the one where it was printed.

use super::problem::Origin;
use super::sources::DEFAULT_FILE;
use super::{Config, Section, storage};

/// Tables that say which instance a command acts on, besides the data folder.
const SAME_INSTANCE: &[&str] = &[
    storage::Database::NAME,
    storage::Keys::NAME,
    super::money::Money::NAME,
    super::policy::SECTION,
];
const DATA_FOLDER: &str = "data.dir";

impl Config {
    /// A line for a shell that runs `program` with these arguments on this instance.
    pub fn command_line(&self, program: &str, arguments: &str) -> String {
        let mut line = String::new();
        if let Origin::Environment(variable) = self.origin(DATA_FOLDER) {
            line = format!("{variable}={} ", quoted(&self.data.dir.display().to_string()));
        }
        line.push_str(&format!("{program} {arguments}"));
        if let Some(file) = self.file.as_deref().filter(|file| *file != DEFAULT_FILE) {
            line.push_str(&format!(" --config {}", quoted(file)));
        }
        line
    }

    /// Variables that decide which instance a command acts on and that no printed line holds, because they may be secret.
    pub fn needed_variables(&self) -> Vec<&str> {
        let decides = |key: &str| {
            key.split_once('.')
                .is_some_and(|(table, _)| SAME_INSTANCE.contains(&table))
        };
        self.shown
            .iter()
            .filter(|shown| decides(&shown.key))
            .filter_map(|shown| match &shown.origin {
                Origin::Environment(variable) => Some(variable.as_str()),
                Origin::Default | Origin::File { .. } => None,
            })
            .collect()
    }
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn line(file: &str, text: &str, variables: &[(&str, &str)]) -> String {
        let sources = Sources {
            file: Some((file.to_owned(), text.to_owned())),
            ..Sources::of_text("")
        };
        let sources = variables
            .iter()
            .fold(sources, |sources, (name, value)| sources.with(name, value));
        let config = Config::load(&sources).unwrap();
        let line = config.command_line("./candor", "key list");
        format!("{line} {:?}", config.needed_variables())
    }

    #[test]
    fn a_line_names_what_is_not_the_default_and_no_secret() {
        let folder = ("CANDOR__DATA__DIR", "/var/my data");
        let database = ("CANDOR__DATABASE__URL", "postgres://u:hunter2@h/d");
        for (file, text, variables, expected) in [
            (DEFAULT_FILE, "", &[][..], "./candor key list []"),
            (DEFAULT_FILE, "[data]\ndir = \"x\"\n", &[], "./candor key list []"),
            ("/etc/a.toml", "", &[], "./candor key list --config /etc/a.toml []"),
            (
                "it's.toml",
                "",
                &[folder],
                r"CANDOR__DATA__DIR='/var/my data' ./candor key list --config 'it'\''s.toml' []",
            ),
            (
                DEFAULT_FILE,
                "",
                &[database],
                "./candor key list [\"CANDOR__DATABASE__URL\"]",
            ),
        ] {
            assert_eq!(line(file, text, variables), expected);
        }
    }
}
