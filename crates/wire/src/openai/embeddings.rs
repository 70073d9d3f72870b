//! Embeddings: vectors as numbers or as base64 of little-endian 32-bit floats. Requests are read by
//! [`crate::passing`].
//!
//! The official SDKs ask for base64 where their caller asked for nothing and decode it themselves; many servers of open
//! models only know numbers. [`in_encoding`] makes the one from the other, [`asked`] tells which one a client wants.

use crate::base64;
use crate::json::{Object, Out, array, text};
use bytes::Bytes;

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// An array of numbers.
    Numbers,
    /// Base64 of little-endian 32-bit floats.
    Base64,
}

/// The encoding that a request asks for; `None` if it is one that nobody knows.
pub fn asked(body: &[u8]) -> Option<Encoding> {
    let mut object = Object::read(body).ok()??;
    match object.take_raw("encoding_format") {
        None => Some(Encoding::Numbers),
        Some(value) => match text(value)?.as_ref() {
            "float" => Some(Encoding::Numbers),
            "base64" => Some(Encoding::Base64),
            _ => None,
        },
    }
}

/// Prompt tokens that an answer tells.
pub fn prompt_tokens(body: &[u8]) -> Option<u64> {
    let mut object = Object::read(body).ok()??;
    Object::open(object.take_raw("usage")?)
        .ok()??
        .take_number("prompt_tokens")
}

/// An answer that is made here: one vector an input, in order.
pub fn answer(model: &str, vectors: &[Vec<f32>], prompt_tokens: u64, encoding: Encoding) -> Bytes {
    let mut out = Out::default();
    out.open().member("object", "list").key("data").open_array();
    for (index, vector) in vectors.iter().enumerate() {
        out.open()
            .member("object", "embedding")
            .member_number("index", index as u64);
        out.key("embedding");
        write(vector, encoding, &mut out);
        out.close();
    }
    out.close_array().member("model", model).key("usage").open();
    out.member_number("prompt_tokens", prompt_tokens)
        .member_number("total_tokens", prompt_tokens)
        .close()
        .close();
    out.into_bytes()
}

/// The answer of a provider with its vectors in `encoding` and the model as the client names it, all other members as
/// they came; `None` if it is no answer.
pub fn in_encoding(body: &[u8], model: &str, encoding: Encoding) -> Option<Bytes> {
    let mut object = Object::read(body).ok()??;
    if object.take("error").is_some() {
        return None;
    }
    let vectors = array(object.take_raw("data")?)?;
    object.take("model");
    let mut out = Out::default();
    out.open().key("data").open_array();
    for value in vectors {
        let mut vector = Object::open(value).ok()??;
        let embedding = vector.take_raw("embedding")?;
        out.open().key("embedding");
        match (read(embedding)?, encoding) {
            (Vector::Numbers(_), Encoding::Numbers) | (Vector::Base64(_), Encoding::Base64) => {
                out.raw(embedding);
            }
            (Vector::Numbers(floats) | Vector::Base64(floats), encoding) => write(&floats, encoding, &mut out),
        }
        out.members(&vector.rest()).close();
    }
    out.close_array().member("model", model).members(&object.rest()).close();
    Some(out.into_bytes())
}

enum Vector {
    Numbers(Vec<f32>),
    Base64(Vec<f32>),
}

fn read(value: &str) -> Option<Vector> {
    if let Some(encoded) = text(value) {
        let bytes = base64::decode(&encoded)?;
        let (floats, rest) = bytes.as_chunks::<4>();
        let floats = floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        return rest.is_empty().then_some(Vector::Base64(floats));
    }
    let floats: Option<Vec<f32>> = array(value)?.into_iter().map(|number| number.parse().ok()).collect();
    floats.map(Vector::Numbers)
}

fn write(vector: &[f32], encoding: Encoding, out: &mut Out) {
    match encoding {
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|float| float.to_le_bytes()).collect();
            out.text(&base64::encode(&bytes));
        }
        Encoding::Numbers => {
            out.open_array();
            for float in vector {
                // JSON has no word for what is no number; no model makes one.
                out.raw(&if float.is_finite() {
                    format!("{float:?}")
                } else {
                    "0.0".to_owned()
                });
            }
            out.close_array();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_encoding_is_the_one_that_was_asked_for() {
        assert_eq!(asked(br#"{"model":"m","input":"x"}"#), Some(Encoding::Numbers));
        assert_eq!(asked(br#"{"encoding_format":"base64"}"#), Some(Encoding::Base64));
        assert_eq!(asked(br#"{"encoding_format":"int8"}"#), None);
    }

    #[test]
    fn other_members_of_an_answer_stay() {
        let body = br#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0,-0.5],"new":1}],"model":"up","usage":{"prompt_tokens":2,"total_tokens":2}}"#;
        let encoded = in_encoding(body, "m", Encoding::Base64).expect("an answer");
        let value: serde_json::Value = serde_json::from_slice(&encoded).expect("JSON");
        assert_eq!(value["data"][0]["embedding"], "AACAPwAAAL8=");
        assert_eq!((&value["data"][0]["new"], &value["model"]), (&1.into(), &"m".into()));
        assert_eq!(prompt_tokens(&encoded), Some(2));
        assert_eq!(in_encoding(br#"{"error":{}}"#, "m", Encoding::Base64), None);
    }

    proptest! {
        #[test]
        fn vectors_survive_both_encodings(vector in proptest::collection::vec(-1e30_f32..1e30, 0..20)) {
            let numbers = answer("m", std::slice::from_ref(&vector), 1, Encoding::Numbers);
            let base64 = answer("m", &[vector], 1, Encoding::Base64);
            let of = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).expect("JSON")["data"][0]["embedding"].clone();
            prop_assert_eq!(of(&in_encoding(&numbers, "m", Encoding::Base64).expect("an answer")), of(&base64));
            prop_assert_eq!(of(&in_encoding(&base64, "m", Encoding::Numbers).expect("an answer")), of(&numbers));
        }
    }
}
