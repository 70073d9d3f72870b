//! What of a gateway outlives its configuration: a gateway that a reload makes takes these over from the one before.
//!
//! Promises: counts, keys of pseudonyms, room for bodies, turns of large ones, what is still to be counted and the beginning of the end are the same before and after.

use super::bodies::Bodies;
use super::counting::Counting;
use super::heavy::Heavy;
use super::limits::Counted;
use super::meters::Meters;
use crate::config::Config;
use base::clock::Clock;
use base::random::{self, Random};
use base::time::Day;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Shared by all gateways of a process, one after the other.
#[derive(Clone)]
pub struct Lasting {
    pub(super) meters: Arc<Meters>,
    pub(super) bodies: Arc<Bodies>,
    pub(super) heavy: Arc<Heavy>,
    pub(super) counted: Arc<Counted>,
    pub(super) counting: Arc<Counting>,
    pub(super) draining: Arc<AtomicBool>,
    /// Key of today's pseudonyms of end users; in memory only, so that yesterday's mean nothing.
    pub(super) end_users: Arc<Mutex<(Day, [u8; 32])>>,
}

impl Lasting {
    /// Of a process that starts.
    pub fn new(config: &Config, clock: &dyn Clock, random: &dyn Random) -> Self {
        Self {
            meters: Arc::new(Meters::new()),
            bodies: Arc::new(Bodies::new(config.limits.bodies.bytes())),
            heavy: Arc::new(Heavy::new()),
            counted: Arc::new(Counted::new(random)),
            counting: Arc::new(Counting::new()),
            draining: Arc::new(AtomicBool::new(false)),
            end_users: Arc::new(Mutex::new((clock.now().day(), random::bytes(random)))),
        }
    }
}
