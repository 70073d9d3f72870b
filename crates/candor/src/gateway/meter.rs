//! What a generation used: as the provider says if that is possible, else as counted here.
//!
//! Promises: never more than the credit that was reserved covers; an answer without content uses nothing.
//! Until a tokenizer counts, four bytes of text count as a token, and so does each event with content.

use crate::records::closing::Counted;
use base::unit::Unit;
use wire::openai::usage::Usage;

/// Bytes of text that count as a token where nobody told the number.
const BYTES_A_TOKEN: u64 = 4;

/// What a request can use at most: what its credit is reserved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Tokens of the prompt: a token is at least a byte, so the body's length bounds them.
    pub input: u64,
    /// Tokens of the answer: the output cap, times the number of choices.
    pub output: u64,
}

/// Counts one answer.
#[derive(Debug, Clone)]
pub struct Meter {
    bounds: Bounds,
    /// Bytes of the prompt's texts.
    prompt_bytes: u64,
    /// Events that carried content.
    events: u64,
    /// Bytes of that content.
    content_bytes: u64,
    told: Option<Usage>,
    /// What the provider told of the prompt before it wrote anything; its `output` means nothing.
    told_prompt: Option<Usage>,
    charged: Charged,
}

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charged {
    /// An answer, and its prompt with it.
    Answers,
    /// A prompt that was turned into vectors: there is no answer in tokens.
    Prompts,
}

/// What is charged, and where the numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Disjoint units.
    pub units: Vec<(Unit, u64)>,
    /// By the provider, or by us.
    pub counted: Counted,
}

impl Meter {
    /// Nothing yet. `prompt_bytes` are those of the request's texts.
    pub fn new(bounds: Bounds, prompt_bytes: usize) -> Self {
        Self {
            bounds,
            prompt_bytes: prompt_bytes as u64,
            events: 0,
            content_bytes: 0,
            told: None,
            told_prompt: None,
            charged: Charged::Answers,
        }
    }

    /// The same for what is charged by its prompt alone.
    #[must_use]
    pub fn of_prompts(self) -> Self {
        Self {
            charged: Charged::Prompts,
            ..self
        }
    }

    /// A piece of content went to the client.
    pub fn content(&mut self, bytes: usize) {
        self.events += 1;
        self.content_bytes += bytes as u64;
    }

    /// So many pieces of content, of so many bytes together.
    pub fn contents(&mut self, pieces: u64, bytes: u64) {
        self.events += pieces;
        self.content_bytes += bytes;
    }

    /// The provider told what the prompt uses, and has not written yet.
    pub fn tell_prompt(&mut self, usage: Usage) {
        self.told_prompt = Some(usage);
    }

    /// The provider told what was used.
    pub fn tell(&mut self, usage: Usage) {
        self.told = Some(usage);
    }

    /// Has the answer outgrown its cap, although the provider was told to stop there?
    pub fn is_over_cap(&self) -> bool {
        self.events > self.bounds.output
    }

    /// Tokens in OpenAI's terms, parts within their wholes.
    pub fn usage(&self) -> (Usage, Counted) {
        if let Some(told) = self.told
            && self.is_possible(told)
        {
            return (told, Counted::Told);
        }
        let counted = self.counted();
        match self.told {
            // Media can make more tokens than the request has bytes; what is charged stays within what was reserved.
            Some(told) if told.output > 0 => {
                let usage = Usage {
                    input: told.input.clamp(1, self.bounds.input),
                    output: told.output.min(self.bounds.output),
                    cached: 0,
                    written: 0,
                    reasoning: 0,
                };
                (usage, Counted::Estimated)
            }
            _ => (counted, Counted::Estimated),
        }
    }

    /// What is charged: nothing if no content came.
    pub fn used(&self) -> Used {
        let (usage, counted) = self.usage();
        let is_empty = match self.charged {
            Charged::Answers => usage.output == 0,
            Charged::Prompts => self.events == 0,
        };
        if is_empty {
            return Used {
                units: Vec::new(),
                counted,
            };
        }
        let units = [
            (Unit::Input, usage.input - usage.cached - usage.written),
            (Unit::Cached, usage.cached),
            (Unit::CacheWrite, usage.written),
            (Unit::Output, usage.output - usage.reasoning),
            (Unit::Reasoning, usage.reasoning),
        ];
        Used {
            units: units.into_iter().filter(|(_, quantity)| *quantity > 0).collect(),
            counted,
        }
    }

