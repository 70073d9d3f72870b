//! One model request, stage by stage. Each stage takes the typed value of the one before, so that none can be skipped:
//! what was not authenticated can't be admitted, what was not screened can't be dispatched.
//!
//! ```text
//! accept → authenticate → admit → read → screen → choose → limit → reserve → dispatch → relay
//!          key in memory  gate,   body,  input    model,   tokens, credit    routes     stream or plain; settles
//!                         limits, size   filter   routes   model,            in order   and records before its end
//!                         slot             │               end user
//!                                          │                 └─────→ count: a prompt's tokens, for nothing
//!                                          └───────────────────────→ moderate: what the filter thinks
//! ```

use super::Gateway;
use super::answer::Answer;
use super::call::Call;
use super::limits::headers::Told;
use super::refusal::Refusal;
use super::routing::Notice;
use super::stages::accept::Arrived;
use super::stages::admit::admit;
use super::stages::authenticate::authenticate;
use super::stages::choose::{Chosen, choose};
use super::stages::count::count;
use super::stages::dispatch::dispatch;
use super::stages::limit::{Counts, limit};
use super::stages::moderate;
use super::stages::read::read;
use super::stages::reserve::reserve;
use super::stages::screen::screen;
use super::upload::Upload;
use http::{HeaderMap, Response};
use std::sync::Arc;

/// Answers a request that a model generates something for.
///
/// # Errors
/// Refusals, which leave by one door in the client's format.
pub async fn generate(
    gateway: &Arc<Gateway>,
    arrived: Arrived,
    call: Call,
    headers: &HeaderMap,
    body: Upload,
    tell: &mut Told,
) -> Result<Response<Answer>, Refusal> {
    let chosen = chosen(gateway, arrived, call, headers, body, tell).await?;
    let notice = chosen.notice.clone();
    let limited = limit(gateway, chosen, Counts::Tokens, tell)?;
    let reserved = reserve(gateway, limited).await?;
    dispatch(gateway, reserved)
        .await
        .map(|answer| told(answer, notice.as_deref()))
}

/// Answers how many tokens a prompt has.
///
/// # Errors
/// As [`generate`].
pub async fn count_tokens(
    gateway: &Arc<Gateway>,
    arrived: Arrived,
    call: Call,
    headers: &HeaderMap,
    body: Upload,
    tell: &mut Told,
) -> Result<Response<Answer>, Refusal> {
    let chosen = chosen(gateway, arrived, call, headers, body, tell).await?;
    let notice = chosen.notice.clone();
    count(gateway, limit(gateway, chosen, Counts::Itself, tell)?)
        .await
        .map(|answer| told(answer, notice.as_deref()))
}

/// Answers what the input filter thinks of texts. Nothing is sent anywhere, and nothing is kept.
///
/// # Errors
/// As [`generate`].
pub async fn moderate(
    gateway: &Arc<Gateway>,
    arrived: Arrived,
    headers: &HeaderMap,
    body: Upload,
    tell: &mut Told,
) -> Result<Response<Answer>, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let admitted = admit(gateway, arrived, caller, headers, tell).await?;
    let read = read(gateway, admitted, headers, body).await?;
    let work = || moderate::moderate(gateway, &read);
    gateway.heavy.work(read.body_bytes, work).await
}

async fn chosen(
    gateway: &Arc<Gateway>,
    arrived: Arrived,
    call: Call,
    headers: &HeaderMap,
    body: Upload,
    tell: &mut Told,
) -> Result<Chosen, Refusal> {
    let caller = authenticate(gateway, headers)?;
    let admitted = admit(gateway, arrived, caller, headers, tell).await?;
    let read = read(gateway, admitted, headers, body).await?;
    let body_bytes = read.body_bytes;
    let work = || screen(gateway, call, read);
    let screened = gateway.heavy.work(body_bytes, work).await?;
    choose(gateway, screened)
}

/// With the headers that tell of a model's end.
fn told(mut answer: Response<Answer>, notice: Option<&Notice>) -> Response<Answer> {
    if let Some(notice) = notice {
        notice.tell(answer.headers_mut());
    }
    answer
}
