//! `Db` on both databases.

mod both;
mod transactions;
