//! What a generation used, as OpenAI-compatible servers report it.

use crate::json::Out;
use crate::neutral;
use serde::Deserialize;

/// Token counts of one answer. `cached` and `written` are parts of `input`, `reasoning` is part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input: u64,
    /// Prompt tokens that the provider served from its cache.
    pub cached: u64,
    /// Prompt tokens that the provider wrote into its cache.
    pub written: u64,
    /// Answer tokens, reasoning included.
    pub output: u64,
    /// Answer tokens spent on reasoning.
    pub reasoning: u64,
}

#[derive(Deserialize)]
pub(super) struct UsageObject {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl UsageObject {
    /// The counts; `None` if the two that matter are missing or a part is larger than its whole.
    pub(super) fn counts(&self) -> Option<Usage> {
        let prompt = self.prompt_tokens_details.as_ref();
        let usage = Usage {
            input: self.prompt_tokens?,
            cached: prompt.and_then(|details| details.cached_tokens).unwrap_or(0),
            written: prompt.and_then(|details| details.cache_write_tokens).unwrap_or(0),
            output: self.completion_tokens?,
            reasoning: self
                .completion_tokens_details
                .as_ref()
                .and_then(|d| d.reasoning_tokens)
                .unwrap_or(0),
        };
        let parts = usage.cached.checked_add(usage.written)?;
        (parts <= usage.input && usage.reasoning <= usage.output).then_some(usage)
    }
}

/// Reads `usage` of a chat completion or of a response into disjoint parts.
pub(super) fn read(value: &str) -> Option<neutral::Usage> {
    #[derive(Deserialize)]
    struct Wholes {
        #[serde(alias = "input_tokens")]
        prompt_tokens: Option<u64>,
        #[serde(alias = "output_tokens")]
        completion_tokens: Option<u64>,
        #[serde(alias = "input_tokens_details")]
        prompt_tokens_details: Option<Prompt>,
        #[serde(alias = "output_tokens_details")]
        completion_tokens_details: Option<CompletionDetails>,
    }
    #[derive(Deserialize, Default)]
    struct Prompt {
        cached_tokens: Option<u64>,
        cache_write_tokens: Option<u64>,
    }
    let wholes: Wholes = serde_json::from_str(value).ok()?;
    let prompt = wholes.prompt_tokens_details.unwrap_or_default();
    neutral::Usage::from_wholes(
        wholes.prompt_tokens?,
        prompt.cached_tokens.unwrap_or(0),
        prompt.cache_write_tokens.unwrap_or(0),
        wholes.completion_tokens?,
        wholes
            .completion_tokens_details
            .and_then(|details| details.reasoning_tokens)
            .unwrap_or(0),
    )
}

/// How a format names the counts.
pub(super) enum Names {
    /// `prompt_tokens`, `completion_tokens`.
    Chat,
    /// `input_tokens`, `output_tokens`.
    Responses,
}

/// Writes the value of `usage`.
pub(super) fn write(usage: &neutral::Usage, names: &Names, out: &mut Out) {
    let (input, output) = match names {
        Names::Chat => (
            ["prompt_tokens", "prompt_tokens_details"],
            ["completion_tokens", "completion_tokens_details"],
        ),
        Names::Responses => (
            ["input_tokens", "input_tokens_details"],
            ["output_tokens", "output_tokens_details"],
        ),
    };
    out.open().member_number(input[0], usage.prompt());
    out.key(input[1]).open();
    out.member_number("cached_tokens", usage.cache_read)
        .member_number("cache_write_tokens", usage.written())
        .close();
    out.member_number(output[0], usage.answer());
    out.key(output[1])
        .open()
        .member_number("reasoning_tokens", usage.reasoning)
        .close();
    out.member_number("total_tokens", usage.prompt().saturating_add(usage.answer()))
        .close();
}

/// Disjoint parts as the wholes that meters of pass-through streams count in.
pub(super) fn wholes(usage: neutral::Usage) -> Usage {
    Usage {
        input: usage.prompt(),
        cached: usage.cache_read,
        written: usage.written(),
        output: usage.answer(),
        reasoning: usage.reasoning,
    }
}
