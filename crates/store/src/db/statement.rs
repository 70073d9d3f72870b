//! SQL as constants: one text for both databases, or a pair side by side where they differ.
//!
//! Promises: a parameter `$2` means the second value on both databases. SQLite binds `$n` by first appearance, so that
//! `SELECT $2||$1` would swap its arguments; the text is rewritten to `?n` once and remembered.
//! Leaves out: building SQL at run time. A statement is a constant, so that a test can prepare all of them.

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use super::Dialect;

/// One SQL statement with the name under which it shows in errors and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// For people and figures: `accounts.freeze`.
    pub name: &'static str,
    /// As written for SQLite, with `$1`.
    pub sqlite: &'static str,
    /// As written for PostgreSQL, with `$1`.
    pub postgres: &'static str,
}

impl Statement {
    /// A statement in the common subset of both databases.
    #[must_use]
    pub const fn common(name: &'static str, sql: &'static str) -> Self {
        Self {
            name,
            sqlite: sql,
            postgres: sql,
        }
    }

    /// A statement that has to differ. Pairs are counted: prefer [`Statement::common`].
    #[must_use]
    pub const fn pair(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres }
    }

    /// Whether the two texts differ.
    #[must_use]
    pub fn is_pair(&self) -> bool {
        self.sqlite != self.postgres
    }

    /// The text as written for `dialect`.
    #[must_use]
    pub const fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    /// The text as SQLite gets it, and whether it only reads.
    pub(crate) fn for_sqlite(&self) -> Rewritten {
        static KNOWN: OnceLock<RwLock<HashMap<(usize, usize), Rewritten>>> = OnceLock::new();
        let key = (self.sqlite.as_ptr().addr(), self.sqlite.len());
        let known = KNOWN.get_or_init(RwLock::default);
        if let Some(found) = known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *found;
        }
        let rewritten = rewrite(self.sqlite);
        known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, rewritten);
        rewritten
    }
}

/// A statement's text for SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rewritten {
    pub(crate) sql: &'static str,
    pub(crate) access: Access,
}

/// Which kind of connection a statement needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Reads,
    Writes,
}

fn rewrite(sql: &'static str) -> Rewritten {
    let access = access(sql);
    // Leaked once for each constant of the program, so the sum is bounded by the program's text.
    let sql = if sql.contains('$') {
        Box::leak(number_parameters(sql).into_boxed_str())
    } else {
        sql
    };
    Rewritten { sql, access }
}

/// `$1` becomes `?1`, except in quotes and comments.
fn number_parameters(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.char_indices().peekable();
    let mut quote: Option<char> = None;
    let mut comment = false;
    while let Some((at, character)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match quote {
            _ if comment => comment = character != '\n',
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if character == '\'' || character == '"' => quote = Some(character),
            None if sql[at..].starts_with("--") => comment = true,
            None if character == '$' && next.is_some_and(|next| next.is_ascii_digit()) => {
                out.push('?');
                continue;
            }
            None => {}
        }
        out.push(character);
    }
    out
}

/// Reads are SELECT, VALUES and WITH without a word that writes. A wrong "writes" costs a turn on the writer; a wrong
/// "reads" can't happen unnoticed, because reading connections refuse to write.
fn access(sql: &str) -> Access {
    let mut words = sql
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty());
    let is = |word: &str, keywords: &[&str]| keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
    match words.next() {
        Some(first) if is(first, &["SELECT", "VALUES", "WITH"]) => {
            if words.any(|word| is(word, &["INSERT", "UPDATE", "DELETE", "REPLACE"])) {
                Access::Writes
            } else {
                Access::Reads
            }
        }
        _ => Access::Writes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_and_quotes_and_comments_are_left_alone() {
        assert_eq!(number_parameters("SELECT $2||$1"), "SELECT ?2||?1");
        assert_eq!(
            number_parameters("SELECT '$1', \"$2\", $12"),
            "SELECT '$1', \"$2\", ?12"
        );
        assert_eq!(
            number_parameters("SELECT 'it''s $1' -- $2\n, $3"),
            "SELECT 'it''s $1' -- $2\n, ?3"
        );
        assert_eq!(
            number_parameters("SELECT 'ä$1' || $1 || '€'"),
            "SELECT 'ä$1' || ?1 || '€'"
        );
        assert_eq!(number_parameters("SELECT $name"), "SELECT $name");
    }

    #[test]
    fn a_statement_is_rewritten_once() {
        const ONE: Statement = Statement::common("one", "SELECT $1 AS once");
        assert!(std::ptr::eq(ONE.for_sqlite().sql, ONE.for_sqlite().sql));
        assert_eq!(ONE.for_sqlite().sql, "SELECT ?1 AS once");
        assert_eq!(ONE.postgres, "SELECT $1 AS once");
    }

    #[test]
    fn reads_and_writes_are_told_apart() {
        for sql in [
            "SELECT updated_at FROM t",
            "  select 1",
            "VALUES (1)",
            "WITH a AS (SELECT 1) SELECT * FROM a",
        ] {
            assert_eq!(access(sql), Access::Reads, "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1) RETURNING id",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "CREATE TABLE t (a INTEGER)",
        ] {
            assert_eq!(access(sql), Access::Writes, "{sql}");
        }
    }
}
