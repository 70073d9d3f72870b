//! The table of features is what the writers do: each thing that a format can say is said in it and translated to
//! every other format, and must fare as its row tells.

use serde_json::{Value, json};
use wire::dialect::Dialect;
use wire::feature::{Feature as F, TABLE, Verdict};
use wire::neutral::Format;
use wire::problem::Problem;
use wire::translate::{self, Asked, Changes};

/// Where a witness stands in an otherwise empty request.
#[derive(Clone, Copy)]
enum At {
    /// Members of the top object, in place of those that are there.
    Top,
    /// A part of what the user says.
    Part,
    /// Members of what the user says.
    Turn,
    /// What the model said before; for responses an item.
    Model,
    /// A tool.
    Tool,
}

use At::{Model, Part, Tool, Top, Turn};

const CHAT: Format = Format::Chat;
const RESP: Format = Format::Responses;
const MESS: Format = Format::Messages;

/// One request a feature and a format that says it.
#[rustfmt::skip]
const WITNESSES: &[(F, Format, At, &str)] = &[
    (F::SystemPrompt, CHAT, Top, r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::SystemPrompt, RESP, Top, r#"{"instructions":"s"}"#),
    (F::SystemPrompt, MESS, Top, r#"{"system":"s"}"#),
    (F::SystemMidway, CHAT, Top, r#"{"messages":[{"role":"user","content":"x"},{"role":"system","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::SystemMidway, RESP, Top, r#"{"input":[{"role":"user","content":"x"},{"role":"system","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::SystemMidway, MESS, Top, r#"{"messages":[{"role":"user","content":"x"},{"role":"system","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::DeveloperRole, CHAT, Top, r#"{"messages":[{"role":"developer","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::DeveloperRole, RESP, Top, r#"{"input":[{"role":"developer","content":"s"},{"role":"user","content":"x"}]}"#),
    (F::TurnName, CHAT, Turn, r#"{"name":"ann"}"#),
    (F::Prefill, MESS, Top, r#"{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}"#),
    (F::RefusalPart, CHAT, Model, r#"{"role":"assistant","content":null,"refusal":"no"}"#),
    (F::RefusalPart, RESP, Model, r#"{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}"#),
    (F::Text, CHAT, Part, r#"{"type":"text","text":"t"}"#),
    (F::Text, RESP, Part, r#"{"type":"input_text","text":"t"}"#),
    (F::Text, MESS, Part, r#"{"type":"text","text":"t"}"#),
    (F::TextCitations, MESS, Model, r#"{"role":"assistant","content":[{"type":"text","text":"t","citations":[{"type":"new"}]}]}"#),
    (F::ImageBytes, CHAT, Part, r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}"#),
    (F::ImageBytes, RESP, Part, r#"{"type":"input_image","image_url":"data:image/png;base64,AAAA"}"#),
    (F::ImageBytes, MESS, Part, r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#),
    (F::ImageUrl, CHAT, Part, r#"{"type":"image_url","image_url":{"url":"https://example.org"}}"#),
    (F::ImageUrl, RESP, Part, r#"{"type":"input_image","image_url":"https://example.org"}"#),
    (F::ImageUrl, MESS, Part, r#"{"type":"image","source":{"type":"url","url":"https://example.org"}}"#),
    (F::ImageFile, RESP, Part, r#"{"type":"input_image","file_id":"f"}"#),
    (F::ImageFile, MESS, Part, r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#),
    (F::ImageDetail, CHAT, Part, r#"{"type":"image_url","image_url":{"url":"https://example.org","detail":"low"}}"#),
    (F::ImageDetail, RESP, Part, r#"{"type":"input_image","image_url":"https://example.org","detail":"low"}"#),
    (F::DocumentBytes, CHAT, Part, r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA"}}"#),
    (F::DocumentBytes, RESP, Part, r#"{"type":"input_file","file_data":"data:application/pdf;base64,AAAA"}"#),
    (F::DocumentBytes, MESS, Part, r#"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}"#),
    (F::DocumentText, CHAT, Part, r#"{"type":"file","file":{"file_data":"data:text/plain;base64,YQ=="}}"#),
    (F::DocumentText, RESP, Part, r#"{"type":"input_file","file_data":"data:text/plain;base64,YQ=="}"#),
    (F::DocumentText, MESS, Part, r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"}}"#),
    (F::DocumentUrl, RESP, Part, r#"{"type":"input_file","file_url":"https://example.org"}"#),
    (F::DocumentUrl, MESS, Part, r#"{"type":"document","source":{"type":"url","url":"https://example.org"}}"#),
    (F::DocumentFile, CHAT, Part, r#"{"type":"file","file":{"file_id":"f"}}"#),
    (F::DocumentFile, RESP, Part, r#"{"type":"input_file","file_id":"f"}"#),
    (F::DocumentFile, MESS, Part, r#"{"type":"document","source":{"type":"file","file_id":"f"}}"#),
    (F::DocumentName, CHAT, Part, r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA","filename":"n"}}"#),
    (F::DocumentName, RESP, Part, r#"{"type":"input_file","file_data":"data:application/pdf;base64,AAAA","filename":"n"}"#),
    (F::DocumentName, MESS, Part, r#"{"type":"document","title":"n","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}"#),
    (F::Audio, CHAT, Part, r#"{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}"#),
    (F::ReasoningHistory, CHAT, Model, r#"{"role":"assistant","content":"y","reasoning_details":[{"type":"reasoning.text","text":"t"}]}"#),
    (F::ReasoningHistory, RESP, Model, r#"{"type":"reasoning","id":"r","summary":[],"encrypted_content":"E"}"#),
    (F::ReasoningHistory, MESS, Model, r#"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"S"}]}"#),
    (F::OtherPart, CHAT, Part, r#"{"type":"hologram"}"#),
    (F::OtherPart, RESP, Model, r#"{"type":"item_reference","id":"i"}"#),
    (F::OtherPart, MESS, Part, r#"{"type":"hologram"}"#),
    (F::CacheMark, CHAT, Part, r#"{"type":"text","text":"t","prompt_cache_breakpoint":{"mode":"explicit"}}"#),
    (F::CacheMark, RESP, Part, r#"{"type":"input_text","text":"t","prompt_cache_breakpoint":{"mode":"explicit"}}"#),
    (F::CacheMark, MESS, Part, r#"{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}"#),
    (F::CacheLifetime, CHAT, Part, r#"{"type":"text","text":"t","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}"#),
    (F::CacheLifetime, RESP, Part, r#"{"type":"input_text","text":"t","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}"#),
    (F::CacheLifetime, MESS, Part, r#"{"type":"text","text":"t","cache_control":{"type":"ephemeral","ttl":"1h"}}"#),
    (F::ToolCacheMark, MESS, Tool, r#"{"name":"t","input_schema":{},"cache_control":{"type":"ephemeral"}}"#),
    (F::FunctionTool, CHAT, Tool, r#"{"type":"function","function":{"name":"t","description":"d","parameters":{}}}"#),
    (F::FunctionTool, RESP, Tool, r#"{"type":"function","name":"t","description":"d","parameters":{}}"#),
    (F::FunctionTool, MESS, Tool, r#"{"name":"t","description":"d","input_schema":{}}"#),
    (F::ToolStrict, CHAT, Tool, r#"{"type":"function","function":{"name":"t","parameters":{},"strict":true}}"#),
    (F::ToolStrict, RESP, Tool, r#"{"type":"function","name":"t","parameters":{},"strict":true}"#),
    (F::ToolStrict, MESS, Tool, r#"{"name":"t","input_schema":{},"strict":true}"#),
    (F::CustomTool, CHAT, Tool, r#"{"type":"custom","custom":{"name":"t"}}"#),
    (F::CustomTool, RESP, Tool, r#"{"type":"custom","name":"t"}"#),
    (F::CustomGrammar, CHAT, Tool, r#"{"type":"custom","custom":{"name":"t","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}"#),
    (F::CustomGrammar, RESP, Tool, r#"{"type":"custom","name":"t","format":{"type":"grammar","syntax":"lark","definition":"d"}}"#),
    (F::HostedTool, CHAT, Tool, r#"{"type":"web"}"#),
    (F::HostedTool, RESP, Tool, r#"{"type":"web_search"}"#),
    (F::HostedTool, MESS, Tool, r#"{"type":"web_search_20250305","name":"web_search"}"#),
    (F::ToolChoice, CHAT, Top, r#"{"tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":"required"}"#),
    (F::ToolChoice, RESP, Top, r#"{"tools":[{"type":"function","name":"t"}],"tool_choice":"required"}"#),
    (F::ToolChoice, MESS, Top, r#"{"tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"tool","name":"t"}}"#),
    (F::AllowedTools, CHAT, Top, r#"{"tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"t"}}]}}}"#),
    (F::AllowedTools, RESP, Top, r#"{"tools":[{"type":"function","name":"t"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"t"}]}}"#),
    (F::OtherToolChoice, CHAT, Top, r#"{"tools":[{"type":"function","function":{"name":"t"}}],"tool_choice":{"type":"new"}}"#),
    (F::OtherToolChoice, RESP, Top, r#"{"tools":[{"type":"function","name":"t"}],"tool_choice":{"type":"web_search"}}"#),
    (F::OtherToolChoice, MESS, Top, r#"{"tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"new"}}"#),
    (F::ParallelTools, CHAT, Top, r#"{"tools":[{"type":"function","function":{"name":"t"}}],"parallel_tool_calls":false}"#),
    (F::ParallelTools, RESP, Top, r#"{"tools":[{"type":"function","name":"t"}],"parallel_tool_calls":false}"#),
    (F::ParallelTools, MESS, Top, r#"{"tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#),
    (F::ToolCall, CHAT, Model, r#"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"t","arguments":"{}"}}]}"#),
    (F::ToolCall, RESP, Model, r#"{"type":"function_call","call_id":"c","name":"t","arguments":"{}"}"#),
    (F::ToolCall, MESS, Model, r#"{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"t","input":{}}]}"#),
    (F::CustomCall, CHAT, Model, r#"{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{"name":"t","input":"i"}}]}"#),
    (F::CustomCall, RESP, Model, r#"{"type":"custom_tool_call","call_id":"c","name":"t","input":"i"}"#),
    (F::ToolResult, CHAT, Model, r#"{"role":"tool","tool_call_id":"c","content":"r"}"#),
    (F::ToolResult, RESP, Model, r#"{"type":"function_call_output","call_id":"c","output":"r"}"#),
    (F::ToolResult, MESS, Part, r#"{"type":"tool_result","tool_use_id":"c","content":"r"}"#),
    (F::ToolResultMedia, RESP, Model, r#"{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"https://example.org"}]}"#),
    (F::ToolResultMedia, MESS, Part, r#"{"type":"tool_result","tool_use_id":"c","content":[{"type":"image","source":{"type":"url","url":"https://example.org"}}]}"#),
    (F::ToolResultFailed, MESS, Part, r#"{"type":"tool_result","tool_use_id":"c","is_error":true}"#),
    (F::MaxToolCalls, RESP, Top, r#"{"max_tool_calls":1}"#),
    (F::OutputCap, CHAT, Top, r#"{"max_completion_tokens":5}"#),
    (F::OutputCap, RESP, Top, r#"{"max_output_tokens":5}"#),
    (F::OutputCap, MESS, Top, r#"{"max_tokens":5}"#),
    (F::ZeroCap, MESS, Top, r#"{"max_tokens":0}"#),
    (F::Stop, CHAT, Top, r#"{"stop":"END"}"#),
    (F::Stop, MESS, Top, r#"{"stop_sequences":["END"]}"#),
    (F::SeveralAnswers, CHAT, Top, r#"{"n":2}"#),
    (F::JsonObject, CHAT, Top, r#"{"response_format":{"type":"json_object"}}"#),
    (F::JsonObject, RESP, Top, r#"{"text":{"format":{"type":"json_object"}}}"#),
    (F::JsonSchema, CHAT, Top, r#"{"response_format":{"type":"json_schema","json_schema":{"schema":{},"strict":true}}}"#),
    (F::JsonSchema, RESP, Top, r#"{"text":{"format":{"type":"json_schema","schema":{},"strict":true}}}"#),
    (F::JsonSchema, MESS, Top, r#"{"output_config":{"format":{"type":"json_schema","schema":{}}}}"#),
    (F::SchemaName, CHAT, Top, r#"{"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}}"#),
    (F::SchemaName, RESP, Top, r#"{"text":{"format":{"type":"json_schema","name":"n","schema":{}}}}"#),
    (F::SchemaDescription, CHAT, Top, r#"{"response_format":{"type":"json_schema","json_schema":{"description":"d","schema":{}}}}"#),
    (F::SchemaDescription, RESP, Top, r#"{"text":{"format":{"type":"json_schema","description":"d","schema":{}}}}"#),
    (F::SchemaStrict, CHAT, Top, r#"{"response_format":{"type":"json_schema","json_schema":{"schema":{},"strict":false}}}"#),
    (F::SchemaStrict, RESP, Top, r#"{"text":{"format":{"type":"json_schema","schema":{},"strict":false}}}"#),
    (F::OtherFormat, CHAT, Top, r#"{"response_format":{"type":"new"}}"#),
    (F::OtherFormat, RESP, Top, r#"{"text":{"format":{"type":"grammar"}}}"#),
    (F::OtherFormat, MESS, Top, r#"{"output_config":{"format":{"type":"new"}}}"#),
    (F::Verbosity, CHAT, Top, r#"{"verbosity":"low"}"#),
    (F::Verbosity, RESP, Top, r#"{"text":{"verbosity":"low"}}"#),
    (F::SpokenAnswer, CHAT, Top, r#"{"modalities":["audio"]}"#),
    (F::SpokenSettings, CHAT, Top, r#"{"audio":{"voice":"v"}}"#),
    (F::Logprobs, CHAT, Top, r#"{"logprobs":true}"#),
    (F::TopLogprobs, CHAT, Top, r#"{"top_logprobs":1}"#),
    (F::TopLogprobs, RESP, Top, r#"{"top_logprobs":1}"#),
    (F::Include, RESP, Top, r#"{"include":["message.input_image.image_url"]}"#),
    (F::Temperature, CHAT, Top, r#"{"temperature":0.5}"#),
    (F::Temperature, RESP, Top, r#"{"temperature":1}"#),
    (F::Temperature, MESS, Top, r#"{"temperature":0}"#),
    (F::HighTemperature, CHAT, Top, r#"{"temperature":1.5}"#),
    (F::HighTemperature, RESP, Top, r#"{"temperature":1.5}"#),
    (F::TopP, CHAT, Top, r#"{"top_p":0.5}"#),
    (F::TopP, RESP, Top, r#"{"top_p":0.5}"#),
    (F::TopP, MESS, Top, r#"{"top_p":0.5}"#),
    (F::TopK, MESS, Top, r#"{"top_k":5}"#),
    (F::FrequencyPenalty, CHAT, Top, r#"{"frequency_penalty":1}"#),
    (F::PresencePenalty, CHAT, Top, r#"{"presence_penalty":1}"#),
    (F::LogitBias, CHAT, Top, r#"{"logit_bias":{"1":1}}"#),
    (F::Seed, CHAT, Top, r#"{"seed":1}"#),
    (F::Prediction, CHAT, Top, r#"{"prediction":{"type":"content","content":"x"}}"#),
    (F::Effort, CHAT, Top, r#"{"reasoning_effort":"max"}"#),
    (F::Effort, RESP, Top, r#"{"reasoning":{"effort":"low"}}"#),
    (F::Effort, MESS, Top, r#"{"output_config":{"effort":"xhigh"}}"#),
    (F::LowestEffort, CHAT, Top, r#"{"reasoning_effort":"minimal"}"#),
    (F::LowestEffort, RESP, Top, r#"{"reasoning":{"effort":"minimal"}}"#),
    (F::NoThinking, CHAT, Top, r#"{"reasoning_effort":"none"}"#),
    (F::NoThinking, RESP, Top, r#"{"reasoning":{"effort":"none"}}"#),
    (F::NoThinking, MESS, Top, r#"{"thinking":{"type":"disabled"}}"#),
    (F::ThinkingBudget, MESS, Top, r#"{"thinking":{"type":"enabled","budget_tokens":5000}}"#),
    (F::AdaptiveThinking, MESS, Top, r#"{"thinking":{"type":"adaptive"}}"#),
    (F::OtherThinking, RESP, Top, r#"{"reasoning":{"context":"all_turns"}}"#),
    (F::OtherThinking, MESS, Top, r#"{"thinking":{"type":"between_tools"}}"#),
    (F::ThinkingShown, RESP, Top, r#"{"reasoning":{"summary":"auto"}}"#),
    (F::ThinkingShown, MESS, Top, r#"{"thinking":{"type":"adaptive","display":"summarized"}}"#),
    (F::SealedThinking, RESP, Top, r#"{"include":["reasoning.encrypted_content"]}"#),
    (F::Stored, CHAT, Top, r#"{"store":true}"#),
    (F::Stored, RESP, Top, r#"{"store":true}"#),
    (F::PreviousAnswer, RESP, Top, r#"{"previous_response_id":"r"}"#),
    (F::Conversation, RESP, Top, r#"{"conversation":"c"}"#),
    (F::Background, RESP, Top, r#"{"background":true}"#),
    (F::PromptTemplate, RESP, Top, r#"{"prompt":{"id":"p"}}"#),
    (F::Container, MESS, Top, r#"{"container":"c"}"#),
    (F::McpServers, MESS, Top, r#"{"mcp_servers":[{"url":"u"}]}"#),
    (F::User, CHAT, Top, r#"{"user":"u"}"#),
    (F::User, RESP, Top, r#"{"safety_identifier":"u"}"#),
    (F::User, MESS, Top, r#"{"metadata":{"user_id":"u"}}"#),
    (F::Metadata, CHAT, Top, r#"{"metadata":{"a":"b"}}"#),
    (F::Metadata, RESP, Top, r#"{"metadata":{"a":"b"}}"#),
    (F::ServiceTier, CHAT, Top, r#"{"service_tier":"flex"}"#),
    (F::ServiceTier, RESP, Top, r#"{"service_tier":"flex"}"#),
    (F::CacheKey, CHAT, Top, r#"{"prompt_cache_key":"k"}"#),
    (F::CacheKey, RESP, Top, r#"{"prompt_cache_key":"k"}"#),
    (F::CacheOptions, CHAT, Top, r#"{"prompt_cache_options":{"mode":"explicit"}}"#),
    (F::CacheOptions, RESP, Top, r#"{"prompt_cache_options":{"mode":"explicit"}}"#),
    (F::CacheRetention, CHAT, Top, r#"{"prompt_cache_retention":"24h"}"#),
    (F::CacheRetention, RESP, Top, r#"{"prompt_cache_retention":"24h"}"#),
    (F::CacheAll, MESS, Top, r#"{"cache_control":{"type":"ephemeral"}}"#),
    (F::Truncation, RESP, Top, r#"{"truncation":"auto"}"#),
    (F::ContextManagement, RESP, Top, r#"{"context_management":[{"type":"compaction"}]}"#),
    (F::ContextManagement, MESS, Top, r#"{"context_management":{"edits":[]}}"#),
    (F::WebSearch, CHAT, Top, r#"{"web_search_options":{}}"#),
    (F::Moderation, CHAT, Top, r#"{"moderation":{"model":"m"}}"#),
    (F::Moderation, RESP, Top, r#"{"moderation":{"model":"m"}}"#),
    (F::Speed, MESS, Top, r#"{"speed":"fast"}"#),
    (F::Region, MESS, Top, r#"{"inference_geo":"eu"}"#),
    (F::Diagnostics, MESS, Top, r#"{"diagnostics":{}}"#),
    (F::StreamPadding, CHAT, Top, r#"{"stream":true,"stream_options":{"include_obfuscation":true}}"#),
    (F::StreamPadding, RESP, Top, r#"{"stream":true,"stream_options":{"include_obfuscation":true}}"#),
    (F::UnknownMember, CHAT, Top, r#"{"new":1}"#),
    (F::UnknownMember, RESP, Top, r#"{"new":1}"#),
    (F::UnknownMember, MESS, Top, r#"{"new":1}"#),
];

fn request(format: Format, at: At, witness: &str) -> Value {
    let witness: Value = serde_json::from_str(witness).expect("a witness is JSON");
    let mut request = match format {
        Format::Chat => json!({"model": "m", "messages": [{"role": "user", "content": "x"}]}),
        Format::Responses => json!({"model": "m", "input": [{"role": "user", "content": "x"}]}),
        Format::Messages => json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}),
    };
    let list = if format == Format::Responses {
        "input"
    } else {
        "messages"
    };
    let members = |target: &mut Value| {
        for (key, value) in witness.as_object().expect("a witness is an object") {
            target[key] = value.clone();
        }
    };
    match at {
        Top => members(&mut request),
        Turn => members(&mut request[list][0]),
        Part => request[list][0]["content"] = json!([witness]),
        Tool => request["tools"] = json!([witness]),
        Model => {
            request[list] = json!([{"role": "user", "content": "x"}, witness, {"role": "user", "content": "x"}]);
        }
    }
    request
}

#[test]
fn each_thing_fares_in_each_format_as_the_table_tells() {
    let changes = Changes {
        model: "up",
        output_cap: 100,
        user: Some("pseudonym"),
    };
    let mut looked_at = 0;
    let mut wrong = Vec::new();
    for row in TABLE {
        for from in Format::ALL
            .into_iter()
            .filter(|from| row.feature.said_as(*from).is_some())
        {
            let witnesses = WITNESSES
                .iter()
                .filter(|(feature, format, ..)| (*feature, *format) == (row.feature, from));
            let mut found = 0;
            for (_, _, at, witness) in witnesses {
                found += 1;
                let body = request(from, *at, witness).to_string();
                for to in Format::ALL.into_iter().filter(|to| *to != from) {
                    looked_at += 1;
                    let asked = Asked::new("id", 0, "m");
                    let outcome = translate::request(from, to, body.as_bytes(), &changes, &Dialect::PLAIN, asked);
                    let fits = match (&outcome, row.feature.verdict(to)) {
                        (Ok(outbound), Verdict::Said) => outbound.dropped.is_empty(),
                        (Ok(_), Verdict::Near(_)) => true,
                        (Ok(outbound), Verdict::Dropped) => outbound.dropped.places().len() == 1,
                        (Err(Problem::Unsayable { feature, .. }), Verdict::Refused) => *feature == row.feature,
                        _ => false,
                    };
                    if !fits {
                        wrong.push(format!("{:?} from {from:?} to {to:?}: {outcome:?}", row.feature));
                    }
                }
            }
            if found == 0 {
                wrong.push(format!("{:?} in {from:?} has no witness", row.feature));
            }
        }
    }
    assert!(looked_at > 300, "{looked_at}");
    assert!(
        wrong.is_empty(),
        "{} of {looked_at}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
