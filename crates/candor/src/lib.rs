//! The Candor program.
