//! What a client asks for.

use super::{Format, Rest, Tool, ToolChoice, Turn};
use crate::feature::Feature;
use crate::json::{Fragment, Text};

/// How the answer shall come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One JSON document.
    Plain,
    /// Server-sent events.
    Streamed {
        /// With a chunk that tells the usage; only chat completions ask.
        usage: bool,
    },
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The format it was read from; unknown members are in its words.
    pub source: Format,
    /// The model's name.
    pub model: Text<'a>,
    /// System prompts, history and the new input, in order.
    pub turns: Vec<Turn<'a>>,
    /// Tools the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Whether it may, must or must not call one.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// May it call several at once? The default of every format is yes.
    pub parallel_tools: Option<bool>,
    /// Whole or streamed.
    pub delivery: Delivery,
    /// Most tokens of the answer.
    pub output_cap: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<Text<'a>>,
    /// The form of the answer.
    pub output: OutputFormat<'a>,
    /// How much the model thinks, and what is shown of it.
    pub thinking: Thinking<'a>,
    /// The end user, as the client names him.
    pub user: Option<Text<'a>>,
    /// Does the client want the upstream to keep the answer?
    pub stored: Option<bool>,
    /// Members with one value that formats share or one has alone.
    pub settings: Vec<Setting<'a>>,
    /// Tools in the words of `functions` and `function_call`, which OpenAI retired.
    pub legacy_functions: bool,
    /// Members that no reader knows.
    pub rest: Rest<'a>,
}

impl Schema<'_> {
    /// The name that stands for none, since OpenAI asks for one with every schema.
    pub(crate) const UNNAMED: &'static str = "answer";
}

impl<'a> Request<'a> {
    /// A request for `model` that says nothing yet.
    pub fn new(source: Format, model: Text<'a>) -> Self {
        Self {
            source,
            model,
            turns: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tools: None,
            delivery: Delivery::Plain,
            output_cap: None,
            stop: Vec::new(),
            output: OutputFormat::Text,
            thinking: Thinking::default(),
            user: None,
            stored: None,
            settings: Vec::new(),
            legacy_functions: false,
            rest: Rest::new(),
        }
    }
}

/// A member with one value, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'a> {
    /// What it sets.
    pub feature: Feature,
    /// The value as it came.
    pub value: Fragment<'a>,
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputFormat<'a> {
    /// Free text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema(Schema<'a>),
    /// A form that only the source format knows.
    Other(Fragment<'a>),
}

/// A schema that the answer has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema<'a> {
    /// Its name.
    pub name: Option<Text<'a>>,
    /// What it is for.
    pub description: Option<Text<'a>>,
    /// The schema.
    pub schema: Option<Fragment<'a>>,
    /// Is the answer guaranteed to fit?
    pub strict: Option<bool>,
}

/// How much the model thinks, and what is shown of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thinking<'a> {
    /// `none minimal low medium high xhigh max`, or what comes after these.
    pub effort: Option<Text<'a>>,
    /// Anthropic's mode: `enabled adaptive between_tools disabled`.
    pub mode: Option<Text<'a>>,
    /// Most tokens of thinking.
    pub budget: Option<u64>,
    /// What is shown: OpenAI's `auto concise detailed`, Anthropic's `summarized omitted`.
    pub shown: Option<Text<'a>>,
    /// Shall the answer hold the thinking sealed, to be sent back?
    pub sealed: bool,
    /// Members that no reader knows.
    pub rest: Rest<'a>,
}
