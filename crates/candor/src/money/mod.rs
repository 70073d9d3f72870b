//! Money: ledger, prices, credit, leases.
//!
//! Promises: every posting balances; granted − balance = Σ costs to the micro-unit; credit can't be overdrawn, by no number
//! of requests or processes; the books hold no request id, no API key and no time finer than the day.
//! Leaves out: payments, invoices and taxes, which come with their own issue; who an organisation is (people).

pub mod book;
pub mod credit;
pub mod prices;
