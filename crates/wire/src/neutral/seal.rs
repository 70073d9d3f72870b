//! One provider's seal in the member that another format has for its own, so that a client sends it back unharmed.

use super::{Reasoning, Seal};
use crate::json::Text;
use std::borrow::Cow;

const SIGNATURE: &str = "candor-anthropic-signature:";
const REDACTED: &str = "candor-anthropic-redacted:";
const ENCRYPTED: &str = "candor-openai:";

/// What stands in `encrypted_content` of a response.
pub(crate) fn for_responses<'s>(seal: &'s Seal<'_>) -> Text<'s> {
    match seal {
        Seal::Encrypted(content) => Cow::Borrowed(content),
        Seal::Signature(signature) => format!("{SIGNATURE}{signature}").into(),
        Seal::Redacted(content) => format!("{REDACTED}{content}").into(),
    }
}

/// What `encrypted_content` of a response is.
pub(crate) fn from_responses(content: Text<'_>) -> Seal<'_> {
    if let Some(signature) = content.strip_prefix(SIGNATURE) {
        Seal::Signature(signature.to_owned().into())
    } else if let Some(redacted) = content.strip_prefix(REDACTED) {
        Seal::Redacted(redacted.to_owned().into())
    } else {
        Seal::Encrypted(content)
    }
}

/// What stands in `signature` of a thinking block.
pub(crate) fn for_messages<'s>(id: Option<&str>, seal: &'s Seal<'_>) -> Text<'s> {
    match seal {
        Seal::Signature(signature) | Seal::Redacted(signature) => Cow::Borrowed(signature),
        Seal::Encrypted(content) => format!("{ENCRYPTED}{}:{content}", id.unwrap_or_default()).into(),
    }
}

/// The thought of a thinking block.
pub(crate) fn from_messages<'a>(text: Text<'a>, signature: Text<'a>) -> Reasoning<'a> {
    let tagged = signature
        .strip_prefix(ENCRYPTED)
        .and_then(|rest| rest.split_once(':'))
        .map(|(id, content)| (id.to_owned(), content.to_owned()));
    let texts = if text.is_empty() { Vec::new() } else { vec![text] };
    match tagged {
        Some((id, content)) => Reasoning {
            id: (!id.is_empty()).then(|| id.into()),
            texts,
            verbatim: false,
            seal: Some(Seal::Encrypted(content.into())),
        },
        None => Reasoning {
            id: None,
            texts,
            verbatim: true,
            seal: (!signature.is_empty()).then_some(Seal::Signature(signature)),
        },
    }
}
