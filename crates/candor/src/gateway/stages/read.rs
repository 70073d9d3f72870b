//! Read: the body, within `limits.body`, `limits.body_idle` and `limits.body_total`. From here on it is personal.

use super::admit::Admitted;
use crate::config::limits::Limits;
use crate::gateway::Gateway;
use crate::gateway::bodies::Full;
use crate::gateway::joined::Joined;
use crate::gateway::refusal::Refusal;
use crate::gateway::upload::Upload;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use policy::Personal;
use tokio::time::{Instant, timeout_at};

/// A body that brings less than this in `limits.body_idle` is too slow.
const LEAST_PROGRESS_BYTES: usize = 1024;

/// A body up to this size is copied out of the connection's buffer, which is larger and would live as long.
const SMALL_BODY_BYTES: usize = 4 * 1024;

/// An admitted request with its body.
pub struct Read {
    /// The stage before.
    pub admitted: Admitted,
    /// The body as it was sent.
    pub body: Personal<Bytes>,
    /// Its size.
    pub body_bytes: usize,
}

/// Reads the body into memory.
pub async fn read(gateway: &Gateway, admitted: Admitted, headers: &HeaderMap, body: Upload) -> Result<Read, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::not_json());
    }
    if is_encoded(headers) {
        return Err(Refusal::encoded());
    }
    let body = collect(gateway, body).await?;
    Ok(Read {
        body_bytes: body.len(),
        admitted,
        body: Personal::new(body),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    value
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

async fn collect(gateway: &Gateway, mut body: Upload) -> Result<Bytes, Refusal> {
    let limits = &gateway.limits;
    let limit = limits.body.bytes();
    if body.least_bytes() > limit {
        return Err(Refusal::too_large(limit, Some(body.least_bytes())));
    }
    let mut whole = Joined::default();
    let mut holding = gateway.bodies.begin();
    let mut pace = Pace::new(limits);
    loop {
        let Ok(frame) = timeout_at(pace.until, body.frame()).await else {
            body.give_up();
            return Err(Refusal::body_too_slow());
        };
        let Some(frame) = frame else { break };
        let Ok(piece) = frame.map_err(|_| Refusal::body_broken())?.into_data() else {
            continue;
        };
        if (whole.len() + piece.len()) as u64 > limit {
            return Err(Refusal::too_large(limit, None));
        }
        let held = holding.grow((whole.len() + piece.len()) as u64);
        held.map_err(|Full| Refusal::too_much_to_read())?;
        pace.note(piece.len(), limits);
        whole.push(piece, usize::try_from(body.least_bytes()).unwrap_or(0));
    }
    let whole = whole.into_bytes();
    Ok(if whole.len() <= SMALL_BODY_BYTES {
        Bytes::copy_from_slice(&whole)
    } else {
        holding.hold(whole)
    })
}

/// How fast the body must come.
struct Pace {
    /// The end of its time, however fast it comes.
    whole: Instant,
    until: Instant,
    bytes: usize,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let whole = now + limits.body_total;
        Self {
            whole,
            until: whole.min(now + limits.body_idle),
            bytes: 0,
        }
    }

    fn note(&mut self, bytes: usize, limits: &Limits) {
        self.bytes += bytes;
        if self.bytes >= LEAST_PROGRESS_BYTES {
            self.until = self.whole.min(Instant::now() + limits.body_idle);
            self.bytes = 0;
        }
    }
}
