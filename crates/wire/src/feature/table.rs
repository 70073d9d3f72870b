//! The table itself.

use super::Feature as F;
use super::{Row, Verdict};

const SAID: Verdict = Verdict::Said;
const DROPPED: Verdict = Verdict::Dropped;
const REFUSED: Verdict = Verdict::Refused;

const fn near(how: &'static str) -> Verdict {
    Verdict::Near(how)
}

/// A thing that all three say.
const fn all(feature: F, what: &'static str, said_as: [&'static str; 3]) -> Row {
    let [chat, responses, messages] = said_as;
    row(
        feature,
        what,
        [Some(chat), Some(responses), Some(messages)],
        [SAID, SAID, SAID],
    )
}

/// A thing that both of OpenAI's formats say, and what becomes of it in Anthropic's.
const fn openai(feature: F, what: &'static str, said_as: [&'static str; 2], messages: Verdict) -> Row {
    let [chat, responses] = said_as;
    row(
        feature,
        what,
        [Some(chat), Some(responses), None],
        [SAID, SAID, messages],
    )
}

/// A thing that only chat completions say, and what becomes of it in responses and messages.
const fn chat(feature: F, what: &'static str, said_as: &'static str, elsewhere: [Verdict; 2]) -> Row {
    let [responses, messages] = elsewhere;
    row(feature, what, [Some(said_as), None, None], [SAID, responses, messages])
}

/// A thing that only responses say, and what becomes of it in chat and messages.
const fn responses(feature: F, what: &'static str, said_as: &'static str, elsewhere: [Verdict; 2]) -> Row {
    let [chat, messages] = elsewhere;
    row(feature, what, [None, Some(said_as), None], [chat, SAID, messages])
}

/// A thing that only messages say, and what becomes of it in chat and responses.
const fn messages(feature: F, what: &'static str, said_as: &'static str, elsewhere: [Verdict; 2]) -> Row {
    let [chat, responses] = elsewhere;
    row(feature, what, [None, None, Some(said_as)], [chat, responses, SAID])
}

const fn row(feature: F, what: &'static str, said_as: [Option<&'static str>; 3], verdicts: [Verdict; 3]) -> Row {
    Row {
        feature,
        what,
        said_as,
        verdicts,
    }
}

