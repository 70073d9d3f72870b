//! The model APIs: one pipeline of stages, the APIs that clients speak, the providers behind them.
//!
//! Promises: nothing on a request's path waits for a disk or a database in the steady state; what is only forwarded is not
//! parsed; every answer that was delivered is recorded once; whoever is refused learns why in the format of their client.
//! Leaves out: accounts and books (below, used through their types), pages.

pub mod answer;
pub mod api;
pub mod apis;
pub mod bodies;
pub mod budget;
mod build;
pub mod call;
pub mod codes;
pub mod controls;
pub mod counting;
pub mod deadlines;
pub mod heavy;
pub mod joined;
pub mod journal;
pub mod lasting;
pub mod limits;
pub mod listener;
pub mod meter;
pub mod meters;
pub mod pipeline;
pub mod providers;
pub mod refusal;
pub mod request;
pub mod rest;
pub mod routing;
pub mod stages;
pub mod turns;
pub mod upload;
mod usage;

pub use build::{BuildError, Parts};

use self::bodies::Bodies;
use self::budget::Budget;
use self::counting::Counting;
use self::heavy::Heavy;
use crate::config::limits::{Limits, Upstream};
use crate::filter::Screen;
use crate::money::credit::Credit;
use crate::people::keys::Callers;
use crate::privacy::gate::Gate;
use base::clock::Clock;
use base::money::Currency;
use base::random::{self, Random};
use base::time::Day;
use hmac::{Hmac, KeyInit, Mac};
use journal::Journal;
use limits::Limiter;
use meters::Meters;
use policy::Days;
use routing::Catalogue;
use sha2::Sha256;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use store::keys::Keys;
use store::spool::Spool;

/// Bytes of an end user's pseudonym.
const PSEUDONYM_BYTES: usize = 16;

/// Everything that a model request meets, by one configuration; shared, immutable but for what its parts do inside. A reload
/// makes another one, and requests under way keep theirs.
pub struct Gateway {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) callers: Arc<Callers>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) spool: Arc<Spool>,
    pub(crate) credit: Arc<Credit>,
    pub(crate) catalogue: Catalogue,
    pub(crate) screen: Screen,
    pub(crate) limits: Limits,
    pub(crate) upstream: Upstream,
    pub(crate) limiter: Arc<Limiter>,
    /// Of tries besides the first.
    pub(crate) retries: Budget,
    pub(crate) currency: Currency,
    pub(crate) meters: Arc<Meters>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) heavy: Arc<Heavy>,
    pub(crate) counting: Arc<Counting>,
    /// Days that the generation log is promised to live; none is kept if `None`.
    generation_log: Option<Days>,
    draining: Arc<AtomicBool>,
    /// Key of today's pseudonyms of end users; in memory only, so that yesterday's mean nothing.
    end_users: Arc<Mutex<(Day, [u8; 32])>>,
}

impl Gateway {
    /// From now on new requests are refused; those under way go on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn keeps_a_generation_log(&self) -> bool {
        self.generation_log.is_some()
    }

    /// What a provider reads in place of the customer's own id of an end user: differs by provider and by day.
    pub(crate) fn end_user(&self, journal: &Journal, provider: &str, user: &str) -> String {
        let subject = journal.subject();
        let key = self.key_of_end_users(subject.arrived.at.day());
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("HMAC takes keys of any length");
        for part in [provider.as_bytes(), subject.caller.org.as_bytes(), user.as_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize()
            .into_bytes()
            .iter()
            .take(PSEUDONYM_BYTES)
            .fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("writing into a string does not fail");
                text
            })
    }

    fn key_of_end_users(&self, today: Day) -> [u8; 32] {
        let mut held = self.end_users.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != today {
            *held = (today, random::bytes(&*self.random));
        }
        held.1
    }
}
