//! What can be said in which format: one table that the writers obey and the documentation shows.
//!
//! Promises: a writer that can't say something asks the table whether to leave it out, with its place told to the
//! client in `x-candor-dropped`, or to refuse the request; it never decides that itself. What changes the meaning of
//! an answer is refused; what tunes it is left out. Leaves out: what a single model can do.

mod matrix;
mod table;

pub use matrix::matrix;
pub use table::TABLE;

use crate::neutral::Format;

/// What becomes of something in the words of another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is said, and read back it is the same.
    Said,
    /// It is said in other words, which mean it as nearly as can be.
    Near(&'static str),
    /// It is left out and listed in `x-candor-dropped`.
    Dropped,
    /// The request is refused.
    Refused,
}

/// One thing that a request can say.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub feature: Feature,
    /// In words.
    pub what: &'static str,
    /// How chat, responses and messages say it; `None` where they can't.
    pub said_as: [Option<&'static str>; 3],
    /// What becomes of it in chat, responses and messages.
    pub verdicts: [Verdict; 3],
}

/// The things a request can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each is described in its row of the table, which a test holds complete"
)]
pub enum Feature {
    // Who says what
    SystemPrompt,
    SystemMidway,
    DeveloperRole,
    TurnName,
    Prefill,
    RefusalPart,
    // Parts
    Text,
    TextCitations,
    ImageBytes,
    ImageUrl,
    ImageFile,
    ImageDetail,
    DocumentBytes,
    DocumentText,
    DocumentUrl,
    DocumentFile,
    DocumentName,
    Audio,
    ReasoningHistory,
    OtherPart,
    CacheMark,
    CacheLifetime,
    ToolCacheMark,
    // Tools
    FunctionTool,
    ToolStrict,
    CustomTool,
    CustomGrammar,
    HostedTool,
    ToolChoice,
    AllowedTools,
    OtherToolChoice,
    ParallelTools,
    ToolCall,
    CustomCall,
    ToolResult,
    ToolResultMedia,
    ToolResultFailed,
    MaxToolCalls,
    // The answer
    OutputCap,
    ZeroCap,
    Stop,
    SeveralAnswers,
    JsonObject,
    JsonSchema,
    SchemaName,
    SchemaDescription,
    SchemaStrict,
    OtherFormat,
    Verbosity,
    SpokenAnswer,
    SpokenSettings,
    Logprobs,
    TopLogprobs,
    Include,
    // Sampling
    Temperature,
    HighTemperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    LogitBias,
    Seed,
    Prediction,
    // Thinking
    Effort,
    LowestEffort,
    NoThinking,
    ThinkingBudget,
    AdaptiveThinking,
    OtherThinking,
    ThinkingShown,
    SealedThinking,
    // State
    Stored,
    PreviousAnswer,
    Conversation,
    Background,
    PromptTemplate,
    Container,
    McpServers,
    // Operation
    User,
    Metadata,
    ServiceTier,
    CacheKey,
    CacheOptions,
    CacheRetention,
    CacheAll,
    Truncation,
    ContextManagement,
    WebSearch,
    Moderation,
    Speed,
    Region,
    Diagnostics,
    StreamPadding,
    UnknownMember,
}

impl Feature {
    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// How `format` says it; the member's name for what is one member.
    pub fn said_as(self, format: Format) -> Option<&'static str> {
        self.row().said_as[format as usize]
    }

    /// The member of a request in `format` that says it.
    pub fn member(self, format: Format) -> &'static str {
        let phrase = self.said_as(format).unwrap_or("?");
        phrase.split([' ', '`', ':']).next().unwrap_or(phrase)
    }

    /// What becomes of it in `target`.
    pub fn verdict(self, target: Format) -> Verdict {
        self.row().verdicts[target as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_its_row_and_is_said_where_it_can_be() {
        assert!(TABLE.len() > 80);
        assert_eq!(
            TABLE.last().map(|row| row.feature),
            Some(Feature::UnknownMember),
            "the last feature has the last row"
        );
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(
                row.feature as usize, at,
                "{:?} stands where the enum has it",
                row.feature
            );
            assert!(
                row.said_as.iter().any(Option::is_some),
                "{:?} comes from somewhere",
                row.feature
            );
            for format in Format::ALL {
                if row.verdicts[format as usize] == Verdict::Said {
                    assert!(row.feature.said_as(format).is_some(), "{:?} in {format:?}", row.feature);
                }
            }
        }
    }

    #[test]
    fn the_matrix_shows_every_row() {
        assert_eq!(matrix().lines().count(), TABLE.len() + 2);
    }
}
