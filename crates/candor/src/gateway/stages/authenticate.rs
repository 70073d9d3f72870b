//! Authenticate: whose key is it? A look into memory; nothing waits.

use crate::gateway::Gateway;
use crate::gateway::refusal::Refusal;
use crate::people::keys::{Caller, FindError};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::sync::Arc;

/// Finds the caller by the key in `authorization: Bearer`, `x-api-key` or `api-key`.
pub fn authenticate(gateway: &Gateway, headers: &HeaderMap) -> Result<Arc<Caller>, Refusal> {
    let token = token(headers).ok_or_else(Refusal::unknown_key)?;
    let caller = gateway
        .callers
        .find(token, gateway.clock.monotonic())
        .map_err(|error| match error {
            FindError::Unknown => Refusal::unknown_key(),
            FindError::Revoked => Refusal::revoked_key(),
            FindError::Frozen => Refusal::frozen_account(),
            FindError::Stale => Refusal::stale_authentication(),
        })?;
    // Compared with the wall's time at each request, so that nothing has to run for a key to end.
    if let Some(end) = caller.options.expires_at
        && caller.options.is_expired(gateway.clock.now())
    {
        return Err(Refusal::expired_key(end));
    }
    Ok(caller)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
    bearer.or_else(|| text("x-api-key")).or_else(|| text("api-key"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_key_is_found_in_each_of_the_headers_that_clients_use() {
        for (name, value) in [
            ("authorization", "Bearer k"),
            ("authorization", "bearer  k "),
            ("x-api-key", "k"),
            ("api-key", "k"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(token(&headers), Some("k"), "{name}: {value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Basic k"));
        assert_eq!(token(&headers), None);
    }
}
