//! What is wrong with a configuration, written for the person who wrote it: where, which key, what is wrong, what to write.

use std::fmt;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// A line of the file, counted from one.
    File {
        /// The file as it was named.
        file: String,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Problem {
    /// Where it was written.
    pub origin: Origin,
    /// The key, or the table where no key is to blame. Empty for a file that is no TOML at all.
    pub key: String,
    /// What is wrong.
    pub wrong: String,
    /// What to write instead; empty if what is wrong says it already.
    pub write: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(origin: Origin, key: impl Into<String>, wrong: impl Into<String>, write: impl Into<String>) -> Self {
        Self {
            origin,
            key: key.into(),
            wrong: wrong.into(),
            write: write.into(),
        }
    }

    fn sentence(&self) -> String {
        let place = match &self.origin {
            Origin::Default => String::new(),
            origin @ Origin::File { .. } => format!("{origin}: "),
            Origin::Environment(name) => format!("{name}: "),
        };
        let key = if self.key.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.key)
        };
        let write = if self.write.is_empty() {
            String::new()
        } else {
            format!("; write {}", self.write)
        };
        format!("{place}{key}{}{write}", self.wrong)
    }
}

/// Everything that is wrong, at least one thing. Displays as the first; `config check` prints all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// All that was found, in the order in which a person reads: environment first, then the file from top to bottom.
    pub fn in_order(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| match problem.origin {
            Origin::File { line, .. } => line,
            Origin::Default | Origin::Environment(_) => 0,
        });
        Self(problems)
    }

    /// Each problem, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        write!(f, "{first}")?;
        match self.0.len() - 1 {
            0 => Ok(()),
            more => write!(f, " (and {more} more: `candor config check` lists them)"),
        }
    }
}

impl std::error::Error for Problems {}
