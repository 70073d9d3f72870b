//! What a generation used, in parts that don't overlap.

/// Token counts whose sum is the whole.
///
/// The formats count differently: OpenAI's `prompt_tokens` and `completion_tokens` include their details, Anthropic's
/// `input_tokens` excludes what the cache gave and took, while its `output_tokens` includes thinking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens that were read as new and not written to a cache.
    pub input: u64,
    /// Prompt tokens that the provider's cache gave.
    pub cache_read: u64,
    /// Prompt tokens that the provider's cache took, for the shorter time or for no told one.
    pub cache_write: u64,
    /// Prompt tokens that the cache took for an hour.
    pub cache_write_hour: u64,
    /// Answer tokens, reasoning left out.
    pub output: u64,
    /// Answer tokens spent on reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// All of the prompt.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.written())
    }

    /// All that the cache took.
    pub fn written(&self) -> u64 {
        self.cache_write.saturating_add(self.cache_write_hour)
    }

    /// All of the answer.
    pub fn answer(&self) -> u64 {
        self.output.saturating_add(self.reasoning)
    }

    /// OpenAI's wholes with their parts; `None` if a part is larger than its whole.
    pub(crate) fn from_wholes(prompt: u64, cached: u64, written: u64, answer: u64, reasoning: u64) -> Option<Self> {
        Some(Self {
            input: prompt.checked_sub(cached)?.checked_sub(written)?,
            cache_read: cached,
            cache_write: written,
            cache_write_hour: 0,
            output: answer.checked_sub(reasoning)?,
            reasoning,
        })
    }
}
