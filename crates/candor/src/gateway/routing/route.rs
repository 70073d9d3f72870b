//! One place that serves a model, and what is known of how it does at the moment.

use crate::config::limits::Upstream;
use crate::gateway::Gateway;
use crate::gateway::providers::{Http, Provider, SentKeys};
use crate::gateway::rest::{Began, Breaker, Rest};
use base::clock::Clock;
use std::sync::Arc;
use std::time::Duration;

/// One place that serves a model.
pub struct Route {
    /// Who serves it.
    pub provider: Arc<Provider>,
    /// What the provider calls it.
    pub model: String,
    breaker: Breaker,
    /// Of each of the provider's keys, at this model alone: providers count requests by model.
    limited: Box<[Rest]>,
}

/// Whose fault it is that a try gave no answer, and with it what rests and who is tried next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request's own: it would be wrong everywhere.
    Request,
    /// Nobody's that a rest would mend: the provider has no such model, for instance.
    Place,
    /// The provider is down, slow, or answered what is no answer.
    Route,
    /// The provider knows the key no more, or has no money from it.
    Key,
    /// The provider lets this key do no more at this model, for so long if it said that.
    Limit(Option<Duration>),
}

impl Route {
    /// A route that was not tried yet.
    pub fn new(provider: Arc<Provider>, model: String) -> Self {
        let keys = provider.http().map_or(1, |http| http.keys().count());
        Self {
            provider,
            model,
            breaker: Breaker::default(),
            limited: (0..keys).map(|_| Rest::default()).collect(),
        }
    }

    /// How many keys it can be tried with.
    pub(super) fn keys(&self) -> usize {
        self.limited.len()
    }

    /// Would a request do well there, as far as is known? After a rest, one is let in.
    pub(super) fn lets_in(&self, clock: &dyn Clock, limits: &Upstream) -> bool {
        self.breaker.lets_in(clock, limits)
    }

    /// The key whose turn it is, of those that don't rest and were not `tried` (a bit each).
    pub(super) fn fresh_key(&self, tried: u32, clock: &dyn Clock) -> Option<usize> {
        let is_fresh = |key: &usize| {
            let all = self.sent_keys();
            tried & (1 << key) == 0
                && self.limited[*key].is_over(clock)
                && all.is_none_or(|all| !all.rests(*key, clock))
        };
        let (first, count) = (self.any_key(), self.keys());
        (0..count).map(|after| (first + after) % count).find(is_fresh)
    }

    /// The key whose turn it is, however it does.
    pub(super) fn any_key(&self) -> usize {
        self.sent_keys().map_or(0, SentKeys::turn)
    }

    /// It answered, if only by a refusal of the request.
    pub(super) fn answered(&self) {
        self.breaker.succeeded();
    }

    /// A try with this key gave no answer.
    pub(super) fn failed(&self, gateway: &Gateway, key: usize, fault: Fault) {
        let (clock, limits) = (&*gateway.clock, &gateway.upstream);
        let began = match fault {
            Fault::Request | Fault::Place => {
                self.answered();
                return;
            }
            Fault::Route => (self.breaker.failed(clock, limits) == Began::Yes).then_some("route"),
            Fault::Key => {
                let rest = self.sent_keys().and_then(|keys| keys.rest(key));
                rest.map(|rest| rest.begin(clock, limits.rest_time)).map(|()| "key")
            }
            Fault::Limit(asked) => {
                self.answered();
                let span = asked.unwrap_or(limits.rest_time).min(limits.rest_longest);
                self.limited[key].begin(clock, span);
                Some("key")
            }
        };
        if let Some(what) = began {
            gateway.meters.rests(&self.provider.name, what);
        }
    }

    fn sent_keys(&self) -> Option<&SentKeys> {
        self.provider.http().map(Http::keys)
    }
}
