//! Candor's own addresses below `/v1`: the key that asks, and receipts.

pub(super) mod key;
pub(super) mod receipts;
