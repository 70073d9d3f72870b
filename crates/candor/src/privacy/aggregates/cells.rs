//! What is counted: the cells of a day, a closed list, and what is summed up in each.
//!
//! Promises: a cell is named by words of the configuration and of this file alone, so that no text of a client's can become
//! a statistic and there are never more cells than the configuration makes; all sums are integers.
//! Leaves out: regions and latencies (the receipts hold none yet), anything finer than the day.

use std::collections::BTreeSet;

use base::money::Micro;

/// The name of what the configuration doesn't name (any more).
pub const OTHER: &str = "other";
/// The name where there is none: a request that was refused before a model or a provider was chosen.
pub const NONE: &str = "none";
/// The name of all cells together that are not released each for itself.
pub const REST: &str = "rest";

/// How a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Answered to its end.
    Completed,
    /// Began to answer and broke.
    Interrupted,
    /// Refused before a provider saw it.
    Refused,
    /// No provider answered.
    Failed,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Interrupted, Self::Refused, Self::Failed];

    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What is summed up in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Generations.
    Requests,
    /// Tokens of prompts.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Cost in micro-units of the instance's currency.
    Cost,
}

impl Measure {
    /// All of them, in the order of [`Sums`].
    pub const ALL: [Self; MEASURES] = [Self::Requests, Self::InputTokens, Self::OutputTokens, Self::Cost];

    /// The most that one account adds to a day, over all cells. Who used more is counted as if it had been this, so that the
    /// noise need only hide so much; a larger cap means more noise for everybody.
    #[must_use]
    pub const fn cap(self) -> u64 {
        match self {
            Self::Requests => 200,
            Self::InputTokens => 500_000,
            Self::OutputTokens => 200_000,
            Self::Cost => 2_000_000,
        }
    }
}

/// How many measures there are.
pub const MEASURES: usize = 4;

/// A sum of each measure, in the order of [`Measure::ALL`].
pub type Sums = [u64; MEASURES];

/// One generation as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// The model as the client called it.
    pub model: &'a str,
    /// The provider that answered.
    pub provider: Option<&'a str>,
    /// How it ended.
    pub ending: Ending,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// The cost in the instance's currency; nothing if it was charged in another one.
    pub cost: Micro,
}

impl Counted<'_> {
    pub(super) fn sums(&self) -> Sums {
        let cost = u64::try_from(self.cost.get()).unwrap_or(0);
        [1, self.input_tokens, self.output_tokens, cost]
    }
}

/// The names that a cell can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Universe {
    models: Vec<String>,
    providers: Vec<String>,
}

/// A cell of a [`Universe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell {
    model: u32,
    provider: u32,
    ending: Ending,
}

/// A cell's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellName {
    /// The model as the configuration calls it, [`OTHER`], [`NONE`] or [`REST`].
    pub model: String,
    /// The provider likewise.
    pub provider: String,
    /// [`Ending::as_str`], or [`REST`].
    pub ending: String,
}

impl Universe {
    /// All cells that these models and providers of the configuration make.
    #[must_use]
    pub fn new<'a>(models: impl IntoIterator<Item = &'a str>, providers: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            models: names(models),
            providers: names(providers),
        }
    }

    /// How many cells there can be.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.models.len() * self.providers.len() * Ending::ALL.len()
    }

    pub(super) fn cell(&self, counted: &Counted<'_>) -> Cell {
        let model = if counted.model.is_empty() { NONE } else { counted.model };
        Cell {
            model: place(&self.models, model),
            provider: place(&self.providers, counted.provider.unwrap_or(NONE)),
            ending: counted.ending,
        }
    }

    pub(super) fn name(&self, cell: Cell) -> CellName {
        let name = |names: &[String], place: u32| {
            let name = usize::try_from(place).ok().and_then(|place| names.get(place));
            name.map_or_else(|| OTHER.to_owned(), Clone::clone)
        };
        CellName {
            model: name(&self.models, cell.model),
            provider: name(&self.providers, cell.provider),
            ending: cell.ending.as_str().to_owned(),
        }
    }
}

impl CellName {
    pub(super) fn rest() -> Self {
        Self {
            model: REST.to_owned(),
            provider: REST.to_owned(),
            ending: REST.to_owned(),
        }
    }
}

/// Sorted, each once, with the words for what has no name. A model that somebody called `other` counts as that.
fn names<'a>(configured: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = configured.into_iter().chain([OTHER, NONE]).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn place(names: &[String], name: &str) -> u32 {
    let found = names.binary_search_by(|known| known.as_str().cmp(name));
    let other = || names.binary_search_by(|known| known.as_str().cmp(OTHER)).unwrap_or(0);
    u32::try_from(found.unwrap_or_else(|_| other())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted<'a>(model: &'a str, provider: Option<&'a str>) -> Counted<'a> {
        Counted {
            model,
            provider,
            ending: Ending::Completed,
            input_tokens: 3,
            output_tokens: 4,
            cost: Micro::new(5),
        }
    }

    #[test]
    fn what_the_configuration_does_not_name_is_other_and_never_itself() {
        let universe = Universe::new(["chat", "small"], ["openai"]);
        let name = |model, provider| {
            let name = universe.name(universe.cell(&counted(model, provider)));
            (name.model, name.provider)
        };
        let words = |model: &str, provider: &str| (model.to_owned(), provider.to_owned());
        assert_eq!(name("chat", Some("openai")), words("chat", "openai"));
        assert_eq!(name("my name is Ada", Some("gone")), words(OTHER, OTHER));
        assert_eq!(name("", None), words(NONE, NONE));
        assert_eq!(universe.size(), 4 * 3 * 4);
    }

    #[test]
    fn a_generation_is_one_request_with_its_tokens_and_its_cost() {
        assert_eq!(counted("chat", None).sums(), [1, 3, 4, 5]);
        let refund = Counted {
            cost: Micro::new(-5),
            ..counted("chat", None)
        };
        assert_eq!(refund.sums()[3], 0);
    }
}
