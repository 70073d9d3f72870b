//! Records: generation log, usage lines, receipts: what the spool is applied to.
//!
//! Promises: each settled generation is recorded exactly once; in the clear a row holds a random id, its day, its order and a
//! tag that means nothing once the day's key is gone; a day that ended shows nothing, even before it is swept.
//! Leaves out: the postings (money), the spool's files and the day files themselves (`store`).

pub mod closing;
pub mod tables;
