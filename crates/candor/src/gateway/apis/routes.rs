//! The addresses of the model APIs: one list, from which requests are dispatched and which the inventory shows.
//!
//! Promises: an endpoint is reached by its declaration alone, so that none answers undeclared.

use crate::config::nearest::nearest;
use crate::gateway::api::Api;
use crate::gateway::refusal::Refusal;
use policy::inventory::{Admits, Method, Processing, Route};
use policy::{Category, Purpose};

/// What answers below `/v1/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// What a model generates something for.
    Generate(Api),
    /// What counts a prompt's tokens.
    Count(Api),
    /// What the filter thinks.
    Moderations,
    /// The list of models.
    Models,
    /// One of them.
    Model,
    /// The key that asks.
    Key,
    /// What happened to a generation.
    Receipt,
}

/// What a generation works with.
const GENERATION: &[Category] = &[
    Category::GenerationContent,
    Category::GenerationMetadata,
    Category::Usage,
    Category::Financial,
];
/// What counting works with: the prompt goes to the model's provider if that counts, and the receipt says so.
const COUNTING: &[Category] = &[Category::GenerationContent, Category::GenerationMetadata];

const CHAT_COMPLETIONS: Route = of_a_key(Method::Post, "/v1/chat/completions", GENERATION);
const RESPONSES: Route = of_a_key(Method::Post, "/v1/responses", GENERATION);
const INPUT_TOKENS: Route = of_a_key(Method::Post, "/v1/responses/input_tokens", COUNTING);
const COMPLETIONS: Route = of_a_key(Method::Post, "/v1/completions", GENERATION);
const EMBEDDINGS: Route = of_a_key(Method::Post, "/v1/embeddings", GENERATION);
const MODERATIONS: Route = of_a_key(Method::Post, "/v1/moderations", &[Category::GenerationContent]);
const MESSAGES: Route = of_a_key(Method::Post, "/v1/messages", GENERATION);
const COUNT_TOKENS: Route = of_a_key(Method::Post, "/v1/messages/count_tokens", COUNTING);
const MODELS: Route = of_a_key(Method::Get, "/v1/models", &[Category::Credentials]);
const MODEL: Route = of_a_key(Method::Get, "/v1/models/{*model}", &[Category::Credentials]);
const KEY: Route = of_a_key(
    Method::Get,
    "/v1/candor/key",
    &[Category::Credentials, Category::GenerationMetadata, Category::Financial],
);
const RECEIPT: Route = of_a_key(Method::Get, "/v1/candor/receipts/{id}", &[Category::GenerationMetadata]);

const fn of_a_key(method: Method, path: &'static str, categories: &'static [Category]) -> Route {
    let purpose = Purpose::ProvideService;
    Route {
        method,
        path,
        admits: Admits::ApiKey,
        processing: Processing::Personal { purpose, categories },
    }
}

impl Endpoint {
    /// All, the busiest first.
    const ALL: [Self; 12] = [
        Self::Generate(Api::Chat),
        Self::Generate(Api::Messages),
        Self::Generate(Api::Responses),
        Self::Generate(Api::Embeddings),
        Self::Generate(Api::Completions),
        Self::Count(Api::CountTokens),
        Self::Count(Api::InputTokens),
        Self::Moderations,
        Self::Models,
        Self::Model,
        Self::Key,
        Self::Receipt,
    ];

    /// Its declaration.
    pub const fn route(self) -> &'static Route {
        match self {
            Self::Generate(api) | Self::Count(api) => match api {
                Api::Chat => &CHAT_COMPLETIONS,
                Api::Responses => &RESPONSES,
                Api::InputTokens => &INPUT_TOKENS,
                Api::Completions => &COMPLETIONS,
                Api::Embeddings => &EMBEDDINGS,
                Api::Messages => &MESSAGES,
                Api::CountTokens => &COUNT_TOKENS,
            },
            Self::Moderations => &MODERATIONS,
            Self::Models => &MODELS,
            Self::Model => &MODEL,
            Self::Key => &KEY,
            Self::Receipt => &RECEIPT,
        }
    }

    /// The endpoint that a request asks for, and what its path has in place of the route's parameter. HEAD is GET whose body
    /// stays behind.
    pub fn find<'a>(method: &http::Method, path: &'a str) -> Option<(Self, &'a str)> {
        let method = match *method {
            http::Method::GET | http::Method::HEAD => Method::Get,
            http::Method::POST => Method::Post,
            _ => return None,
        };
        let of_method = Self::ALL.into_iter().filter(|one| one.route().method == method);
        of_method.filter_map(|one| Some((one, one.route().rest(path)?))).next()
    }
}

/// Why nothing answers there: another method, or another address that is near.
pub fn missed(method: &http::Method, path: &str) -> Refusal {
    if let Some(other) = Endpoint::ALL.into_iter().find(|one| one.route().rest(path).is_some()) {
        return Refusal::wrong_method(method.as_str(), path, other.route().method.as_str());
    }
    // Of what has a name of its own at the end, the address alone says too little.
    let whole = Endpoint::ALL
        .into_iter()
        .map(|one| one.route().path)
        .filter(|path| !path.contains('{'));
    Refusal::unknown_url(method.as_str(), path, nearest(path, whole))
}

/// Is this the address of an endpoint without its `/v1`, as a client asks whose base URL lacks it?
pub fn lacks_version(path: &str) -> bool {
    Endpoint::ALL
        .into_iter()
        .any(|one| one.route().path.strip_prefix("/v1") == Some(path))
}

/// All declarations.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    Endpoint::ALL.into_iter().map(Endpoint::route)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_finds_its_endpoint_by_method_and_path() {
        let find = |method, path| Endpoint::find(&method, path);
        assert_eq!(
            find(http::Method::POST, "/v1/chat/completions"),
            Some((Endpoint::Generate(Api::Chat), ""))
        );
        assert_eq!(find(http::Method::GET, "/v1/chat/completions"), None);
        assert_eq!(
            find(http::Method::POST, "/v1/messages/count_tokens"),
            Some((Endpoint::Count(Api::CountTokens), ""))
        );
        assert_eq!(find(http::Method::HEAD, "/v1/models"), Some((Endpoint::Models, "")));
        assert_eq!(
            find(http::Method::GET, "/v1/models/a/b:c"),
            Some((Endpoint::Model, "a/b:c"))
        );
        assert_eq!(
            find(http::Method::GET, "/v1/candor/receipts/gen_1"),
            Some((Endpoint::Receipt, "gen_1"))
        );
        assert_eq!(find(http::Method::DELETE, "/v1/models"), None);
        assert_eq!(find(http::Method::GET, "/v1/candor/keys"), None);
    }

    #[test]
    fn a_missed_endpoint_is_told_by_its_method_or_the_nearest_address() {
        let told = |method: http::Method, path| missed(&method, path).error.message;
        assert_eq!(
            told(http::Method::GET, "/v1/chat/completions"),
            "/v1/chat/completions does not take GET. Use POST."
        );
        let near = told(http::Method::POST, "/v1/chat/completion");
        assert!(near.ends_with("Did you mean /v1/chat/completions?"), "{near}");
        assert!(!told(http::Method::GET, "/v1/fine_tuning/jobs/checkpoints").contains("Did you mean"));
        assert!(lacks_version("/messages") && !lacks_version("/privacy"));
    }
}
