//! `sandbox-embed`: vectors that the inputs alone decide. Equal inputs have equal vectors; nothing else about them means
//! anything.

use super::words::{Prompt, drawn, seed};
use crate::gateway::request::Request;
use bytes::Bytes;
use serde_json::Value;
use wire::openai::embeddings::{self, Encoding};
use wire::problem::Problem;

/// Numbers of a vector if the request doesn't say.
const DIMENSIONS: usize = 256;
/// Most numbers of a vector.
const MOST_DIMENSIONS: u64 = 4096;

/// The body of an answer.
pub(super) fn answer(request: &Request, body: &[u8], prompt: &Prompt) -> Result<Vec<Bytes>, Problem> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let dimensions = dimensions(&document["dimensions"])?;
    let vectors: Vec<Vec<f32>> = inputs(&document["input"])
        .iter()
        .map(|input| vector(&input.to_string(), dimensions))
        .collect();
    let encoding = embeddings::asked(body).unwrap_or(Encoding::Numbers);
    // Token arrays hold no words.
    let tokens = prompt.input.max(vectors.len() as u64);
    Ok(vec![embeddings::answer(request.model(), &vectors, tokens, encoding)])
}

fn dimensions(asked: &Value) -> Result<usize, Problem> {
    match asked {
        Value::Null => Ok(DIMENSIONS),
        number => number
            .as_u64()
            .filter(|number| (1..=MOST_DIMENSIONS).contains(number))
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| Problem::Value {
                at: "dimensions".to_owned(),
                expected: "a whole number from 1 to 4096",
            }),
    }
}

/// A text or an array of tokens is one input, an array of either several.
fn inputs(input: &Value) -> Vec<&Value> {
    match input {
        Value::Array(several) if !several.first().is_some_and(Value::is_number) => several.iter().collect(),
        one => vec![one],
    }
}

/// A vector of length one.
#[expect(clippy::float_arithmetic, reason = "a vector is floats, and no money")]
fn vector(input: &str, dimensions: usize) -> Vec<f32> {
    let numbers = drawn(seed(&[input.into()])).map(|number| {
        let [high, low, ..] = number.to_be_bytes();
        f32::from(i16::from_be_bytes([high, low]))
    });
    let vector: Vec<f32> = numbers.take(dimensions).collect();
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / length.max(1.0)).collect()
}
