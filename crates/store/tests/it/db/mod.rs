//! `Db` on both databases.

mod alone;
pub(crate) mod both;
mod hold;
mod limits;
mod migrations;
mod sqlite_file;
mod transactions;
mod values;
