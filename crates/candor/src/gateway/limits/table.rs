//! What is known of everybody who is limited: in memory, in shards, each behind a short lock.
//!
//! Promises: no allocation for whom it knows; whoever used nothing that still counts leaves within a minute of the next request;
//! end users take up a bounded number of places. One for whom there is none left shares a place, and so one limit, with the
//! others of their organisation: whoever makes up end users gets no further by it, and nobody else's limit is forgotten.

use super::window::Window;
use base::ids::OrgId;
use base::limits::{Limits, Rate};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Locks that nobody has to share but by chance.
const SHARDS: usize = 16;
/// How often each shard looks for whoever may leave.
const SWEEP: Duration = Duration::from_secs(60);

/// Who is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    /// Random, or a digest.
    pub(super) id: [u8; 16],
}

/// What a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An API key.
    Key,
    /// An account: all of its keys.
    Account,
    /// An organisation: all of its accounts.
    Organisation,
    /// A model: everybody who uses it.
    Model,
    /// An end user of an organisation, by a digest.
    EndUser,
    /// The end users of an organisation for whom there was no place.
    OtherEndUsers,
}

/// How one of them stands.
#[derive(Debug, Clone, Default)]
struct State {
    requests: Option<Window>,
    tokens: Option<Window>,
    at_once: u32,
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Too many requests in the span; there is room after this time.
    Requests(Rate, Duration),
    /// Too many tokens in the span; there is room after this time.
    Tokens(Rate, Duration),
    /// Too many requests at once.
    AtOnce(NonZeroU32),
}

/// How much of a rate is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Of how much.
    pub rate: Rate,
    /// How much.
    pub left: u32,
    /// After which time nothing that was used counts any more.
    pub reset: Duration,
}

/// How much of somebody's limits is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Of requests.
    pub requests: Option<Left>,
    /// Of tokens.
    pub tokens: Option<Left>,
    /// Requests under way.
    pub at_once: u32,
}

#[derive(Default)]
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    states: HashMap<Subject, State>,
    end_users: usize,
    swept_at: Duration,
}

impl Table {
    /// Counts a request that begins, if there is room for it.
    pub(super) fn enter(&self, subject: Subject, limits: &Limits, now: Duration) -> Result<(), Full> {
        self.shard(subject, now).state(subject).enter(limits, now)
    }

    /// Undoes [`Table::enter`], for a request that somebody else's limit did not let in.
    pub(super) fn undo(&self, subject: Subject, now: Duration) {
        let mut shard = self.shard(subject, now);
        let state = shard.state(subject);
        state.at_once = state.at_once.saturating_sub(1);
        if let Some(requests) = &mut state.requests {
            requests.refund(1);
        }
    }

    /// Counts tokens that a request may use, if there is any room.
    pub(super) fn reserve(&self, subject: Subject, rate: Rate, tokens: u64, now: Duration) -> Result<(), Full> {
        let mut shard = self.shard(subject, now);
        let window = window(&mut shard.state(subject).tokens, rate, now);
        match window.left() {
            0 => Err(Full::Tokens(rate, window.until_room(now))),
            _ => {
                window.charge(tokens);
                Ok(())
            }
        }
    }

    /// Takes back tokens that were counted and not used; counts those that were used beyond.
    pub(super) fn correct(&self, subject: Subject, rate: Rate, reserved: u64, used: u64, now: Duration) {
        let mut shard = self.shard(subject, now);
        let window = window(&mut shard.state(subject).tokens, rate, now);
        if used < reserved {
            window.refund(reserved - used);
        } else {
            window.charge(used - reserved);
        }
    }

    /// A request ended.
    pub(super) fn leave(&self, subject: Subject, now: Duration) {
        let mut shard = self.shard(subject, now);
        let state = shard.state(subject);
        state.at_once = state.at_once.saturating_sub(1);
    }

    /// How somebody stands.
    pub(super) fn standing(&self, subject: Subject, limits: &Limits, now: Duration) -> Standing {
        let mut shard = self.shard(subject, now);
        let Some(state) = shard.states.get_mut(&subject) else {
            let unused = |rate: Rate| Left {
                rate,
                left: rate.amount.get(),
                reset: Duration::ZERO,
            };
            return Standing {
                requests: limits.requests.map(unused),
                tokens: limits.tokens.map(unused),
                at_once: 0,
            };
        };
        let mut left = |window: fn(&mut State) -> &mut Option<Window>, rate: Rate| {
            let window = self::window(window(state), rate, now);
            Left {
                rate,
                left: window.left(),
                reset: window.until_empty(now),
            }
        };
        Standing {
            requests: limits.requests.map(|rate| left(|state| &mut state.requests, rate)),
            tokens: limits.tokens.map(|rate| left(|state| &mut state.tokens, rate)),
            at_once: state.at_once,
        }
    }

