//! PostgreSQL's errors in our words, without values.

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError as ServerError, SqlState};

use crate::db::options::DbOptions;
use crate::db::{DbError, Rule};

/// The word that marks a plan made before a migration; the connection that holds it is of no more use.
const STALE_PLAN: &str = "a plan from before a migration";

pub(super) fn is_stale_plan(error: &DbError) -> bool {
    matches!(error, DbError::Conflict { cause, .. } if cause == STALE_PLAN)
}

pub(super) fn lost(error: &PoolError) -> DbError {
    match error {
        PoolError::Closed => DbError::Closed,
        PoolError::Timeout(_) => DbError::Unavailable {
            cause: "no connection became free in time".to_owned(),
        },
        PoolError::Backend(error) => DbError::Unavailable {
            cause: without_values(error),
        },
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => DbError::Unavailable {
            cause: "a new connection refused its settings".to_owned(),
        },
    }
}

pub(super) fn failed(statement: &'static str, error: &Error, options: DbOptions) -> DbError {
    let Some(server) = error.as_db_error() else {
        let cause = without_values(error);
        return if error.is_closed() || error.code().is_none() && is_transport(error) {
            DbError::Unavailable { cause }
        } else {
            DbError::Failed { statement, cause }
        };
    };
    let code = server.code();
    if *code == SqlState::FEATURE_NOT_SUPPORTED && server.message().contains("cached plan") {
        return DbError::Conflict {
            statement,
            cause: STALE_PLAN.to_owned(),
        };
    }
    match code.code() {
        "40001" | "40P01" | "55P03" => DbError::Conflict {
            statement,
            cause: without_values(error),
        },
        "57014" => DbError::TimedOut {
            statement,
            limit: options.statement_limit,
        },
        "57P01" | "57P02" | "57P03" | "53300" => DbError::Unavailable {
            cause: without_values(error),
        },
        other if other.starts_with("23") => DbError::Constraint {
            statement,
            rule: rule(other),
            constraint: constraint(server),
        },
        other if other.starts_with("08") || other.starts_with("53") || other.starts_with("58") => {
            DbError::Unavailable {
                cause: without_values(error),
            }
        }
        _ => DbError::Failed {
            statement,
            cause: without_values(error),
        },
    }
}

/// Class 22 (data exceptions) quotes the value in its message; every other class keeps values to `DETAIL`.
fn without_values(error: &Error) -> String {
    match error.as_db_error() {
        Some(server) if server.code().code().starts_with("22") => {
            format!("{} (a value of the wrong kind)", server.code().code())
        }
        Some(server) => format!("{} {}", server.code().code(), server.message()),
        None => match std::error::Error::source(error) {
            Some(source) if is_transport(error) => format!("{error}: {source}"),
            _ => error.to_string(),
        },
    }
}

/// A conversion error's source names types only, but it is no reason to think that the server is gone.
fn is_transport(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn constraint(server: &ServerError) -> String {
    match (server.constraint(), server.table(), server.column()) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(table), Some(column)) => format!("{table}.{column}"),
        _ => server.code().code().to_owned(),
    }
}

fn rule(code: &str) -> Rule {
    match code {
        "23505" | "23P01" => Rule::Unique,
        "23503" => Rule::Reference,
        "23502" => Rule::NotNull,
        _ => Rule::Check,
    }
}