/// Every thing that a request can say.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // Who says what
    all(F::SystemPrompt, "system prompt", ["role `system` at the start", "`instructions`, role `system` at the start", "`system`"]),
    all(F::SystemMidway, "system message in mid-conversation", ["role `system`", "role `system`", "role `system`"]),
    openai(F::DeveloperRole, "role `developer`", ["role `developer`", "role `developer`"], near("as a system message")),
    chat(F::TurnName, "a speaker's name", "messages[].name", [DROPPED, DROPPED]),
    messages(F::Prefill, "an answer that the client begins", "a last message of role `assistant`", [REFUSED, REFUSED]),
    openai(F::RefusalPart, "a refusal in the history", ["messages[].refusal", "content `refusal`"], near("as text")),
    // Parts
    all(F::Text, "text", ["content `text`", "`input_text`, `output_text`", "`text`"]),
    messages(F::TextCitations, "citations of a text in the history", "citations", [DROPPED, DROPPED]),
    all(F::ImageBytes, "image, bytes in the request", ["`image_url` with a data URL", "`input_image` with a data URL", "`image` with `base64`"]),
    all(F::ImageUrl, "image, by address", ["`image_url`", "`input_image`", "`image` with `url`"]),
    row(F::ImageFile, "image, by a provider's file id", [None, Some("`input_image` with `file_id`"), Some("`image` with `file`")], [REFUSED, REFUSED, REFUSED]),
    openai(F::ImageDetail, "how closely an image is looked at", ["image_url.detail", "detail"], DROPPED),
    all(F::DocumentBytes, "PDF, bytes in the request", ["`file` with a data URL", "`input_file` with a data URL", "`document` with `base64`"]),
    all(F::DocumentText, "document of plain text", ["`file` with a `text/plain` data URL", "`input_file` with a `text/plain` data URL", "`document` with `text`"]),
    row(F::DocumentUrl, "document, by address", [None, Some("`input_file` with `file_url`"), Some("`document` with `url`")], [REFUSED, SAID, SAID]),
    row(F::DocumentFile, "document, by a provider's file id", [Some("`file` with `file_id`"), Some("`input_file` with `file_id`"), Some("`document` with `file`")], [REFUSED, REFUSED, REFUSED]),
    all(F::DocumentName, "a document's name", ["file.filename", "filename", "title"]),
    chat(F::Audio, "speech in the request", "`input_audio`", [REFUSED, REFUSED]),
    row(F::ReasoningHistory, "earlier thinking, sent back", [Some("messages[].reasoning_details"), Some("item `reasoning`"), Some("`thinking`, `redacted_thinking`")],
        [DROPPED, near("dropped unless OpenAI sealed it"), near("dropped unless Anthropic sealed it")]),
    row(F::OtherPart, "content that only one format knows", [Some("any other part"), Some("any other item"), Some("any other block")], [REFUSED, REFUSED, REFUSED]),
    all(F::CacheMark, "the end of a prefix to be cached", ["prompt_cache_breakpoint", "prompt_cache_breakpoint", "cache_control"]),
    row(F::CacheLifetime, "how long a prefix stays cached", [Some("prompt_cache_breakpoint.ttl"), Some("prompt_cache_breakpoint.ttl"), Some("cache_control.ttl")],
        [near("left out if Anthropic's"), near("left out if Anthropic's"), DROPPED]),
    messages(F::ToolCacheMark, "a cache mark on a tool, a call or a result", "cache_control", [DROPPED, DROPPED]),
    // Tools
    all(F::FunctionTool, "function with a schema", ["tools[].function", "tools[] `function`", "tools[]"]),
    all(F::ToolStrict, "arguments that always fit the schema", ["function.strict", "strict", "strict"]),
    openai(F::CustomTool, "tool that takes free text", ["tools[].custom", "tools[] `custom`"], near("as a function with one text, `input`; its calls come back as free text")),
    openai(F::CustomGrammar, "grammar of that text", ["custom.format", "format"], DROPPED),
    row(F::HostedTool, "tool that the provider runs", [Some("any other tool"), Some("`web_search` and the like"), Some("`web_search_20250305` and the like")], [DROPPED, DROPPED, DROPPED]),
    all(F::ToolChoice, "whether and which tool is called", ["tool_choice", "tool_choice", "tool_choice"]),
    openai(F::AllowedTools, "only some of the tools may be called", ["tool_choice `allowed_tools`", "tool_choice `allowed_tools`"], near("only those tools are sent")),
    row(F::OtherToolChoice, "a choice that only one format knows", [Some("tool_choice"), Some("tool_choice"), Some("tool_choice")], [REFUSED, REFUSED, REFUSED]),
    all(F::ParallelTools, "several calls at once", ["parallel_tool_calls", "parallel_tool_calls", "tool_choice.disable_parallel_tool_use"]),
    all(F::ToolCall, "a call in the history", ["messages[].tool_calls", "item `function_call`", "`tool_use`"]),
    openai(F::CustomCall, "a call with free text in the history", ["messages[].tool_calls `custom`", "item `custom_tool_call`"], near("as a call of the function")),
    all(F::ToolResult, "the result of a call", ["role `tool`", "item `function_call_output`", "`tool_result`"]),
    row(F::ToolResultMedia, "images and documents in a result", [None, Some("output[]"), Some("content[]")], [near("in a user message behind the results"), SAID, SAID]),
    messages(F::ToolResultFailed, "a result that is an error", "is_error", [DROPPED, DROPPED]),
    responses(F::MaxToolCalls, "most calls of the provider's tools", "max_tool_calls", [DROPPED, DROPPED]),
    // The answer
    all(F::OutputCap, "most tokens of the answer", ["max_completion_tokens", "max_output_tokens", "max_tokens"]),
    messages(F::ZeroCap, "no answer, only a warm cache", "max_tokens: 0", [REFUSED, REFUSED]),
    row(F::Stop, "texts that end the answer", [Some("stop"), None, Some("stop_sequences")], [SAID, REFUSED, SAID]),
    chat(F::SeveralAnswers, "several answers", "n", [REFUSED, REFUSED]),
    openai(F::JsonObject, "some JSON object", ["response_format `json_object`", "text.format `json_object`"], DROPPED),
    all(F::JsonSchema, "JSON that fits a schema", ["response_format `json_schema`", "text.format `json_schema`", "output_config.format"]),
    openai(F::SchemaName, "the schema's name", ["response_format.json_schema.name", "text.format.name"], DROPPED),
    openai(F::SchemaDescription, "the schema's description", ["response_format.json_schema.description", "text.format.description"], DROPPED),
    openai(F::SchemaStrict, "a schema that is only a hint (`strict` false)", ["response_format.json_schema.strict", "text.format.strict"], near("as a schema that the answer always fits")),
    row(F::OtherFormat, "a form that only one format knows", [Some("response_format"), Some("text.format"), Some("output_config.format")], [REFUSED, REFUSED, REFUSED]),
    openai(F::Verbosity, "how wordy the answer is", ["verbosity", "text.verbosity"], DROPPED),
    chat(F::SpokenAnswer, "a spoken answer", "modalities", [REFUSED, REFUSED]),
    chat(F::SpokenSettings, "voice and encoding of a spoken answer", "audio", [DROPPED, DROPPED]),
    chat(F::Logprobs, "probabilities of tokens", "logprobs", [DROPPED, DROPPED]),
    row(F::TopLogprobs, "how many probabilities a token", [Some("top_logprobs"), Some("top_logprobs"), None], [DROPPED, DROPPED, DROPPED]),
    responses(F::Include, "further contents of the answer", "include", [DROPPED, DROPPED]),
    // Sampling
    all(F::Temperature, "temperature up to 1", ["temperature", "temperature", "temperature"]),
    openai(F::HighTemperature, "temperature above 1", ["temperature", "temperature"], DROPPED),
    all(F::TopP, "nucleus sampling", ["top_p", "top_p", "top_p"]),
    messages(F::TopK, "only the likeliest tokens", "top_k", [DROPPED, DROPPED]),
    chat(F::FrequencyPenalty, "penalty on repetition", "frequency_penalty", [DROPPED, DROPPED]),
    chat(F::PresencePenalty, "penalty on what was said", "presence_penalty", [DROPPED, DROPPED]),
    chat(F::LogitBias, "bias of tokens", "logit_bias", [DROPPED, DROPPED]),
    chat(F::Seed, "seed", "seed", [DROPPED, DROPPED]),
    chat(F::Prediction, "a predicted answer", "prediction", [DROPPED, DROPPED]),
    // Thinking
    all(F::Effort, "effort `low` to `max`", ["reasoning_effort", "reasoning.effort", "output_config.effort"]),
    openai(F::LowestEffort, "effort `minimal`", ["reasoning_effort", "reasoning.effort"], near("as `low`")),
    all(F::NoThinking, "no thinking", ["reasoning_effort `none`", "reasoning.effort `none`", "thinking `disabled`"]),
    messages(F::ThinkingBudget, "most tokens of thinking", "thinking.budget_tokens", [near("as an effort: below 4096 low, below 16384 medium, else high"), near("as an effort: below 4096 low, below 16384 medium, else high")]),
    messages(F::AdaptiveThinking, "the model decides how much it thinks", "thinking `adaptive`", [near("left out: it is the default there"), near("left out: it is the default there")]),
    row(F::OtherThinking, "a mode of thinking that only one format knows", [None, Some("reasoning.*"), Some("thinking.*")], [DROPPED, DROPPED, DROPPED]),
    row(F::ThinkingShown, "whether summaries of thinking are shown", [None, Some("reasoning.summary"), Some("thinking.display")], [DROPPED, near("`summarized` is `auto`, `omitted` is left out"), near("`auto`, `concise` and `detailed` are `summarized`")]),
    responses(F::SealedThinking, "thinking sealed in the answer, to be sent back", "include `reasoning.encrypted_content`", [near("left out: every answer carries what it has"), near("left out: every answer carries it")]),
    // State
    row(F::Stored, "the provider keeps the answer", [Some("store"), Some("store"), None], [DROPPED, DROPPED, DROPPED]),
    responses(F::PreviousAnswer, "going on from a kept answer", "previous_response_id", [REFUSED, REFUSED]),
    responses(F::Conversation, "going on from a kept conversation", "conversation", [REFUSED, REFUSED]),
    responses(F::Background, "an answer in the background", "background", [REFUSED, REFUSED]),
    responses(F::PromptTemplate, "a prompt that the provider keeps", "prompt", [REFUSED, REFUSED]),
    messages(F::Container, "a container that the provider keeps", "container", [REFUSED, REFUSED]),
    messages(F::McpServers, "servers of tools that the provider calls", "mcp_servers", [REFUSED, REFUSED]),
    // Operation
    all(F::User, "the end user, as a pseudonym", ["safety_identifier", "safety_identifier", "metadata.user_id"]),
    openai(F::Metadata, "the client's own pairs", ["metadata", "metadata"], DROPPED),
    openai(F::ServiceTier, "a faster or cheaper class of service", ["service_tier", "service_tier"], DROPPED),
    openai(F::CacheKey, "which requests share a cache", ["prompt_cache_key", "prompt_cache_key"], DROPPED),
    openai(F::CacheOptions, "how the cache is used", ["prompt_cache_options", "prompt_cache_options"], DROPPED),
    openai(F::CacheRetention, "how long the cache keeps", ["prompt_cache_retention", "prompt_cache_retention"], DROPPED),
    messages(F::CacheAll, "cache marks that the provider sets itself", "cache_control", [DROPPED, DROPPED]),
    responses(F::Truncation, "a history that is cut where it is too long", "truncation", [DROPPED, DROPPED]),
    row(F::ContextManagement, "a history that is shortened by the provider", [None, Some("context_management"), Some("context_management")], [DROPPED, DROPPED, DROPPED]),
    chat(F::WebSearch, "search before answering", "web_search_options", [DROPPED, DROPPED]),
    openai(F::Moderation, "moderation along the way", ["moderation", "moderation"], REFUSED),
    messages(F::Speed, "a faster class of model", "speed", [DROPPED, DROPPED]),
    messages(F::Region, "where the model runs", "inference_geo", [REFUSED, REFUSED]),
    messages(F::Diagnostics, "why a cache was missed", "diagnostics", [DROPPED, DROPPED]),
    row(F::StreamPadding, "padding of stream events", [Some("stream_options.include_obfuscation"), Some("stream_options.include_obfuscation"), None], [near("no padding is ever added"), near("no padding is ever added"), near("no padding is ever added")]),
    row(F::UnknownMember, "members that came after this was written", [Some("any"), Some("any"), Some("any")], [DROPPED, DROPPED, DROPPED]),
];
