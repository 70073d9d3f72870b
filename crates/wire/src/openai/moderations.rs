//! Moderations: what is asked about, and the answer, which the filter gives.

use crate::json::{Object, Out, Text, array, fragment, text};
use crate::problem::Problem;
use bytes::Bytes;

/// The categories that the API names, in its order.
pub const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// Most inputs of a request.
const INPUTS: usize = 2048;

/// What a request asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model, if one is named.
    pub model: Option<Text<'a>>,
    /// Each gets a result of its own.
    pub inputs: Vec<Input<'a>>,
}

/// What one result is about: a text, or parts that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input<'a> {
    /// Its texts.
    pub texts: Vec<Text<'a>>,
    /// Addresses or data URLs of its images.
    pub images: Vec<Text<'a>>,
}

/// Reads a request: one text, an array of texts (a result each), or an array of parts (one result for all).
///
/// # Errors
/// If the body is no such request.
pub fn read(body: &[u8]) -> Result<Request<'_>, Problem> {
    let value = fragment(body).map_err(|error| Problem::Syntax(error.to_string()))?;
    let doubled = |doubled| Problem::doubled("", &doubled);
    let mut object = Object::open(value).map_err(doubled)?.ok_or(Problem::NotAnObject)?;
    let input = object
        .take_raw("input")
        .ok_or_else(|| Problem::Missing("input".to_owned()))?;
    let inputs = match text(input) {
        Some(text) => vec![Input::of(text)],
        None => inputs(input)?,
    };
    Ok(Request {
        model: object.take_text("model"),
        inputs,
    })
}

impl<'a> Input<'a> {
    fn of(text: Text<'a>) -> Self {
        Self {
            texts: vec![text],
            images: Vec::new(),
        }
    }
}

fn inputs(value: &str) -> Result<Vec<Input<'_>>, Problem> {
    let expected = || Problem::value("input", "a text, an array of 1 to 2048 texts, or an array of parts");
    let elements = array(value)
        .filter(|elements| (1..=INPUTS).contains(&elements.len()))
        .ok_or_else(expected)?;
    if let Some(texts) = elements.iter().map(|element| text(element)).collect::<Option<Vec<_>>>() {
        return Ok(texts.into_iter().map(Input::of).collect());
    }
    let mut whole = Input::default();
    for (at, element) in elements.into_iter().enumerate() {
        let place = format!("input[{at}]");
        let doubled = |doubled| Problem::doubled(&place, &doubled);
        let mut part = Object::open(element).map_err(doubled)?.ok_or_else(expected)?;
        match part.take_text("type").as_deref() {
            Some("text") => whole.texts.extend(Some(part.take_text("text").ok_or_else(expected)?)),
            Some("image_url") => {
                let image = part.take_raw("image_url").ok_or_else(expected)?;
                let mut image = Object::open(image).map_err(doubled)?.ok_or_else(expected)?;
                whole.images.push(image.take_text("url").ok_or_else(expected)?);
            }
            _ => return Err(Problem::value(format!("{place}.type"), "text or image_url")),
        }
    }
    Ok(vec![whole])
}

/// The result for one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// For each of [`CATEGORIES`]: a score in millionths, and whether it is too high.
    pub categories: [(u32, Flagged); 13],
    /// Was it flagged for a reason that is none of these categories?
    pub otherwise: Flagged,
    /// Was there text to look at?
    pub looked_at_text: bool,
}

/// Is a score too high?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flagged {
    /// No.
    No,
    /// Yes.
    Yes,
}

/// The answer, a verdict an input. The API's members are all there.
pub fn answer(id: &str, model: &str, verdicts: &[Verdict]) -> Bytes {
    let mut out = Out::default();
    out.open().member("id", &format!("modr-{id}")).member("model", model);
    out.key("results").open_array();
    for verdict in verdicts {
        let named = || CATEGORIES.iter().zip(&verdict.categories);
        let is_flagged = verdict.otherwise == Flagged::Yes || named().any(|(_, (_, flagged))| *flagged == Flagged::Yes);
        out.open()
            .member_raw("flagged", truth(is_flagged))
            .key("categories")
            .open();
        for (name, (_, flagged)) in named() {
            out.member_raw(name, truth(*flagged == Flagged::Yes));
        }
        out.close().key("category_scores").open();
        for (name, (millionths, _)) in named() {
            let millionths = (*millionths).min(1_000_000);
            out.member_raw(
                name,
                &format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000),
            );
        }
        out.close().key("category_applied_input_types").open();
        for (name, _) in named() {
            out.member_raw(name, if verdict.looked_at_text { "[\"text\"]" } else { "[]" });
        }
        out.close().close();
    }
    out.close_array().close();
    out.into_bytes()
}

fn truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_get_a_result_each_and_parts_one_for_all() {
        let inputs = |input: &str| {
            let body = format!("{{\"input\":{input}}}");
            read(body.as_bytes())
                .map(|request| request.inputs.len())
                .map_err(|problem| problem.to_string())
        };
        assert_eq!(inputs("\"a\""), Ok(1));
        assert_eq!(inputs("[\"a\",\"b\"]"), Ok(2));
        assert_eq!(
            inputs(
                r#"[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"b"}]"#
            ),
            Ok(1)
        );
        assert!(inputs("[]").is_err() && inputs("[1]").is_err() && inputs("[{\"type\":\"new\"}]").is_err());
        assert!(read(b"{}").is_err());
    }

    #[test]
    fn every_category_is_told() {
        let mut categories = [(0, Flagged::No); 13];
        categories[0] = (990_000, Flagged::Yes);
        let verdict = Verdict {
            categories,
            otherwise: Flagged::No,
            looked_at_text: true,
        };
        let body = answer("1", "m", &[verdict]);
        let value: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let result = &value["results"][0];
        assert_eq!(result["flagged"], true);
        assert_eq!(result["category_scores"]["harassment"].to_string(), "0.99");
        for member in ["categories", "category_scores", "category_applied_input_types"] {
            assert_eq!(
                result[member].as_object().map(serde_json::Map::len),
                Some(CATEGORIES.len()),
                "{member}"
            );
        }
    }
}
