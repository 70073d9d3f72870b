//! What a generation used, as OpenAI-compatible servers report it.

use serde::Deserialize;

/// Token counts of one answer. `cached` is part of `input`, `reasoning` part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input: u64,
    /// Prompt tokens that the provider served from its cache.
    pub cached: u64,
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
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl UsageObject {
    /// The counts; `None` if the two that matter are missing or a part is larger than its whole.
    pub(super) fn counts(&self) -> Option<Usage> {
        let usage = Usage {
            input: self.prompt_tokens?,
            cached: self
                .prompt_tokens_details
                .as_ref()
                .and_then(|details| details.cached_tokens)
                .unwrap_or(0),
            output: self.completion_tokens?,
            reasoning: self
                .completion_tokens_details
                .as_ref()
                .and_then(|d| d.reasoning_tokens)
                .unwrap_or(0),
        };
        (usage.cached <= usage.input && usage.reasoning <= usage.output).then_some(usage)
    }
}
