//! Wire formats of the model APIs: readers and writers of bytes, nothing else.
//!
//! Promises: no I/O, no clock, no allocation that the input does not bound; what is only forwarded is never decoded.
//! A reader looks at the few members that Candor acts on, refuses a body in which one of them stands twice, and leaves
//! every other byte alone. Leaves out: HTTP, providers' quirks, prices.

pub mod event_stream;
pub mod openai;
pub mod splice;
