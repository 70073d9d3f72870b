//! Moderate: what the input filter thinks of texts that are sent for no other purpose.
//!
//! Promises: nothing is sent to anybody and nothing is kept: what was admitted ends here without a record. Leaves out: images,
//! which no filter looks at; the answer says that only text was.

use super::read::Read;
use crate::filter::Decision;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, json};
use crate::gateway::refusal::Refusal;
use http::Response;
use wire::openai::moderations::{self, CATEGORIES, Flagged, Input, Verdict};

/// What answers, whatever model was asked for.
const MODEL: &str = "candor-filter";

/// Answers with a result for each input.
pub fn moderate(gateway: &Gateway, read: &Read) -> Result<Response<Answer>, Refusal> {
    let subject = read.admitted.journal.subject();
    let body = read.body.open(&subject.grant);
    let request = moderations::read(body).map_err(|problem| Refusal::bad(&problem))?;
    let verdicts: Vec<Verdict> = request.inputs.iter().map(|input| verdict(gateway, input)).collect();
    let id = subject.arrived.id.to_string();
    Ok(json(moderations::answer(&id, MODEL, &verdicts)))
}

/// The filter has one rule, the operator's list, which is none of the API's categories.
fn verdict(gateway: &Gateway, input: &Input<'_>) -> Verdict {
    let otherwise = match gateway.screen.decide(&input.texts) {
        Decision::Allowed => Flagged::No,
        Decision::Refused(_) => Flagged::Yes,
    };
    Verdict {
        categories: [(0, Flagged::No); CATEGORIES.len()],
        otherwise,
        looked_at_text: !input.texts.is_empty(),
    }
}
