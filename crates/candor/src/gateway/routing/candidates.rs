//! Whom to try next: a route and one of its provider's keys.
//!
//! Promises: routes come in their order, those that rest last; another key of a route comes before another route where the key alone
//! was at fault; nobody is tried twice with the same key; whoever rests is still tried where nobody else is left, so that a rest
//! never refuses a request. One route with one key costs no count, lock, allocation or look at the clock.

use super::{Fault, Model, Route};
use crate::gateway::Gateway;

/// Whom to try.
#[derive(Clone, Copy)]
pub struct Candidate<'m> {
    /// Where.
    pub route: &'m Route,
    /// With which of the provider's keys.
    pub key: usize,
}

/// Whom a request is tried with, one after the other.
pub struct Candidates<'m> {
    gateway: &'m Gateway,
    model: &'m Model,
    /// The request's number, where turns are taken.
    request: usize,
    /// Routes that were tried, a bit each.
    tried: u32,
    /// Keys of the route that was tried last, a bit each, where another one may do better.
    keys: Option<(&'m Route, u32)>,
    asked: usize,
}

impl<'m> Candidates<'m> {
    /// For a request that begins.
    pub fn new(gateway: &'m Gateway, model: &'m Model) -> Self {
        if model.routes.len() > 1 || model.routes.iter().any(|route| route.keys() > 1) {
            gateway.retries.pay_in();
        }
        Self {
            gateway,
            model,
            request: model.order.begin(),
            tried: 0,
            keys: None,
            asked: 0,
        }
    }

    /// Whom to try next; nobody, where all were tried or the budget of further tries is used up.
    pub fn take_next(&mut self) -> Option<Candidate<'m>> {
        let candidate = self.another_key().or_else(|| self.another_route())?;
        if self.asked > 0 && !self.gateway.retries.spend(&*self.gateway.clock) {
            self.gateway.meters.try_saved();
            return None;
        }
        Some(candidate)
    }

    /// The request goes to a candidate. What only was found to have no words for it costs no budget.
    pub fn begin(&mut self) {
        self.asked += 1;
    }

    /// It answered.
    pub fn answered(&self, candidate: Candidate<'m>) {
        candidate.route.answered();
    }

    /// It gave no answer.
    pub fn failed(&mut self, candidate: Candidate<'m>, fault: Fault) {
        candidate.route.failed(self.gateway, candidate.key, fault);
        self.keys = match (fault, self.keys) {
            (Fault::Key | Fault::Limit(_), Some((route, keys))) => Some((route, keys | 1 << candidate.key)),
            (Fault::Key | Fault::Limit(_), None) => Some((candidate.route, 1 << candidate.key)),
            (Fault::Request | Fault::Place | Fault::Route, _) => None,
        };
    }

    fn another_key(&mut self) -> Option<Candidate<'m>> {
        let (route, tried) = self.keys?;
        let key = route.fresh_key(tried, &*self.gateway.clock);
        if key.is_none() {
            self.keys = None;
        }
        Some(Candidate { route, key: key? })
    }

    fn another_route(&mut self) -> Option<Candidate<'m>> {
        let (clock, limits) = (&*self.gateway.clock, &self.gateway.upstream);
        let routes = &self.model.routes;
        for place in 0..routes.len() {
            let at = self.model.order.route(place, self.request);
            let route = &routes[at];
            if self.tried & (1 << at) == 0
                && let Some(key) = route.fresh_key(0, clock)
                && route.lets_in(clock, limits)
            {
                self.tried |= 1 << at;
                return Some(Candidate { route, key });
            }
        }
        let mut places = (0..routes.len()).map(|place| self.model.order.route(place, self.request));
        let at = places.find(|at| self.tried & (1 << at) == 0)?;
        self.tried |= 1 << at;
        let route = &routes[at];
        Some(Candidate {
            route,
            key: route.any_key(),
        })
    }
}
