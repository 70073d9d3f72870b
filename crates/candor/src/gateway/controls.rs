//! The request controls `x-candor-*`: each is honoured or refused, never ignored.

use super::refusal::Refusal;
use http::HeaderMap;

/// Prefix of every control.
const PREFIX: &str = "x-candor-";
const RETENTION: &str = "x-candor-retention";

/// What is kept of a generation's prompt and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Both, sealed, until the day's log ends.
    Content,
    /// Neither.
    Nothing,
}

/// Reads the controls of a request. `default` is what the instance keeps by itself; a header can only be stricter.
pub fn read(headers: &HeaderMap, default: Keep) -> Result<Keep, Refusal> {
    let mut keep = default;
    for name in headers.keys().filter(|name| name.as_str().starts_with(PREFIX)) {
        if name != RETENTION {
            return Err(Refusal::unsupported_control(name.as_str()));
        }
        for value in headers.get_all(name) {
            if value != "none" {
                return Err(Refusal::bad_control(RETENTION, "the value 'none'"));
            }
            keep = Keep::Nothing;
        }
    }
    Ok(keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(name: &'static str, value: &'static str) -> Result<Keep, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert(name, HeaderValue::from_static(value));
        read(&headers, Keep::Content)
    }

    #[test]
    fn retention_none_is_honoured_and_everything_else_refused() {
        assert_eq!(with("accept", "*/*"), Ok(Keep::Content));
        assert_eq!(with("x-candor-retention", "none"), Ok(Keep::Nothing));
        for (name, value) in [
            ("x-candor-retention", "7d"),
            ("x-candor-region", "eu"),
            ("x-candor-tags", "a=b"),
            ("x-candor-new", ""),
        ] {
            let refusal = with(name, value).expect_err("refused");
            assert_eq!(
                (refusal.status.as_u16(), refusal.error.param.as_deref()),
                (400, Some(name))
            );
        }
    }
}
