//! Whole tables as they are at one moment, read through a connection of their own beside everyone else.

use base::time::Day;
use policy::inventory::Table;
use tokio::sync::mpsc::Sender;

use super::{Db, DbError, Driver, Value};
use crate::backup::encode;

/// When a chunk is sent: large enough for the disk, small enough for memory.
const CHUNK_BYTES: usize = 256 << 10;

/// A table and the columns to read, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
}

/// Some rows of a table, as bytes.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Which of the shapes.
    pub(crate) table: usize,
    pub(crate) rows: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Shape {
    pub(crate) fn of(table: &Table) -> Self {
        Self {
            table: table.name.to_owned(),
            columns: table.columns.iter().map(|column| column.name.to_owned()).collect(),
        }
    }

    /// Names come from the inventory, which is constants, and from nowhere else.
    pub(super) fn select(&self, day: Option<Day>) -> String {
        let only = day
            .map(|day| format!(" WHERE day = {}", day.number()))
            .unwrap_or_default();
        format!("SELECT {} FROM {}{only}", self.columns.join(", "), self.table)
    }
}

impl Db {
    /// Sends every row of these tables (of one day, where they hold several).
    pub(crate) async fn snapshot(
        &self,
        shapes: Vec<Shape>,
        day: Option<Day>,
        out: Sender<Chunk>,
    ) -> Result<(), DbError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.snapshot(shapes, day, out).await,
            Driver::Postgres(postgres) => postgres.snapshot(&shapes, day, &out).await,
        }
    }
}

/// Gathers rows into chunks.
pub(super) struct Gather {
    chunk: Chunk,
}

impl Gather {
    pub(super) const fn new(table: usize) -> Self {
        Self {
            chunk: Chunk {
                table,
                rows: 0,
                bytes: Vec::new(),
            },
        }
    }

    /// A full chunk, now and then.
    pub(super) fn add(&mut self, row: &[Value]) -> Option<Chunk> {
        encode(row, &mut self.chunk.bytes);
        self.chunk.rows += 1;
        (self.chunk.bytes.len() >= CHUNK_BYTES).then(|| std::mem::replace(self, Self::new(self.chunk.table)).chunk)
    }

    pub(super) fn rest(self) -> Chunk {
        self.chunk
    }
}
