//! Changes of the schema, in order, once.
//!
//! Promises: a step and the note that it was taken are one transaction; a step whose text changed after it was taken,
//! and a database newer than this program, are refused; processes that start together take each step once.
//! Leaves out: going back. A backup does.

use sha2::{Digest, Sha256};

use super::{Db, DbError, Dialect, Statement, Tx};

/// One step, as a pair of texts.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub version: u32,
    /// A few words, as in the file's name.
    pub name: &'static str,
    /// Statements for SQLite.
    pub sqlite: &'static str,
    /// Statements for PostgreSQL.
    pub postgres: &'static str,
}

/// The steps of one schema. Several schemas may share a database: on PostgreSQL the day tables lie beside the main ones.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// The schema's name: `main`, `day`, `keys`.
    pub schema: &'static str,
    /// Its steps by version.
    pub steps: &'static [Migration],
}

/// Why a schema can't be brought up to date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The database was used by a newer program.
    #[error(
        "the schema `{schema}` is at version {found}, and this program knows up to {known}: use the newer program, or restore a backup made with this one"
    )]
    Newer {
        /// The schema.
        schema: &'static str,
        /// The version found.
        found: i64,
        /// The newest version known.
        known: u32,
    },
    /// A step's text is not the one that was run.
    #[error(
        "step {version} ({name}) of the schema `{schema}` was changed after it was taken: write a new step instead"
    )]
    Changed {
        /// The schema.
        schema: &'static str,
        /// The step.
        version: u32,
        /// Its name.
        name: &'static str,
    },
    /// The steps are not numbered 1, 2, 3 …
    #[error("the steps of the schema `{schema}` must be numbered 1, 2, 3 …; {version} stands at place {place}")]
    Numbering {
        /// The schema.
        schema: &'static str,
        /// The number found.
        version: u32,
        /// The number expected.
        place: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Its name is left out of [`Db::catalogue`].
pub(crate) const TABLE: &str = "schema_migration";

/// The advisory lock of all migrations: "candormi" in ASCII.
const LOCK: i64 = 0x6361_6e64_6f72_6d69;

pub(super) const CREATE: Statement = Statement::pair(
    "migrate.create",
    "CREATE TABLE IF NOT EXISTS schema_migration (schema_name TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, \
     checksum BLOB NOT NULL, PRIMARY KEY (schema_name, version)) STRICT",
    "CREATE TABLE IF NOT EXISTS schema_migration (schema_name TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, \
     checksum BYTEA NOT NULL, PRIMARY KEY (schema_name, version))",
);
pub(super) const EXISTS: Statement = Statement::pair(
    "migrate.exists",
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'",
    "SELECT 1 FROM pg_class WHERE oid = to_regclass('schema_migration')",
);
pub(super) const TAKEN: Statement = Statement::common(
    "migrate.taken",
    "SELECT version, checksum FROM schema_migration WHERE schema_name = $1 ORDER BY version",
);
pub(super) const NOTE: Statement = Statement::common(
    "migrate.note",
    "INSERT INTO schema_migration (schema_name, version, name, checksum) VALUES ($1, $2, $3, $4)",
);

/// Takes every step that is missing; how many that were.
pub async fn migrate(db: &Db, migrations: &Migrations) -> Result<usize, MigrateError> {
    let migrations = *migrations;
    if pending(db, &migrations).await?.is_empty() {
        return Ok(0);
    }
    let dialect = db.dialect();
    db.exclusively(LOCK, "migrate", |tx| async move {
        tx.execute(&CREATE, Vec::new()).await?;
        let taken = tx.query(&TAKEN, vec![migrations.schema.into()]).await?;
        let missing = missing(&migrations, &versions(&taken)?, dialect)?;
        for step in missing {
            take(&tx, migrations.schema, step, dialect).await?;
        }
        Ok(missing.len())
    })
    .await
}

/// The steps that are missing, without taking them.
pub async fn pending(db: &Db, migrations: &Migrations) -> Result<&'static [Migration], MigrateError> {
    let taken = match db.query_optional(&EXISTS, Vec::new()).await? {
        Some(_) => versions(&db.query(&TAKEN, vec![migrations.schema.into()]).await?)?,
        None => Vec::new(),
    };
    missing(migrations, &taken, db.dialect())
}