    /// The end user with this digest, or all of the organisation for whom there is none of so many places.
    pub(super) fn place_of(&self, end_user: [u8; 16], org: OrgId, places: NonZeroU32, now: Duration) -> Subject {
        let places = usize::try_from(places.get()).unwrap_or(usize::MAX).div_ceil(SHARDS);
        let subject = Subject {
            kind: Kind::EndUser,
            id: end_user,
        };
        let mut shard = self.shard(subject, now);
        if shard.states.contains_key(&subject) {
            return subject;
        }
        if shard.end_users >= places {
            shard.sweep(now);
        }
        if shard.end_users >= places {
            return Subject {
                kind: Kind::OtherEndUsers,
                id: *org.as_bytes(),
            };
        }
        subject
    }

    /// How many have a place.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).states.len())
            .sum()
    }

    fn shard(&self, subject: Subject, now: Duration) -> MutexGuard<'_, Shard> {
        let at = usize::from(subject.id[subject.id.len() - 1]) % SHARDS;
        let mut shard = self.shards[at].lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(shard.swept_at) >= SWEEP {
            shard.sweep(now);
        }
        shard
    }
}

impl Shard {
    /// Whose place it is; it is made for whoever has none.
    fn state(&mut self, subject: Subject) -> &mut State {
        let end_users = &mut self.end_users;
        self.states.entry(subject).or_insert_with(|| {
            *end_users += usize::from(subject.kind == Kind::EndUser);
            State::default()
        })
    }

    /// Lets go of whoever used nothing that still counts.
    fn sweep(&mut self, now: Duration) {
        self.swept_at = now;
        let end_users = &mut self.end_users;
        self.states.retain(|subject, state| {
            let stays = !state.is_idle(now);
            *end_users -= usize::from(!stays && subject.kind == Kind::EndUser);
            stays
        });
    }
}

impl State {
    fn enter(&mut self, limits: &Limits, now: Duration) -> Result<(), Full> {
        if let Some(most) = limits.concurrent
            && self.at_once >= most.get()
        {
            return Err(Full::AtOnce(most));
        }
        if let Some(rate) = limits.requests {
            let window = window(&mut self.requests, rate, now);
            if window.left() == 0 {
                return Err(Full::Requests(rate, window.until_room(now)));
            }
            window.charge(1);
        }
        self.at_once += 1;
        Ok(())
    }

    fn is_idle(&mut self, now: Duration) -> bool {
        let unused = |window: &mut Option<Window>| {
            window.as_mut().is_none_or(|window| {
                window.pass(now);
                window.is_empty()
            })
        };
        self.at_once == 0 && unused(&mut self.requests) && unused(&mut self.tokens)
    }
}

/// The window of a rate, as it is now.
fn window(place: &mut Option<Window>, rate: Rate, now: Duration) -> &mut Window {
    let window = place.get_or_insert_with(|| Window::new(rate, now));
    window.advance(rate, now);
    window
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use base::random::SeededRandom;

    fn end_user(number: u8) -> [u8; 16] {
        // One shard, so that its places are few.
        let mut id = [0; 16];
        id[0] = number;
        id
    }

    #[test]
    fn end_users_without_a_place_share_one_and_idle_ones_leave_theirs() {
        let table = Table::default();
        let places = NonZeroU32::new(32).unwrap();
        let org = OrgId::new(&SeededRandom::new(1));
        let limits: Limits = "requests=1/m".parse().unwrap();
        let enter = |number: u8, at: Duration| {
            let subject = table.place_of(end_user(number), org, places, at);
            let entered = table.enter(subject, &limits, at);
            if entered.is_ok() {
                table.leave(subject, at);
            }
            (subject.kind, entered.is_ok())
        };
        let at = Duration::from_secs(1);
        assert_eq!(enter(1, at), (Kind::EndUser, true));
        assert_eq!(enter(2, at), (Kind::EndUser, true));
        assert_eq!(enter(3, at), (Kind::OtherEndUsers, true));
        assert_eq!(enter(4, at), (Kind::OtherEndUsers, false));
        assert_eq!(enter(1, at), (Kind::EndUser, false));
        assert_eq!(table.len(), 3);
        let later = at + SWEEP;
        assert_eq!(enter(5, later), (Kind::EndUser, true));
        assert_eq!(table.len(), 2, "the one for the others lies in another shard");
    }

    #[test]
    fn whoever_has_a_request_under_way_keeps_the_place() {
        let table = Table::default();
        let subject = Subject {
            kind: Kind::Key,
            id: [7; 16],
        };
        let limits: Limits = "concurrent=1".parse().unwrap();
        table.enter(subject, &limits, Duration::ZERO).unwrap();
        let later = SWEEP * 10;
        assert!(matches!(table.enter(subject, &limits, later), Err(Full::AtOnce(_))));
        table.leave(subject, later);
        table.enter(subject, &limits, later).unwrap();
    }
}
