//! Limits that clients expect: requests and tokens a span, requests at once, of a key, an account, an organisation, a model and an
//! end user.
//!
//! Promises: nothing waits and nothing is stored; where no limit is set, nothing is done but seeing that; a request is under way
//! until its permit is dropped, whatever becomes of it; tokens are counted by estimate before a provider is asked and by use
//! when the answer has ended; what a client is told of a limit is read from the same counts. An end user is a digest from here
//! on, under a key that lives and dies with the process.
//! Leaves out: what several processes let through together. Each counts its own.

pub mod headers;
mod table;
mod window;

pub use table::{Full, Kind, Left, Standing};

use self::headers::Told;
use crate::config;
use crate::people::keys::Caller;
use base::clock::Clock;
use base::ids::OrgId;
use base::limits::Limits;
use base::random::{self, Random};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use table::{Subject, Table};

/// Who is limited, by how much, and what they used.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    account: Limits,
    organisation: Limits,
    end_user: Limits,
    end_user_places: NonZeroU32,
    counted: Arc<Counted>,
}

/// What was used: the same when the limits change.
pub struct Counted {
    table: Table,
    /// Under which end users become digests.
    key: [u8; 32],
}

impl Counted {
    /// Nobody used anything yet.
    pub fn new(random: &dyn Random) -> Self {
        Self {
            table: Table::default(),
            key: random::bytes(random),
        }
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Whose.
    pub whose: Kind,
    /// Which.
    pub full: Full,
}

impl Limiter {
    /// By the limits of a configuration.
    pub fn new(config: &config::limits::Limits, counted: Arc<Counted>, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            account: config.rate_account.unwrap_or_default(),
            organisation: config.rate_organisation.unwrap_or_default(),
            end_user: config.rate_end_user.unwrap_or_default(),
            end_user_places: config.rate_end_user_places,
            counted,
        }
    }

    /// Counts a request of a caller, and lets the answer tell of their limits. `None` where nothing of theirs is limited.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn admit(self: &Arc<Self>, caller: &Arc<Caller>, tell: &mut Told) -> Result<Option<Permit>, Exceeded> {
        if caller.options.limits.is_none() && self.account.is_none() && self.organisation.is_none() {
            return Ok(None);
        }
        let mut permit = Permit::new(Arc::clone(self), Arc::clone(caller));
        tell.of(permit.whom());
        permit.enter(Step::Caller)?;
        Ok(Some(permit))
    }

    /// The digest of an end user, where they are limited.
    pub fn end_user(&self, org: OrgId, user: Option<&str>) -> Option<EndUser> {
        let user = user.filter(|_| !self.end_user.is_none())?;
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.counted.key).expect("HMAC takes keys of any length");
        mac.update(org.as_bytes());
        mac.update(user.as_bytes());
        let digest = first_half(&mac.finalize().into_bytes());
        let places = self.end_user_places;
        Some(EndUser(self.counted.table.place_of(
            digest,
            org,
            places,
            self.clock.monotonic(),
        )))
    }

    /// How a key stands by itself.
    pub fn standing_of_key(&self, caller: &Caller) -> Standing {
        let limits = &caller.options.limits;
        self.counted.table.standing(key(caller), limits, self.clock.monotonic())
    }
}

/// An end user: a digest, and nothing that could be read.
#[derive(Debug, Clone, Copy)]
pub struct EndUser(Subject);

/// Everybody whose limits a request is counted against.
#[derive(Clone)]
pub struct Whom {
    limiter: Arc<Limiter>,
    caller: Arc<Caller>,
    model: Option<(Subject, Limits)>,
    end_user: Option<Subject>,
}

/// Who is known at which stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// From the beginning: key, account, organisation.
    Caller,
    /// Once the body was read: model, end user.
    Request,
}

impl Whom {
    fn of_step(&self, step: Step) -> impl Iterator<Item = (Subject, &Limits)> {
        let (caller, limiter) = (&*self.caller, &*self.limiter);
        let all = match step {
            Step::Caller => [
                Some((key(caller), &caller.options.limits)),
                Some((subject(Kind::Account, caller.account.as_bytes()), &limiter.account)),
                Some((
                    subject(Kind::Organisation, caller.org.as_bytes()),
                    &limiter.organisation,
                )),
            ],
            Step::Request => [
                self.model.as_ref().map(|(model, limits)| (*model, limits)),
                self.end_user.map(|end_user| (end_user, &limiter.end_user)),
                None,
            ],
        };
        all.into_iter().flatten().filter(|(_, limits)| !limits.is_none())
    }

    fn all(&self) -> impl Iterator<Item = (Subject, &Limits)> {
        self.of_step(Step::Caller).chain(self.of_step(Step::Request))
    }

    /// The tightest of all limits, each kind by itself.
    pub fn standing(&self) -> Standing {
        let now = self.limiter.clock.monotonic();
        let standings = self
            .all()
            .map(|(subject, limits)| self.limiter.counted.table.standing(subject, limits, now));
        standings.fold(Standing::default(), |tightest, one| Standing {
            requests: tighter(tightest.requests, one.requests),
            tokens: tighter(tightest.tokens, one.tokens),
            at_once: tightest.at_once.max(one.at_once),
        })
    }
}