async fn take(tx: &Tx, schema: &'static str, step: &Migration, dialect: Dialect) -> Result<(), DbError> {
    tx.batch(step.name, step.text(dialect)).await?;
    let note = vec![
        schema.into(),
        step.version.into(),
        step.name.into(),
        step.checksum(dialect).into(),
    ];
    tx.execute(&NOTE, note).await?;
    Ok(())
}

fn versions(rows: &[super::Row]) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    rows.iter()
        .map(|row| Ok((row.integer(0)?, row.blob(1)?.to_vec())))
        .collect()
}

fn missing(
    migrations: &Migrations,
    taken: &[(i64, Vec<u8>)],
    dialect: Dialect,
) -> Result<&'static [Migration], MigrateError> {
    let schema = migrations.schema;
    for (place, step) in migrations.steps.iter().enumerate() {
        if usize::try_from(step.version) != Ok(place + 1) {
            return Err(MigrateError::Numbering {
                schema,
                version: step.version,
                place: place + 1,
            });
        }
    }
    for (place, (version, checksum)) in taken.iter().enumerate() {
        let Some(step) = migrations
            .steps
            .get(place)
            .filter(|step| i64::from(step.version) == *version)
        else {
            return Err(MigrateError::Newer {
                schema,
                found: *version,
                known: migrations.steps.last().map_or(0, |step| step.version),
            });
        };
        if step.checksum(dialect)[..] != checksum[..] {
            return Err(MigrateError::Changed {
                schema,
                version: step.version,
                name: step.name,
            });
        }
    }
    Ok(&migrations.steps[taken.len()..])
}

impl Migration {
    const fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn checksum(&self, dialect: Dialect) -> [u8; 32] {
        Sha256::digest(self.text(dialect)).into()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const fn step(version: u32, text: &'static str) -> Migration {
        Migration {
            version,
            name: "a step",
            sqlite: text,
            postgres: text,
        }
    }

    const TWO: Migrations = Migrations {
        schema: "main",
        steps: &[step(1, "a"), step(2, "b")],
    };

    fn taken(steps: &[Migration]) -> Vec<(i64, Vec<u8>)> {
        steps
            .iter()
            .map(|step| (step.version.into(), step.checksum(Dialect::Sqlite).to_vec()))
            .collect()
    }

    #[test]
    fn only_missing_steps_are_left() {
        for (done, left) in [(0, 2), (1, 1), (2, 0)] {
            assert_eq!(
                missing(&TWO, &taken(&TWO.steps[..done]), Dialect::Sqlite)
                    .unwrap()
                    .len(),
                left
            );
        }
    }

    #[test]
    fn a_newer_database_a_changed_step_and_a_gap_are_refused() {
        let newer = taken(&[step(1, "a"), step(2, "b"), step(3, "c")]);
        assert!(matches!(
            missing(&TWO, &newer, Dialect::Sqlite),
            Err(MigrateError::Newer { found: 3, known: 2, .. })
        ));
        let changed = taken(&[step(1, "other")]);
        assert!(matches!(
            missing(&TWO, &changed, Dialect::Sqlite),
            Err(MigrateError::Changed { version: 1, .. })
        ));
        const GAP: &[Migration] = &[step(1, "a"), step(3, "b")];
        let gap = Migrations {
            schema: "main",
            steps: GAP,
        };
        assert!(matches!(
            missing(&gap, &[], Dialect::Sqlite),
            Err(MigrateError::Numbering {
                version: 3,
                place: 2,
                ..
            })
        ));
    }
}
