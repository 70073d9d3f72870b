//! Which tools an answer of `sandbox-chat` calls, and with what.
//!
//! A choice that forces a tool gets it. Otherwise the prompt decides by `[[tool]]` and `[[tool:NAME]]`, and only what came
//! after the model's own last turn counts: whoever sends a tool's result gets words, unless the result asks for the next call.
//! So a loop of an agent ends.

use super::directives::{Directives, WantedTool};
use super::schema;
use serde_json::{Value, json};
use wire::json::Fragment;
use wire::neutral::{Part, PartKind, Request as Asks, Role, Tool, ToolChoice, ToolKind};

/// What a tool for free text is called with.
const FREE_TEXT: &str = "test";

/// A call of a tool with arguments that fit.
pub(super) struct Called {
    pub(super) name: String,
    pub(super) kind: ToolKind,
    pub(super) arguments: String,
}

/// The calls of an answer.
pub(super) struct Calls {
    /// They.
    pub(super) tools: Vec<Called>,
    /// If there are calls: how many words come before them.
    pub(super) lead: Option<u64>,
}

/// A tool as it is given.
type Given<'a> = (&'a str, ToolKind, Option<&'a str>);

/// What a request calls for.
pub(super) fn called(asks: &Asks<'_>) -> Calls {
    let wanted = Directives::of(last_texts(asks));
    let mut tools = chosen(asks, &wanted.tools);
    if asks.parallel_tools == Some(false) {
        tools.truncate(1);
    }
    Calls {
        lead: (!tools.is_empty()).then(|| wanted.length.unwrap_or(0)),
        tools: tools.into_iter().map(with_arguments).collect(),
    }
}

/// Texts of what came after the model's own last turn.
fn last_texts<'a>(asks: &'a Asks<'_>) -> Vec<&'a str> {
    let since = asks.turns.iter().rposition(|turn| turn.role == Role::Assistant);
    let turns = &asks.turns[since.map_or(0, |last| last + 1)..];
    let mut texts = Vec::new();
    for turn in turns {
        gather(&turn.parts, &mut texts);
    }
    texts
}

fn gather<'a>(parts: &'a [Part<'_>], texts: &mut Vec<&'a str>) {
    for part in parts {
        match &part.kind {
            PartKind::Text { text, .. } => texts.push(text),
            PartKind::ToolResult(result) => gather(&result.parts, texts),
            _ => {}
        }
    }
}

/// The tools that the choice forces, or else those that are wanted.
fn chosen<'a>(asks: &'a Asks<'_>, wanted: &[WantedTool]) -> Vec<Given<'a>> {
    let given: Vec<Given<'_>> = asks.tools.iter().filter_map(given).collect();
    let first_of = |allowed: &dyn Fn(&str) -> bool| {
        let first = given.iter().find(|(name, ..)| allowed(name));
        first.copied().into_iter().collect::<Vec<_>>()
    };
    match &asks.tool_choice {
        Some(ToolChoice::Named(_, forced)) => first_of(&|name| *name == **forced),
        Some(ToolChoice::Allowed { required: true, names }) => {
            first_of(&|name| names.iter().any(|(_, allowed)| *name == **allowed))
        }
        Some(ToolChoice::None) => Vec::new(),
        choice => {
            let found: Vec<_> = wanted.iter().filter_map(|wanted| find(&given, wanted)).collect();
            let forced = found.is_empty() && *choice == Some(ToolChoice::Required);
            if forced { first_of(&|_| true) } else { found }
        }
    }
}

fn given<'a>(tool: &'a Tool<'_>) -> Option<Given<'a>> {
    match tool {
        Tool::Called { kind, name, schema, .. } => Some((&**name, *kind, schema.as_ref().map(Fragment::get))),
        Tool::Hosted { .. } => None,
    }
}

fn find<'a>(given: &[Given<'a>], wanted: &WantedTool) -> Option<Given<'a>> {
    match wanted {
        WantedTool::First => given.first().copied(),
        WantedTool::Named(wanted) => given.iter().find(|(name, ..)| name == wanted).copied(),
    }
}

fn with_arguments((name, kind, parameters): Given<'_>) -> Called {
    let arguments = match kind {
        ToolKind::Custom => FREE_TEXT.to_owned(),
        ToolKind::Function => {
            let parameters = parameters.and_then(|schema| serde_json::from_str(schema).ok());
            let parameters: Value = parameters.unwrap_or_else(|| json!({"type": "object"}));
            schema::example(&parameters).to_string()
        }
    };
    Called {
        name: name.to_owned(),
        kind,
        arguments,
    }
}
