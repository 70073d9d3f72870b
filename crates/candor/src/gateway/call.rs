//! What a client says of its request outside of the body: the API, and what Anthropic's clients put into headers and query.
//!
//! Promises: whatever is sent on to a provider was checked here to be what it claims; everything else of the head stays.

use super::api::{ANTHROPIC_VERSION, Api, Family};
use super::refusal::Refusal;
use http::{HeaderMap, HeaderValue};

const ANTHROPIC_BETA: &str = "anthropic-beta";

/// The versions of Anthropic's API that exist.
const VERSIONS: [&str; 3] = ["2023-01-01", "2023-06-01", "2026-10-21"];

/// The version of clients that name none.
const USUAL_VERSION: &str = "2023-06-01";

/// Most bytes of all names of betas.
const BETAS_BYTES: usize = 2048;

/// How a request came.
#[derive(Debug, Clone)]
pub struct Call {
    /// What the client speaks.
    pub api: Api,
    /// What only Anthropic's clients say.
    pub anthropic: Option<Box<AnthropicHead>>,
}

/// Anthropic's headers and query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnthropicHead {
    /// `anthropic-version`, one that exists.
    pub version: HeaderValue,
    /// `anthropic-beta`, all its lines as one: names of features, separated by commas.
    pub betas: Option<HeaderValue>,
    /// Did the request come with `?beta=true`?
    pub query: Query,
}

/// The query of a request of Anthropic's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// None that matters.
    Plain,
    /// `beta=true`.
    Beta,
}

impl Call {
    /// Reads the head.
    ///
    /// # Errors
    /// If it names a version that doesn't exist, or betas that are no names.
    pub fn read(api: Api, headers: &HeaderMap, query: Option<&str>) -> Result<Self, Refusal> {
        let anthropic = match api.family() {
            Family::OpenAi => None,
            Family::Anthropic => Some(Box::new(AnthropicHead {
                version: version(headers)?,
                betas: betas(headers)?,
                query: if query.is_some_and(|query| query.split('&').any(|pair| pair == "beta=true")) {
                    Query::Beta
                } else {
                    Query::Plain
                },
            })),
        };
        Ok(Self { api, anthropic })
    }
}

/// The version that the client speaks; both families' clients may be refused for one that doesn't exist.
pub fn version(headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let Some(value) = headers.get(ANTHROPIC_VERSION) else {
        return Ok(HeaderValue::from_static(USUAL_VERSION));
    };
    let known = VERSIONS.into_iter().find(|known| value == known);
    known
        .map(HeaderValue::from_static)
        .ok_or_else(|| Refusal::bad_header(ANTHROPIC_VERSION, &format!("one of {}", VERSIONS.join(", "))))
}

fn betas(headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let mut joined = String::new();
    let wrong = || Refusal::bad_header(ANTHROPIC_BETA, "names of features, separated by commas");
    for value in headers.get_all(ANTHROPIC_BETA) {
        let names = value.to_str().map_err(|_| wrong())?;
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            {
                return Err(wrong());
            }
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(name);
        }
    }
    match joined.len() {
        0 => Ok(None),
        1..=BETAS_BYTES => HeaderValue::try_from(joined).map(Some).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &'static str)], query: Option<&str>) -> Result<AnthropicHead, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Call::read(Api::Messages, &map, query).map(|call| *call.anthropic.unwrap())
    }

    #[test]
    fn versions_that_exist_are_taken_and_others_refused() {
        assert_eq!(read(&[], None).unwrap().version, USUAL_VERSION);
        assert_eq!(
            read(&[(ANTHROPIC_VERSION, "2026-10-21")], None).unwrap().version,
            "2026-10-21"
        );
        assert!(read(&[(ANTHROPIC_VERSION, "2024-01-01")], None).is_err());
    }

    #[test]
    fn betas_of_several_lines_are_one_list_of_names() {
        let head = read(
            &[(ANTHROPIC_BETA, "a-1, b_2"), (ANTHROPIC_BETA, "c.3")],
            Some("x=1&beta=true"),
        )
        .unwrap();
        assert_eq!(
            (head.betas.unwrap(), head.query),
            (HeaderValue::from_static("a-1,b_2,c.3"), Query::Beta)
        );
        assert!(read(&[(ANTHROPIC_BETA, "a b")], None).is_err());
        assert_eq!(
            read(&[(ANTHROPIC_BETA, " , ")], Some("beta=false")).unwrap().betas,
            None
        );
    }
}
