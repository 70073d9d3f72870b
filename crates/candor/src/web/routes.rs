//! Mounting: an address gets into the router with its declaration or not at all.
//!
//! Promises: nothing else in the program mounts a route (`clippy.toml` bans it), so that there is none which doesn't say whom
//! it lets in and what it does with data; [`Routes::declared`] is what was mounted, for the comparison with the inventory.
//! Leaves out: the model APIs, which are no router's (`gateway::apis`, dispatched from declarations, too).

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use policy::inventory::{Method, Route};

/// Routes that answer from a state `S`.
#[derive(Debug)]
pub struct Routes<S = ()> {
    router: Router<S>,
    declared: Vec<&'static Route>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            declared: Vec::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Lets `handler` answer what `route` declares.
    #[must_use]
    pub fn mount<H: Handler<T, S>, T: 'static>(mut self, route: &'static Route, handler: H) -> Self {
        let answers: MethodRouter<S> = match route.method {
            Method::Get => on(MethodFilter::GET, handler),
            Method::Post => on(MethodFilter::POST, handler),
        };
        self.declared.push(route);
        #[expect(clippy::disallowed_methods, reason = "the place that the ban points to")]
        let router = self.router.route(route.path, answers);
        Self { router, ..self }
    }

    /// The same routes with their state.
    pub fn with_state(self, state: S) -> Routes {
        Routes {
            router: self.router.with_state(state),
            declared: self.declared,
        }
    }
}

impl Routes {
    /// These and the other ones.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.declared.extend(other.declared);
        #[expect(clippy::disallowed_methods, reason = "the place that the ban points to")]
        let router = self.router.merge(other.router);
        Self { router, ..self }
    }

    /// The declarations of what was mounted.
    pub fn declared(&self) -> &[&'static Route] {
        &self.declared
    }

    /// The router, without what answers where nothing is mounted.
    pub fn into_router(self) -> Router {
        self.router
    }
}
