//! Where a database is: a file, or a PostgreSQL server.
//!
//! Promises: `Debug` and errors never show a password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use base::secret::Secret;

use super::{DbError, postgres};

/// The address of a database.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// `sqlite:path/to/file`.
    Sqlite(PathBuf),
    /// `postgres://user:password@host:port/database`; kept whole, because it holds a password.
    Postgres(Secret),
}

/// Machines other than this one on which a database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// Their names, as the address says them.
    pub hosts: Vec<String>,
    /// Is the way there encrypted? Only `sslmode=disable` in the address turns it off.
    pub is_encrypted: bool,
}

impl DatabaseUrl {
    /// Where data goes that is written to it; none if that is this machine.
    ///
    /// # Errors
    /// The address can't be understood.
    pub fn beyond(&self) -> Result<Option<Beyond>, DbError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(address) => postgres::beyond(address),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = DbError;

    fn from_str(text: &str) -> Result<Self, DbError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(DbError::Url(
                    "a SQLite address is `sqlite:` and the path of a file".to_owned(),
                ));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Secret::new(text.to_owned())));
        }
        Err(DbError::Url(
            "a database's address begins with `postgres://` or `sqlite:`".to_owned(),
        ))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://<redacted>"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database_and_a_password_is_never_shown() {
        let postgres: DatabaseUrl = "postgres://candor:hunter2@db.example/candor".parse().unwrap();
        assert_eq!(format!("{postgres:?}"), "postgres://<redacted>");
        let sqlite: DatabaseUrl = "sqlite:data/main.db".parse().unwrap();
        assert_eq!(format!("{sqlite:?}"), "sqlite:data/main.db");
        let error = "mysql://candor:hunter2@db".parse::<DatabaseUrl>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert!("sqlite:".parse::<DatabaseUrl>().is_err());
    }
}
