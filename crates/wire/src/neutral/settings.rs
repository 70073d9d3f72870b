//! Members with one value: which there are, and how a reader takes and a writer says them.

use super::{Format, Setting};
use crate::feature::Feature;
use crate::json::{Fragment, Object, Out};
use crate::loss::Losses;
use crate::problem::Problem;
use std::sync::LazyLock;

/// Those that are one member at the top of a request in each format that says them.
const PLAIN: &[Feature] = &[
    Feature::Temperature,
    Feature::TopP,
    Feature::TopK,
    Feature::FrequencyPenalty,
    Feature::PresencePenalty,
    Feature::LogitBias,
    Feature::Seed,
    Feature::Prediction,
    Feature::SeveralAnswers,
    Feature::SpokenAnswer,
    Feature::SpokenSettings,
    Feature::Logprobs,
    Feature::TopLogprobs,
    Feature::MaxToolCalls,
    Feature::PreviousAnswer,
    Feature::Conversation,
    Feature::Background,
    Feature::PromptTemplate,
    Feature::Container,
    Feature::McpServers,
    Feature::Metadata,
    Feature::ServiceTier,
    Feature::CacheKey,
    Feature::CacheOptions,
    Feature::CacheRetention,
    Feature::CacheAll,
    Feature::Truncation,
    Feature::ContextManagement,
    Feature::WebSearch,
    Feature::Moderation,
    Feature::Speed,
    Feature::Region,
    Feature::Diagnostics,
];

static NAMES: LazyLock<[Vec<(Feature, &'static str)>; 3]> = LazyLock::new(|| {
    Format::ALL.map(|format| {
        PLAIN
            .iter()
            .filter_map(|feature| Some((*feature, feature.said_as(format)?)))
            .collect()
    })
});

/// Takes them out of a request's top object.
pub(crate) fn take<'a>(object: &mut Object<'a>, format: Format) -> Vec<Setting<'a>> {
    NAMES[format as usize]
        .iter()
        .filter_map(|(feature, name)| {
            let value = object.take(name)?;
            Some(Setting {
                feature: precise(*feature, &value),
                value,
            })
        })
        .collect()
}

/// Says them at the top of a request.
pub(crate) fn write(
    settings: &[Setting<'_>],
    losses: &mut Losses<'_>,
    target: Format,
    out: &mut Out,
) -> Result<(), Problem> {
    for Setting { feature, value } in settings {
        if !losses.is_same_format() && is_default(*feature, value) {
            continue;
        }
        if losses.says_member(*feature)?
            && let Some(name) = feature.said_as(target)
        {
            out.member_raw(losses.dialect().name(*feature, name), value.get());
        }
    }
    Ok(())
}

/// OpenAI's temperature goes to 2, Anthropic's to 1.
fn precise(feature: Feature, value: &Fragment<'_>) -> Feature {
    if feature == Feature::Temperature && is_above_one(value.get()) {
        Feature::HighTemperature
    } else {
        feature
    }
}

/// Is a JSON number above 1? By its digits, since an exponent never stands in a sane temperature: one with an
/// exponent counts as above, so that it is left out rather than refused by the provider.
fn is_above_one(number: &str) -> bool {
    if number.starts_with('-') {
        return false;
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    match whole {
        "0" => fraction.contains(['e', 'E']),
        "1" => fraction.bytes().any(|byte| byte != b'0'),
        _ => true,
    }
}

/// What every format does anyway when nothing is said.
fn is_default(feature: Feature, value: &Fragment<'_>) -> bool {
    match feature {
        Feature::Background | Feature::Logprobs => value.get() == "false",
        Feature::SeveralAnswers => value.get() == "1",
        Feature::TopLogprobs | Feature::FrequencyPenalty | Feature::PresencePenalty => {
            matches!(value.get(), "0" | "0.0")
        }
        Feature::LogitBias | Feature::Metadata | Feature::CacheOptions => is_empty(value.get()),
        Feature::McpServers => is_empty(value.get()),
        Feature::Truncation => value.get() == "\"disabled\"",
        Feature::ServiceTier => value.get() == "\"auto\"",
        Feature::Speed => value.get() == "\"standard\"",
        Feature::SpokenAnswer => value
            .get()
            .split(|c: char| "[] ,\n\t\r".contains(c))
            .all(|word| matches!(word, "" | "\"text\"")),
        _ => false,
    }
}

fn is_empty(value: &str) -> bool {
    value[1..].trim_start().len() == 1 && value.starts_with(['{', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_above_one_is_told_by_its_digits() {
        for above in ["1.1", "2", "1.0001", "1e1", "10", "0.1e2"] {
            assert!(is_above_one(above), "{above}");
        }
        for not in ["0", "1", "1.0", "0.99", "0.0", "-1"] {
            assert!(!is_above_one(not), "{not}");
        }
    }
}
