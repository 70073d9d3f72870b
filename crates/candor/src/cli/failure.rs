//! How a command ends when it doesn't end well: one clear sentence and an exit status.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::config::problem::{Problem, Problems};
use crate::instance::InstanceError;
use crate::people::PeopleError;
use crate::serve::ServeError;

/// Why a command failed. Travels over the control socket as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// A check failed or the work could not be done: exit status 1.
    #[error("{0}")]
    Failed(String),
    /// Bad usage or configuration: exit status 2.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// Something went wrong that the person at the keyboard may not have caused.
    pub fn failed(sentence: impl std::fmt::Display) -> Self {
        Self::Failed(sentence.to_string())
    }

    /// What was asked for makes no sense.
    pub fn usage(sentence: impl std::fmt::Display) -> Self {
        Self::Usage(sentence.to_string())
    }

    /// What was asked for is promised by the interface and not built yet.
    pub fn to_come(what: &str) -> Self {
        Self::Usage(format!("{what} not part of this version yet"))
    }

    /// The owner answered something else than was asked: it is another version.
    pub fn unexpected_reply() -> Self {
        Self::Failed("the process that owns the data folder runs another version of Candor: restart it".to_owned())
    }

    /// The process's exit status.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
        }
    }
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Email
            | PeopleError::Name { .. }
            | PeopleError::TooManyModels
            | PeopleError::EndsBeforeItBegins
            | PeopleError::Password(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<InstanceError> for Failure {
    fn from(error: InstanceError) -> Self {
        if error.is_usage() {
            Self::usage(error)
        } else {
            Self::failed(error)
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        if error.is_usage() {
            Self::usage(error)
        } else {
            Self::failed(error)
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::usage(problems)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::usage(problem)
    }
}

impl From<std::io::Error> for Failure {
    /// The only files that a command itself reads and writes are the terminal's.
    fn from(error: std::io::Error) -> Self {
        Self::failed(format!("the terminal could not be read or written: {error}"))
    }
}
