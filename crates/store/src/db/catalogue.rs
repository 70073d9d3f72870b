//! The live columns of a database, for comparison with what is declared.
//!
//! Promises: every table of the schema is listed, except the drivers' own two, which hold no personal data:
//! `schema_migration` and (PostgreSQL) `purged_day`. Day tables on PostgreSQL are listed apart.

use policy::inventory::{Kind, LiveColumn, Null};

use super::{Db, DbError, Row, Statement};

pub(super) const TABLES: Statement = Statement::pair(
    "catalogue.tables",
    "SELECT m.name, p.name, p.type, CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN 0 ELSE 1 END \
     FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
     WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' ORDER BY m.name, p.name",
    "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), (NOT a.attnotnull) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relispartition \
     AND c.relname !~ '_day_[0-9]+$' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2",
);

pub(super) const DAY_TABLES: Statement = Statement::pair(
    "catalogue.day_tables",
    TABLES.sqlite,
    "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), (NOT a.attnotnull) \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'p' \
     AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2",
);

/// Tables of the drivers themselves.
const OWN: [&str; 2] = [super::migrate::TABLE, crate::days::PURGED_TABLE];

impl Db {
    /// The columns of all tables, by table and name. On PostgreSQL without the partitioned day tables.
    pub async fn catalogue(&self) -> Result<Vec<LiveColumn>, DbError> {
        columns(&self.query(&TABLES, Vec::new()).await?)
    }

    /// The columns of the day tables that share this PostgreSQL database; in a SQLite day file, of all tables.
    pub(crate) async fn day_catalogue(&self) -> Result<Vec<LiveColumn>, DbError> {
        columns(&self.query(&DAY_TABLES, Vec::new()).await?)
    }
}

fn columns(rows: &[Row]) -> Result<Vec<LiveColumn>, DbError> {
    let mut columns = Vec::with_capacity(rows.len());
    for row in rows {
        let table = row.text(0)?;
        if OWN.contains(&table) {
            continue;
        }
        columns.push(LiveColumn {
            table: table.to_owned(),
            column: row.text(1)?.to_owned(),
            kind: Kind::from_sql_type(row.text(2)?),
            null: if row.boolean(3)? { Null::Allowed } else { Null::Never },
        });
    }
    Ok(columns)
}
