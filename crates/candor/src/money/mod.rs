//! Money: ledger, prices, credit, leases.