fn tighter(one: Option<Left>, other: Option<Left>) -> Option<Left> {
    let both = one.into_iter().chain(other);
    both.min_by_key(|left| (left.left, std::cmp::Reverse(left.reset)))
}

/// A request that was let in. Dropping it ends the request.
pub struct Permit {
    whom: Whom,
    /// Who counts it as under way.
    entered: [bool; 2],
    /// Tokens that were counted by estimate.
    reserved: Option<u64>,
}

impl Permit {
    /// For a request that nobody counts yet.
    pub fn new(limiter: Arc<Limiter>, caller: Arc<Caller>) -> Self {
        let whom = Whom {
            limiter,
            caller,
            model: None,
            end_user: None,
        };
        Self {
            whom,
            entered: [false; 2],
            reserved: None,
        }
    }

    /// Everybody whose limits it is counted against.
    pub fn whom(&self) -> &Whom {
        &self.whom
    }

    /// Counts the request for its model and its end user, too.
    ///
    /// # Errors
    /// A limit of theirs is reached.
    pub fn read(&mut self, model: (&str, Limits), end_user: Option<EndUser>) -> Result<(), Exceeded> {
        let (name, limits) = model;
        self.whom.model = (!limits.is_none()).then(|| (self::model(name), limits));
        self.whom.end_user = end_user.map(|EndUser(subject)| subject);
        let entered = self.enter(Step::Request);
        if entered.is_err() {
            self.turn_away();
        }
        entered
    }

    fn enter(&mut self, step: Step) -> Result<(), Exceeded> {
        let table = &self.whom.limiter.counted.table;
        let now = self.whom.limiter.clock.monotonic();
        for (at, (subject, limits)) in self.whom.of_step(step).enumerate() {
            if let Err(full) = table.enter(subject, limits, now) {
                self.whom
                    .of_step(step)
                    .take(at)
                    .for_each(|(subject, _)| table.undo(subject, now));
                let whose = subject.kind;
                return Err(Exceeded { whose, full });
            }
        }
        self.entered[step as usize] = true;
        Ok(())
    }

    /// Counts the tokens that the request may use. Any room will do: what is used beyond it is paid off before the next request,
    /// so that a request that may use more than the limit has its turn, too.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn reserve(&mut self, tokens: u64) -> Result<(), Exceeded> {
        match self.count(tokens) {
            Ok(()) => self.reserved = Some(tokens),
            Err(exceeded) => {
                self.turn_away();
                return Err(exceeded);
            }
        }
        Ok(())
    }

    fn count(&self, tokens: u64) -> Result<(), Exceeded> {
        let table = &self.whom.limiter.counted.table;
        let now = self.whom.limiter.clock.monotonic();
        for (at, (subject, limits)) in self.whom.all().enumerate() {
            let Some(rate) = limits.tokens else { continue };
            if let Err(full) = table.reserve(subject, rate, tokens, now) {
                correct(table, self.whom.all().take(at), (tokens, 0), now);
                let whose = subject.kind;
                return Err(Exceeded { whose, full });
            }
        }
        Ok(())
    }

    /// One limit refused the request: no other one counts it.
    fn turn_away(&mut self) {
        let table = &self.whom.limiter.counted.table;
        let now = self.whom.limiter.clock.monotonic();
        for step in [Step::Caller, Step::Request] {
            if std::mem::take(&mut self.entered[step as usize]) {
                self.whom
                    .of_step(step)
                    .for_each(|(subject, _)| table.undo(subject, now));
            }
        }
    }

    /// The request ended and used so many tokens.
    pub fn settle(mut self, used: u64) {
        self.end(used);
    }

    fn end(&mut self, used: u64) {
        let table = &self.whom.limiter.counted.table;
        let now = self.whom.limiter.clock.monotonic();
        if let Some(reserved) = self.reserved.take() {
            correct(table, self.whom.all(), (reserved, used), now);
        }
        for step in [Step::Caller, Step::Request] {
            if std::mem::take(&mut self.entered[step as usize]) {
                self.whom
                    .of_step(step)
                    .for_each(|(subject, _)| table.leave(subject, now));
            }
        }
    }
}

impl Drop for Permit {
    /// Ended without an answer: no tokens were used.
    fn drop(&mut self) {
        self.end(0);
    }
}

fn correct<'l>(
    table: &Table,
    of: impl Iterator<Item = (Subject, &'l Limits)>,
    (reserved, used): (u64, u64),
    now: Duration,
) {
    for (subject, limits) in of {
        if let Some(rate) = limits.tokens {
            table.correct(subject, rate, reserved, used, now);
        }
    }
}

fn key(caller: &Caller) -> Subject {
    subject(Kind::Key, caller.key.as_bytes())
}

fn model(name: &str) -> Subject {
    subject(Kind::Model, &first_half(&Sha256::digest(name.as_bytes())))
}

const fn subject(kind: Kind, id: &[u8; 16]) -> Subject {
    Subject { kind, id: *id }
}

fn first_half(digest: &[u8]) -> [u8; 16] {
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests;
