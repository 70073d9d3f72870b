//! Secrets in the configuration: inline, from a variable of the environment, or from a file.

use std::fmt;
use std::num::NonZeroU32;
use std::path::Path;

use base::secret::Secret;

use super::sources::Sources;
use super::value::{Raw, Value, weight};

/// A secret and where it comes from. A variable or file that is missing is only an error for who needs the secret, so that an
/// operator's command works in a shell that lacks a provider's key.
#[derive(Clone)]
pub struct Credential {
    source: Source,
    secret: Result<Secret, String>,
}

#[derive(Clone)]
enum Source {
    Inline,
    Variable(String),
    File(String),
}

impl Credential {
    /// The secret.
    ///
    /// # Errors
    /// A sentence that names the missing variable or file.
    pub fn secret(&self) -> Result<&Secret, &str> {
        self.secret.as_ref().map_err(String::as_str)
    }

    fn of_variable(name: &str, sources: &Sources) -> Self {
        let secret = sources.environment.get(name).filter(|text| !text.is_empty());
        let secret = secret.map(|text| Secret::from(text.as_str()));
        Self {
            source: Source::Variable(name.to_owned()),
            secret: secret.ok_or_else(|| format!("the environment has no variable {name}")),
        }
    }

    fn of_file(path: &str, sources: &Sources) -> Self {
        let secret = (sources.read_file)(Path::new(path)).map(|text| Secret::from(text.trim_end_matches(['\r', '\n'])));
        Self {
            source: Source::File(path.to_owned()),
            secret: secret.map_err(|e| format!("{path} can't be read: {e}")),
        }
    }
}

/// One of several secrets, and how often it is taken.
#[derive(Debug, Clone)]
pub struct WeightedKey {
    /// The secret.
    pub credential: Credential,
    /// Its turns.
    pub weight: NonZeroU32,
}

impl Value for Vec<WeightedKey> {
    const EXPECTS: &'static str = "a list such as [{ env = \"ONE\" }, { file = \"path\", weight = 2 }]";

    fn read(raw: &Raw<'_>, sources: &Sources) -> Result<Self, String> {
        let Raw::List(items) = raw else {
            return Err(raw.described());
        };
        items.iter().map(|item| WeightedKey::read(item, sources)).collect()
    }

    fn write(&self) -> String {
        let keys: Vec<String> = self.iter().map(WeightedKey::write).collect();
        format!("[{}]", keys.join(", "))
    }
}

impl WeightedKey {
    fn read(raw: &Raw<'_>, sources: &Sources) -> Result<Self, String> {
        let (rest, weight) = match raw {
            Raw::Table(entries) => {
                let weight = weight(entries)?;
                let rest = entries.iter().filter(|(name, _)| *name != "weight");
                (Raw::Table(rest.cloned().collect()), weight)
            }
            other => (other.clone(), None),
        };
        Ok(Self {
            credential: Credential::read(&rest, sources)?,
            weight: weight.unwrap_or(NonZeroU32::MIN),
        })
    }

    fn write(&self) -> String {
        let written = self.credential.write();
        match written.strip_suffix(" }") {
            Some(table) if self.weight > NonZeroU32::MIN => format!("{table}, weight = {} }}", self.weight),
            _ => written,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write())
    }
}

impl Value for Credential {
    const EXPECTS: &'static str = "the secret in quotes, { env = \"NAME\" } or { file = \"path\" }";

    fn read(raw: &Raw<'_>, sources: &Sources) -> Result<Self, String> {
        match raw {
            Raw::Text("") | Raw::Variable("") => Err("the secret is empty".to_owned()),
            Raw::Text(text) | Raw::Variable(text) => Ok(Self {
                source: Source::Inline,
                secret: Ok(Secret::from(*text)),
            }),
            Raw::Table(entries) => match entries.as_slice() {
                [("env", Raw::Text(name))] => Ok(Self::of_variable(name, sources)),
                [("file", Raw::Text(path))] => Ok(Self::of_file(path, sources)),
                _ => Err("the table doesn't say where the secret is".to_owned()),
            },
            _ => Err("this is no secret".to_owned()),
        }
    }

    fn write(&self) -> String {
        match &self.source {
            Source::Inline => "\"<redacted>\"".to_owned(),
            Source::Variable(name) => format!("{{ env = {name:?} }}"),
            Source::File(path) => format!("{{ file = {path:?} }}"),
        }
    }
}
