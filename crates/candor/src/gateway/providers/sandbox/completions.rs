//! `sandbox-chat` in completions, the API before chat: texts that go on from prompts.

use super::words::{CREATED, Prompt, Spoken, capped};
use crate::gateway::request::Request;
use bytes::Bytes;
use serde_json::Value;
use wire::neutral::Usage;
use wire::openai::completions::{Completion, Finish};

/// The body of an answer, or its events.
pub(super) fn answer(request: &Request, body: &[u8], prompt: &Prompt) -> Vec<Bytes> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let spoken = capped(prompt.words(), prompt.cap);
    let heads = heads(&document, request.answers());
    let used = Usage {
        input: prompt.input,
        output: spoken.tokens.len() as u64 * request.answers(),
        ..Usage::default()
    };
    let id = prompt.id();
    let completion = Completion {
        id: &id,
        created: CREATED,
        model: request.model(),
    };
    if request.is_streamed() {
        events(&completion, &heads, &spoken, &used)
    } else {
        let texts: Vec<String> = heads
            .iter()
            .map(|head| head.clone() + &spoken.tokens.concat())
            .collect();
        let texts: Vec<(&str, Finish)> = texts.iter().map(|text| (text.as_str(), finish(&spoken))).collect();
        vec![completion.to_body(&texts, &used)]
    }
}

/// What each of so many answers begins with: its prompt, if `echo` asks for that.
fn heads(document: &Value, answers: u64) -> Vec<String> {
    let echoed = document["echo"] == true;
    let prompts: Vec<&str> = match &document["prompt"] {
        Value::Array(prompts) => prompts
            .iter()
            .map(|prompt| prompt.as_str().unwrap_or_default())
            .collect(),
        prompt => vec![prompt.as_str().unwrap_or_default()],
    };
    let answers = usize::try_from(answers).unwrap_or(1);
    let each = (answers / prompts.len().max(1)).max(1);
    (0..answers)
        .map(|index| prompts.get(index / each).filter(|_| echoed))
        .map(|prompt| prompt.copied().unwrap_or_default().to_owned())
        .collect()
}

fn events(completion: &Completion<'_>, heads: &[String], spoken: &Spoken, used: &Usage) -> Vec<Bytes> {
    let mut events = Vec::new();
    for (index, head) in heads.iter().enumerate().filter(|(_, head)| !head.is_empty()) {
        events.push(completion.chunk(index, head, None));
    }
    for token in &spoken.tokens {
        events.extend((0..heads.len()).map(|index| completion.chunk(index, token, None)));
    }
    events.extend((0..heads.len()).map(|index| completion.chunk(index, "", Some(finish(spoken)))));
    events.push(completion.end(Some(used)));
    events
}

fn finish(spoken: &Spoken) -> Finish {
    if spoken.complete { Finish::Stop } else { Finish::Length }
}
