//! The platform API's part that an API key can ask: the account's own generations.

mod generations;

use crate::gateway::Gateway;
use crate::gateway::codes::Code;
use crate::gateway::refusal::Refusal;
use crate::records::Records;
use crate::web::problem::Problem;
use crate::web::routes::Routes;
use policy::inventory::{Admits, Method, Processing, Route};
use policy::{Category, Purpose};
use std::sync::Arc;

/// What its endpoints answer from.
#[derive(Clone)]
struct Platform {
    gateway: Arc<Gateway>,
    records: Arc<Records>,
}

/// The account's generations.
pub const GENERATIONS: Route = Route {
    method: Method::Get,
    path: "/api/usage/generations",
    admits: Admits::ApiKey,
    processing: Processing::Personal {
        purpose: Purpose::ProvideService,
        categories: &[Category::GenerationMetadata],
    },
};

/// All declarations.
pub const ROUTES: &[&Route] = &[&GENERATIONS];

/// All of its routes.
pub fn routes(gateway: Arc<Gateway>, records: Arc<Records>) -> Routes {
    Routes::default()
        .mount(&GENERATIONS, generations::list)
        .with_state(Platform { gateway, records })
}

/// The same refusal in the platform API's shape.
fn problem(refusal: Refusal) -> Problem {
    let name = refusal.code().map_or("refused", Code::name);
    let problem = Problem::new(refusal.status, name, refusal.error.message.into_owned());
    match refusal.retry_after {
        Some(seconds) => problem.after(seconds),
        None => problem,
    }
}
