//! In what a server of one format differs from the one that made the format: facts, so that no reader or writer has
//! a branch for a provider.

use crate::feature::Feature;

/// What a server wants differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What it refuses or ignores although its format has words for it.
    pub drops: &'static [Feature],
    /// Members that it calls otherwise.
    pub renames: &'static [(Feature, &'static str)],
    /// How it calls the developer.
    pub developer: Developer,
    /// What ids of tool calls it takes.
    pub call_ids: CallIds,
    /// What becomes of earlier thinking in chat messages.
    pub thinking: ThinkingBack,
}

/// How a server calls the developer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Developer {
    /// `developer`, and knows `system` too.
    Apart,
    /// Only `system`.
    System,
}

/// What ids of tool calls a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallIds {
    /// Any text.
    Any,
    /// Letters, digits, `_` and `-`.
    Plain,
    /// Exactly nine letters and digits.
    Nine,
}

/// What becomes of earlier thinking in chat messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkingBack {
    /// It is left out.
    Nowhere,
    /// `reasoning_content`, as servers of open models want it between tool calls.
    Content,
}

impl Dialect {
    /// The format as its maker speaks it.
    pub const PLAIN: Self = Self {
        drops: &[],
        renames: &[],
        developer: Developer::Apart,
        call_ids: CallIds::Any,
        thinking: ThinkingBack::Nowhere,
    };

    /// Anthropic's own API, as of version 2026-10-21, which takes no sampling.
    pub const ANTHROPIC: Self = Self {
        drops: &[Feature::Temperature, Feature::TopP, Feature::TopK],
        call_ids: CallIds::Plain,
        ..Self::PLAIN
    };

    /// Anthropic's API as of version 2023-06-01.
    pub const ANTHROPIC_2023: Self = Self {
        call_ids: CallIds::Plain,
        ..Self::PLAIN
    };

    /// Mistral's chat completions.
    pub const MISTRAL: Self = Self {
        drops: &[
            Feature::LogitBias,
            Feature::Logprobs,
            Feature::TopLogprobs,
            Feature::User,
            Feature::Metadata,
            Feature::ServiceTier,
            Feature::CacheKey,
            Feature::CacheOptions,
            Feature::CacheRetention,
            Feature::CacheMark,
            Feature::Verbosity,
        ],
        renames: &[(Feature::Seed, "random_seed"), (Feature::OutputCap, "max_tokens")],
        developer: Developer::System,
        call_ids: CallIds::Nine,
        thinking: ThinkingBack::Nowhere,
    };

    /// Servers of open models: vLLM, llama.cpp, Ollama.
    pub const OPEN: Self = Self {
        drops: &[
            Feature::Metadata,
            Feature::CacheKey,
            Feature::CacheOptions,
            Feature::CacheRetention,
            Feature::CacheMark,
            Feature::Verbosity,
        ],
        renames: &[(Feature::OutputCap, "max_tokens")],
        developer: Developer::System,
        call_ids: CallIds::Any,
        thinking: ThinkingBack::Content,
    };

    /// The member that says `feature` here, where the format says `usual`.
    pub(crate) fn name(&self, feature: Feature, usual: &'static str) -> &'static str {
        self.renames
            .iter()
            .find(|(renamed, _)| *renamed == feature)
            .map_or(usual, |(_, name)| name)
    }

    /// `id` as this server takes it; the same id always becomes the same, so calls and results still match.
    pub(crate) fn call_id<'i>(&self, id: &'i str) -> std::borrow::Cow<'i, str> {
        match self.call_ids {
            CallIds::Any => id.into(),
            CallIds::Plain => plain_id(id),
            CallIds::Nine => nine(id),
        }
    }
}

/// Every byte that may not stand in an id becomes `-` and its two hex digits.
fn plain_id(id: &str) -> std::borrow::Cow<'_, str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !id.is_empty() && id.bytes().all(allowed) {
        return id.into();
    }
    let mut plain = String::from("id_");
    for byte in id.bytes() {
        if allowed(byte) {
            plain.push(char::from(byte));
        } else {
            plain.push_str(&format!("-{byte:02x}"));
        }
    }
    plain.into()
}

/// Nine letters and digits out of an FNV-1a hash: 53 bits, so that the calls of one conversation don't meet.
fn nine(id: &str) -> std::borrow::Cow<'_, str> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return id.into();
    }
    let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut nine = String::with_capacity(9);
    for _ in 0..9 {
        nine.push(char::from(DIGITS[(hash % 62) as usize]));
        hash /= 62;
    }
    nine.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fit_the_server_and_stay_apart() {
        assert_eq!(Dialect::ANTHROPIC.call_id("toolu_01-a"), "toolu_01-a");
        assert_eq!(Dialect::ANTHROPIC.call_id("functions.f:0"), "id_functions-2ef-3a0");
        assert_eq!(Dialect::ANTHROPIC.call_id(""), "id_");
        let ids: std::collections::HashSet<_> = (0..10_000).map(|n| nine(&format!("call_{n}")).into_owned()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 9));
        assert_eq!(nine("abcdefgh1"), "abcdefgh1");
    }
}
