//! What must hold of every document, whatever it is taken for.

use crate::{MEMORY, Verdict};
use bytes::Bytes;
use serde_json::Value;
use wire::dialect::Dialect;
use wire::json::Object;
use wire::neutral::{Format, Usage};
use wire::openai::chat::request as chat;
use wire::openai::{completions, embeddings, moderations};
use wire::passing::{self, Endpoint};
use wire::problem::Problem;
use wire::splice;
use wire::translate::{self, Asked, Changes};

const CHANGES: Changes<'_> = Changes {
    model: "upstream",
    output_cap: 10,
    user: Some("pseudonym"),
};

/// Memory that a reader and a writer may take: so many times the input, and a little more. The shortest part of a
/// message is a dozen bytes and a few hundred in memory.
const TIMES: usize = 160;
const BYTES_MORE: usize = 64 << 10;

const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Responses,
    Endpoint::InputTokens,
    Endpoint::Completions,
    Endpoint::Embeddings,
    Endpoint::Messages,
    Endpoint::CountTokens,
];

/// Looks at a document in every way there is.
pub(crate) fn judge(body: &[u8]) -> Verdict {
    let held = MEMORY.current_usage();
    scanned(body)?;
    for from in Format::ALL {
        request(from, body)?;
        answer(from, body)?;
        error(from, body)?;
    }
    passed(body)?;
    others(body)?;
    match MEMORY.current_usage().saturating_sub(held) {
        0..4096 => Ok(()),
        more => Err(format!("{more} bytes are still held")),
    }
}

/// Does a reader of requests take it?
pub(crate) fn is_request(body: &[u8]) -> bool {
    Format::ALL
        .into_iter()
        .any(|format| translate::read_request(format, body).is_ok())
}

/// Runs `what` and looks at how much memory it took at most.
fn bounded<T>(name: &str, body: &[u8], what: impl FnOnce() -> T) -> Result<T, String> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = what();
    let peak = MEMORY.peak_usage().saturating_sub(before);
    let most = TIMES * body.len() + BYTES_MORE;
    (peak <= most)
        .then_some(result)
        .ok_or_else(|| format!("{name} takes {peak} bytes for {}", body.len()))
}

/// A document that is JSON for anybody else is cut into the same members here.
fn scanned(body: &[u8]) -> Verdict {
    let Ok(Value::Object(expected)) = serde_json::from_slice::<Value>(body) else {
        return Ok(());
    };
    let Ok(found) = bounded("the scanner", body, || Object::read(body))? else {
        return Ok(());
    };
    let found = found.ok_or("an object is none for the scanner")?;
    if found.members().count() != expected.len() {
        return Err("the scanner finds other members".to_owned());
    }
    for (key, value) in found.members() {
        if serde_json::from_str::<Value>(value).ok().as_ref() != expected.get(&**key) {
            return Err(format!("the scanner cuts '{key}' to {value}"));
        }
    }
    Ok(())
}

fn request(from: Format, body: &[u8]) -> Verdict {
    for to in Format::ALL {
        let dialects = [&Dialect::PLAIN, &Dialect::MISTRAL];
        for dialect in &dialects[..if to == Format::Chat { 2 } else { 1 }] {
            let name = format!("a request from {from:?} to {to:?}");
            let asked = Asked::new("1", 0, "m");
            let said = bounded(&name, body, || {
                translate::request(from, to, body, &CHANGES, dialect, asked.clone())
            })?;
            let Ok(said) = said else { continue };
            is_json(&name, &said.body)?;
            if said.body.len() > 20 * body.len() + 1000 {
                return Err(format!("{name} grows to {} bytes", said.body.len()));
            }
            match translate::read_request(to, &said.body) {
                Ok(_) => {}
                // An optional member of a wrong type is copied as one that nobody knows, beside the writer's own. The
                // provider refuses it, as it would have refused what the client sent.
                Err(Problem::Doubled(_)) if from == to => continue,
                Err(problem) => {
                    return Err(format!(
                        "{name} is none: {problem}\n{}",
                        String::from_utf8_lossy(&said.body)
                    ));
                }
            }
            if **dialect == Dialect::PLAIN {
                settles(to, &said.body, &asked)?;
            }
        }
        let counted = translate::count_request(from, to, body, "m", &Dialect::PLAIN);
        if let Ok(Some(counted)) = counted {
            is_json("a request for a count", &counted)?;
        }
    }
    Ok(())
}

/// What was read and written in one format is written the same from then on.
fn settles(format: Format, body: &[u8], asked: &Asked) -> Verdict {
    let again = |body: &[u8]| {
        translate::request(format, format, body, &CHANGES, &Dialect::PLAIN, asked.clone())
            .map_err(|problem| format!("{format:?} refuses its own request: {problem}"))
    };
    let once = again(body)?.body;
    let twice = again(&once)?.body;
    if once == twice {
        return Ok(());
    }
    Err(format!(
        "{format:?} writes its own request otherwise:\n{}\n{}",
        String::from_utf8_lossy(&once),
        String::from_utf8_lossy(&twice)
    ))
}

