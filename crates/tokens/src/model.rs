//! Which encoding a model counts in.

use crate::Encoding;

/// How well an encoding fits a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// It is the model's own.
    Own,
    /// The model has one of its own, which is not known here.
    Approximate,
}

/// The beginnings of names, the first that fits counts: as OpenAI's `tiktoken` knows them (0.12, `model.py`).
const NAMES: [(&str, Encoding); 17] = [
    ("o1", Encoding::O200k),
    ("o3", Encoding::O200k),
    ("o4-", Encoding::O200k),
    ("gpt-5", Encoding::O200k),
    ("gpt-4.5", Encoding::O200k),
    ("gpt-4.1", Encoding::O200k),
    ("gpt-4o", Encoding::O200k),
    ("chatgpt-4o", Encoding::O200k),
    ("gpt-oss", Encoding::O200k),
    ("gpt-realtime", Encoding::O200k),
    ("gpt-audio", Encoding::O200k),
    ("gpt-4", Encoding::Cl100k),
    ("gpt-3.5", Encoding::Cl100k),
    ("gpt-35-turbo", Encoding::Cl100k),
    ("text-embedding-", Encoding::Cl100k),
    ("davinci-002", Encoding::Cl100k),
    ("babbage-002", Encoding::Cl100k),
];

/// The encoding of a model as its provider names it. Names may stand behind a maker's (`openai/gpt-4o`) or a fine-tuning's
/// mark (`ft:gpt-4o:…`). Models of other makers get the newest encoding, which differs from theirs by some tenths.
#[must_use]
pub fn of_model(name: &str) -> (Encoding, Fit) {
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let known = NAMES.iter().find(|(beginning, _)| name.starts_with(beginning));
    known.map_or((Encoding::O200k, Fit::Approximate), |(_, encoding)| {
        (*encoding, Fit::Own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_encoding_and_unknown_ones_get_an_approximation() {
        for (name, expected) in [
            ("gpt-4o-mini-2024-07-18", (Encoding::O200k, Fit::Own)),
            ("o3", (Encoding::O200k, Fit::Own)),
            ("openai/gpt-oss-120b", (Encoding::O200k, Fit::Own)),
            ("ft:gpt-4:acme::1", (Encoding::Cl100k, Fit::Own)),
            ("gpt-4-turbo", (Encoding::Cl100k, Fit::Own)),
            ("text-embedding-3-large", (Encoding::Cl100k, Fit::Own)),
            ("claude-opus-4-1", (Encoding::O200k, Fit::Approximate)),
            ("mistralai/mistral-large", (Encoding::O200k, Fit::Approximate)),
            ("", (Encoding::O200k, Fit::Approximate)),
        ] {
            assert_eq!(of_model(name), expected, "{name}");
        }
    }
}
