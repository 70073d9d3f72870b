//! A transaction on the one writer.
//!
//! Promises: it owns the writer's turn from `BEGIN IMMEDIATE` until it is committed or rolled back; dropping it rolls
//! back; a statement that comes after SQLite itself rolled back (disk full, stopped in the middle) is refused instead
//! of running alone.

use super::lane::Turn;
use crate::db::{DbError, Row, Statement, Value};

pub(in crate::db) struct SqliteTx {
    turn: Option<Turn>,
}

impl SqliteTx {
    pub(super) async fn begin(turn: Turn, name: &'static str) -> Result<Self, DbError> {
        // Built first, so that a future dropped while it begins rolls back as well.
        let tx = Self { turn: Some(turn) };
        tx.turn()?.run(name, move |session| session.begin(name)).await?;
        Ok(tx)
    }

    pub(in crate::db) async fn query(&self, statement: &Statement, values: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let (name, sql) = (statement.name, statement.for_sqlite().sql);
        let job = move |session: &mut super::connection::Session| {
            session.inside(name)?;
            session.query(name, sql, &values)
        };
        self.turn()?.run(name, job).await
    }

    pub(in crate::db) async fn execute(&self, statement: &Statement, values: Vec<Value>) -> Result<u64, DbError> {
        self.execute_many(statement, vec![values]).await
    }

    pub(in crate::db) async fn execute_many(
        &self,
        statement: &Statement,
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, DbError> {
        let (name, sql) = (statement.name, statement.for_sqlite().sql);
        let job = move |session: &mut super::connection::Session| {
            session.inside(name)?;
            session.execute_many(name, sql, &rows)
        };
        self.turn()?.run(name, job).await
    }

    /// Without a time limit: a migration may rewrite a table.
    pub(in crate::db) async fn batch(&self, name: &'static str, sql: String) -> Result<(), DbError> {
        let job = move |session: &mut super::connection::Session| {
            session.inside(name)?;
            session.batch(name, &sql)
        };
        self.turn()?.run_unlimited(name, job).await
    }

    pub(in crate::db) async fn commit(mut self, name: &'static str) -> Result<(), DbError> {
        let result = self.turn()?.run(name, move |session| session.commit(name)).await;
        // The job has committed or rolled back, so nothing is left for `Drop`.
        if result.is_ok() {
            self.turn = None;
        }
        result
    }

    /// Nothing can be done about a rollback that fails: the next turn finds and ends what is left.
    pub(in crate::db) async fn roll_back(mut self) {
        if let Some(turn) = self.turn.take() {
            let _logged = turn.run("roll back", super::connection::Session::roll_back).await;
        }
    }

    fn turn(&self) -> Result<&Turn, DbError> {
        self.turn.as_ref().ok_or(DbError::Closed)
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.finish(|session| {
                let _logged = session.roll_back();
            });
        }
    }
}