    fn is_possible(&self, told: Usage) -> bool {
        let produced_matches = match self.charged {
            Charged::Answers => told.output > 0 || self.content_bytes == 0,
            Charged::Prompts => told.output == 0,
        };
        let parts_fit = told.cached.saturating_add(told.written) <= told.input;
        parts_fit
            && (1..=self.bounds.input).contains(&told.input)
            && told.output <= self.bounds.output
            && produced_matches
    }

    /// Tokens of the prompt as far as they can be told without the model's tokenizer.
    pub fn counted_prompt(&self) -> u64 {
        let counted = self.prompt_bytes.div_ceil(BYTES_A_TOKEN);
        counted.clamp(1, self.bounds.input.max(1))
    }

    fn counted(&self) -> Usage {
        let output = self
            .events
            .max(self.content_bytes.div_ceil(BYTES_A_TOKEN))
            .min(self.bounds.output);
        if let Some(prompt) = self.told_prompt
            && (1..=self.bounds.input).contains(&prompt.input)
            && prompt.cached.saturating_add(prompt.written) <= prompt.input
        {
            return Usage {
                output,
                reasoning: 0,
                ..prompt
            };
        }
        Usage {
            input: self.counted_prompt(),
            output,
            cached: 0,
            written: 0,
            reasoning: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { input: 100, output: 20 };

    fn told(input: u64, output: u64) -> Usage {
        Usage {
            input,
            output,
            ..Usage::default()
        }
    }

    #[test]
    fn what_the_provider_tells_is_charged_in_disjoint_parts() {
        let mut meter = Meter::new(BOUNDS, 80);
        meter.content(5);
        meter.tell(Usage {
            input: 30,
            cached: 10,
            written: 7,
            output: 8,
            reasoning: 3,
        });
        let expected = [
            (Unit::Input, 13),
            (Unit::Cached, 10),
            (Unit::CacheWrite, 7),
            (Unit::Output, 5),
            (Unit::Reasoning, 3),
        ];
        assert_eq!(
            meter.used(),
            Used {
                units: expected.to_vec(),
                counted: Counted::Told
            }
        );
    }

    #[test]
    fn an_impossible_usage_is_replaced_by_what_was_counted() {
        let mut meter = Meter::new(BOUNDS, 80);
        meter.content(12);
        meter.tell(told(30, 0));
        assert_eq!(meter.usage(), (told(20, 3), Counted::Estimated));
        meter.tell(told(1000, 21));
        assert_eq!(meter.usage(), (told(100, 20), Counted::Estimated));
    }

    #[test]
    fn an_answer_without_content_costs_nothing() {
        assert!(Meter::new(BOUNDS, 80).used().units.is_empty());
        let mut meter = Meter::new(BOUNDS, 80);
        meter.tell(told(30, 0));
        assert!(meter.used().units.is_empty());
    }

    #[test]
    fn vectors_are_charged_by_their_prompt_and_only_if_they_came() {
        let bounds = Bounds { input: 100, output: 0 };
        let mut meter = Meter::new(bounds, 80).of_prompts();
        meter.tell(told(30, 0));
        assert!(meter.used().units.is_empty());
        meter.contents(1, 12);
        let used = meter.used();
        assert_eq!((used.units, used.counted), (vec![(Unit::Input, 30)], Counted::Told));
    }

    #[test]
    fn a_prompt_that_was_told_at_the_beginning_counts_where_the_end_never_came() {
        let mut meter = Meter::new(BOUNDS, 80);
        meter.tell_prompt(Usage {
            input: 40,
            cached: 30,
            written: 0,
            output: 1,
            reasoning: 0,
        });
        meter.contents(2, 12);
        let expected = vec![(Unit::Input, 10), (Unit::Cached, 30), (Unit::Output, 3)];
        assert_eq!(meter.used().units, expected);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_charged_beyond_its_bounds(
            input in 1u64..500, output in 1u64..500, prompt in 0usize..2000,
            events in proptest::collection::vec(0usize..50, 0..100),
            usage in proptest::option::of((0u64..1000, 0u64..1000)),
        ) {
            let mut meter = Meter::new(Bounds { input, output }, prompt);
            events.into_iter().for_each(|bytes| meter.content(bytes));
            if let Some((input, output)) = usage { meter.tell(told(input, output)); }
            let sum = |wanted: [Unit; 2]| meter.used().units.iter().filter(|(unit, _)| wanted.contains(unit)).map(|(_, q)| q).sum::<u64>();
            prop_assert!(sum([Unit::Input, Unit::Cached]) <= input);
            prop_assert!(sum([Unit::Output, Unit::Reasoning]) <= output);
        }
    }
}
