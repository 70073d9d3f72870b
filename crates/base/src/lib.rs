//! What every other crate may know: time, randomness, ids, money, secrets, sizes and logging.
//!
//! Promises: no value here knows anything of Candor's domains; nothing reads the system clock or the system's
//! randomness except [`clock::SystemClock`] and [`random::SystemRandom`]; amounts are integers.
//! Leaves out: metrics (their names belong to the program), any I/O but the log line.

pub mod clock;
pub mod decimal;
pub mod ids;
pub mod limits;
pub mod money;
pub mod planted;
pub mod random;
pub mod secret;
pub mod size;
pub mod span;
pub mod telemetry;
pub mod time;
pub mod unit;
