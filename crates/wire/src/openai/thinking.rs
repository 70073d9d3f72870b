//! How much a model thinks, in OpenAI's words.

use crate::feature::Feature;
use crate::json::Text;
use crate::loss::Losses;
use crate::neutral::Thinking;
use crate::problem::Problem;

/// The effort; what Anthropic says otherwise is said as nearly as can be, the rest is noted.
pub(super) fn effort<'a>(thinking: &'a Thinking<'_>, losses: &mut Losses<'_>) -> Result<Option<Text<'a>>, Problem> {
    losses.drop_foreign_members("thinking", &thinking.rest);
    if thinking.mode.as_deref() == Some("disabled") {
        return Ok(Some("none".into()));
    }
    if let Some(mode) = thinking.mode.as_deref()
        && !matches!(mode, "enabled" | "adaptive")
    {
        losses.says(Feature::OtherThinking, "thinking.type")?;
    }
    match (&thinking.effort, thinking.budget) {
        (Some(effort), budget) => {
            if budget.is_some() {
                losses.dropped.push("thinking.budget_tokens".to_owned());
            }
            Ok(Some((&**effort).into()))
        }
        (None, Some(budget)) => Ok(Some(by_budget(budget).into())),
        (None, None) => Ok(None),
    }
}

/// What the matrix of features tells people.
fn by_budget(tokens: u64) -> &'static str {
    match tokens {
        ..4096 => "low",
        4096..16384 => "medium",
        _ => "high",
    }
}