fn answer(from: Format, body: &[u8]) -> Verdict {
    let asked = Asked::new("1", 0, "m");
    for to in Format::ALL {
        let name = format!("an answer from {from:?} to {to:?}");
        let said = bounded(&name, body, || {
            translate::answer(from, to, body, &asked, Some(&|_| Usage::default()))
        })?;
        let Ok(said) = said else { continue };
        is_json(&name, &said.body)?;
        let read = translate::read_answer(to, &said.body).map_err(|error| format!("{name} is none: {error}"))?;
        if let (Some(told), Some(read)) = (said.usage, read.usage)
            && (told.prompt(), told.answer()) != (read.prompt(), read.answer())
        {
            return Err(format!("{name} tells {read:?} for {told:?}"));
        }
    }
    Ok(())
}

fn error(from: Format, body: &[u8]) -> Verdict {
    for status in [200, 400, 429, 500] {
        let failure = translate::read_error(from, status, body).without(&["sk-secret".to_owned()]);
        for to in Format::ALL {
            let written = translate::write_error(to, &failure, Some("r"));
            is_json("an error", &written.body)?;
            if String::from_utf8_lossy(&written.body).contains("sk-secret") || written.status < 400 {
                return Err("an error says what it must not".to_owned());
            }
        }
    }
    Ok(())
}

/// What passes with changes is JSON still, says the changed members, and everything else as before.
fn passed(body: &[u8]) -> Verdict {
    let whole = Bytes::copy_from_slice(body);
    if let Ok((read, _)) = bounded("the reader of chat", body, || chat::read(body))? {
        let changes = chat::Changes {
            model: CHANGES.model,
            output_cap: CHANGES.output_cap,
            user: CHANGES.user,
        };
        let changed = splice::apply(&whole, read.changes(changes)).concat();
        unchanged("chat", body, &changed)?;
        let (again, _) = chat::read(&changed).map_err(|problem| format!("changed chat is none: {problem}"))?;
        let named = read.user.is_some() == (again.user.as_deref() == CHANGES.user);
        let usage = !read.stream || again.include_usage;
        if !named
            || !usage
            || again.model != CHANGES.model
            || again.output_cap.is_none_or(|cap| cap > CHANGES.output_cap)
        {
            return Err(format!(
                "chat is not changed as it must be: {}",
                String::from_utf8_lossy(&changed)
            ));
        }
    }
    for endpoint in ENDPOINTS {
        let Ok((read, _)) = bounded("a passing reader", body, || passing::read(endpoint, body))? else {
            continue;
        };
        let changed = splice::apply(&whole, read.changes(&CHANGES)).concat();
        unchanged(&format!("{endpoint:?}"), body, &changed)?;
        let (again, _) =
            passing::read(endpoint, &changed).map_err(|problem| format!("changed {endpoint:?} is none: {problem}"))?;
        let named = read.user.is_some() == (again.user.as_deref() == CHANGES.user);
        if !named || again.model != CHANGES.model || again.output_cap.is_some_and(|cap| cap > CHANGES.output_cap) {
            return Err(format!(
                "{endpoint:?} is not changed as it must be: {}",
                String::from_utf8_lossy(&changed)
            ));
        }
    }
    Ok(())
}

/// Members that a splice may touch.
const TOUCHED: &[&str] = &[
    "model",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "stream_options",
    "store",
    "user",
    "safety_identifier",
    "metadata",
];

fn unchanged(name: &str, before: &[u8], after: &[u8]) -> Verdict {
    is_json(name, after)?;
    let (Ok(Value::Object(mut before)), Ok(Value::Object(mut after))) =
        (serde_json::from_slice(before), serde_json::from_slice(after))
    else {
        return Ok(());
    };
    for key in TOUCHED {
        before.remove(*key);
        after.remove(*key);
    }
    if before == after {
        Ok(())
    } else {
        Err(format!("{name} changes what it must not"))
    }
}

fn others(body: &[u8]) -> Verdict {
    let _ = completions::read(body);
    let _ = moderations::read(body);
    let _ = embeddings::asked(body);
    for encoding in [embeddings::Encoding::Numbers, embeddings::Encoding::Base64] {
        if let Some(written) = embeddings::in_encoding(body, "m", encoding) {
            is_json("vectors", &written)?;
        }
    }
    let whole = Bytes::copy_from_slice(body);
    if let Some(answer) = wire::openai::chat::answer::read(body) {
        is_json(
            "a counted answer",
            &answer.with_usage(&whole, wire::openai::usage::Usage::default()),
        )?;
    }
    for to in Format::ALL {
        if let Some(count) = translate::count_answer(to, body) {
            is_json("a count", &count)?;
        }
    }
    Ok(())
}

fn is_json(name: &str, written: &[u8]) -> Verdict {
    match serde_json::from_slice::<serde::de::IgnoredAny>(written) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "{name} is no JSON, {error}:\n{}",
            String::from_utf8_lossy(written)
        )),
    }
}
