//! Wire formats of the model APIs: readers and writers of bytes, nothing else.
//!
//! Two ways through it. **Passing through**, where client and provider speak one format: a reader looks at the few
//! members that Candor acts on, refuses a body in which one of them stands twice, and leaves every other byte alone
//! ([`openai::chat::request`], [`passing`], [`splice`]).
//! **Translating**, where they don't: a reader makes the [`neutral`] form, a writer says it in the other format, and
//! [`feature`] decides what becomes of that which can't be said ([`translate`] is the way in).
//!
//! Promises: no I/O, no clock, no allocation that the input does not bound, no recursion over the input, no panic;
//! unknown members and unknown values survive within a format. Leaves out: HTTP, prices.

pub mod anthropic;
mod base64;
pub mod dialect;
pub mod event_stream;
pub mod feature;
pub mod json;
pub mod loss;
pub mod neutral;
pub mod openai;
pub mod passing;
pub mod pieces;
pub mod problem;
pub mod splice;
pub mod translate;
pub mod wanted;
