//! Where a command reads and writes, so that tests need no process: results to `out`, what went wrong to `err`.

use std::io::{BufRead, Read, Write};

use base::secret::Secret;

use super::failure::Failure;

/// The longest line that is read from the standard input.
const LONGEST_LINE_BYTES: u64 = 4096;

/// The three streams of a process.
pub struct Terminal<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// What went wrong.
    pub err: &'a mut dyn Write,
    /// What is piped in.
    pub input: &'a mut dyn Read,
}

/// Whom a result is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A person.
    Text,
    /// A program.
    Json,
}

impl Format {
    /// From a `--json` switch.
    pub const fn of_switch(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

impl Terminal<'_> {
    /// Writes a result, a newline behind it.
    ///
    /// # Errors
    /// The stream is closed.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Writes a result as one line of JSON.
    ///
    /// # Errors
    /// The stream is closed.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(Failure::failed)?;
        self.line(text)
    }

    /// The first line of the standard input, without its end.
    ///
    /// # Errors
    /// Nothing was piped in, or it is no text.
    pub fn secret_line(&mut self) -> Result<Secret, Failure> {
        let mut line = String::new();
        let mut bounded = std::io::BufReader::new(self.input.take(LONGEST_LINE_BYTES));
        bounded
            .read_line(&mut line)
            .map_err(|_| Failure::usage("the standard input holds no line of text"))?;
        let length = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(length);
        if line.is_empty() {
            Err(Failure::usage("the standard input is empty"))
        } else {
            Ok(Secret::from(line))
        }
    }
}
