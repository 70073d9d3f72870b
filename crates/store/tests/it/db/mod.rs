//! `Db` on both databases.

mod alone;
pub(crate) mod both;
mod limits;
mod migrations;
mod sqlite_file;
mod transactions;
mod values;
