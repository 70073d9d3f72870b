//! What a generation used: as the provider says if that is possible, else as counted here.
//!
//! Promises: never more than the credit that was reserved covers; an answer without content uses nothing; what was told and is
//! possible counts, part by part; counting costs nothing where it isn't needed.
//!
//! Counted is with the tokenizer of the model, or the nearest that is known ([`tokens::of_model`]): the receipt says
//! `estimated`, since nobody but the provider knows what it put around the words. Two numbers are rougher: until
//! [`Meter::count`] is called four bytes count as a token, and so does each event with content. That is what a process
//! that was killed in mid-stream leaves behind.

use super::counting::Prompt;
use crate::records::closing::Counted;
use base::unit::Unit;
use tokens::{Encoding, Tally};
use wire::openai::usage::Usage;

/// Bytes of text that count as a token before anybody has counted.
const BYTES_A_TOKEN: u64 = 4;

/// What a request can use at most: what its credit is reserved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Tokens of the prompt: a token of text is at least a byte, so the body's length bounds them, and media have a bound each.
    pub input: u64,
    /// Tokens of the answer: the output cap, times the number of choices.
    pub output: u64,
    /// The number of choices.
    pub answers: u64,
    /// The number of pictures, documents and the like in the prompt.
    pub media: u64,
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
    /// What the model wrote, for counting.
    written: Tally,
    told: Option<Usage>,
    /// What the provider told of the prompt before it wrote anything; its `output` means nothing.
    told_prompt: Option<Usage>,
    counted: Option<Counts>,
    charged: Charged,
}

/// What the tokenizer counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    input: u64,
    output: u64,
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
            written: Tally::new(Encoding::O200k),
            told: None,
            told_prompt: None,
            counted: None,
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

    /// The same for an answer of this model, as its provider calls it.
    #[must_use]
    pub fn of_model(&self, model: &str) -> Self {
        Self {
            written: Tally::new(tokens::of_model(model).0),
            ..self.clone()
        }
    }

    /// A piece of content went to the client.
    pub fn content(&mut self, bytes: usize) {
        self.contents(1, bytes as u64);
    }

    /// So many pieces of content, of so many bytes together.
    pub fn contents(&mut self, pieces: u64, bytes: u64) {
        self.events += pieces;
        self.content_bytes += bytes;
    }

    /// The words of the content go on so, for counting.
    pub fn written(&mut self, text: &str) {
        self.written.push(text);
    }

    /// A whole text of the content, for counting.
    pub fn wrote(&mut self, text: &str) {
        self.written.push(text);
        self.written.end_text();
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

    /// Tokens of the prompt as far as its length tells them, for limits that are asked before anything is counted.
    pub fn estimated_prompt(&self) -> u64 {
        let estimated = self.prompt_bytes.div_ceil(BYTES_A_TOKEN);
        estimated.clamp(1, self.bounds.input.max(1))
    }

    /// Did any content go to the client?
    pub fn has_content(&self) -> bool {
        self.events > 0
    }

    /// Is something charged for which the provider's numbers don't do? That of several answers is looked at in any case, since
    /// servers are known that tell the usage of one of them (llama.cpp).
    pub fn needs_counting(&self) -> bool {
        let is_doubtful = self.charged == Charged::Answers && self.bounds.answers > 1;
        self.counted.is_none() && !self.is_empty() && (is_doubtful || !self.told_is_possible())
    }

    /// Counts with the tokenizer. Takes milliseconds where the prompt is long and not told.
    pub fn count(&mut self, prompt: &Prompt) {
        let input = match self.told_input() {
            Some(told) => told.input,
            None => prompt.tokens(self.written.encoding()),
        };
        let output = self.written.total();
        self.counted = Some(Counts { input, output });
    }

    /// Tokens in OpenAI's terms, parts within their wholes.
    pub fn usage(&self) -> (Usage, Counted) {
        match self.told {
            Some(told) if self.told_is_possible() => (told, Counted::Told),
            _ => (self.own_usage(), Counted::Estimated),
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

    /// Did nothing come, and did the provider not say otherwise?
    fn is_empty(&self) -> bool {
        self.events == 0 && self.told.is_none_or(|told| told.output == 0)
    }

    fn told_is_possible(&self) -> bool {
        self.told.is_some_and(|told| match self.charged {
            Charged::Answers => {
                let is_empty = told.output == 0 && self.content_bytes == 0;
                self.may_be_input(told) && (is_empty || self.may_be_output(told))
            }
            Charged::Prompts => self.may_be_input(told) && told.output == 0,
        })
    }

    fn may_be_input(&self, told: Usage) -> bool {
        let parts_fit = told.cached.saturating_add(told.written) <= told.input;
        parts_fit && (1..=self.bounds.input).contains(&told.input)
    }

    /// Of several answers no provider's tokens are so long that they come to less than two thirds of those counted.
    fn may_be_output(&self, told: Usage) -> bool {
        let is_part = self.bounds.answers > 1
            && self
                .counted
                .is_some_and(|counted| told.output.saturating_mul(3) < counted.output.saturating_mul(2));
        (1..=self.bounds.output).contains(&told.output) && !is_part
    }

    /// What the provider told of the prompt, at the end or at the beginning.
    fn told_input(&self) -> Option<Usage> {
        let told = [self.told, self.told_prompt];
        told.into_iter().flatten().find(|told| self.may_be_input(*told))
    }

    /// What was told as far as that is possible, and what was counted or estimated for the rest.
    fn own_usage(&self) -> Usage {
        let is_beyond = self.told.is_some_and(|told| told.input > self.bounds.input);
        let own = |input| Usage {
            input,
            ..Usage::default()
        };
        let prompt = match (self.told_input(), self.counted) {
            (Some(told), _) => told,
            // Media may be dearer than anybody could know: what is charged ends where the reservation does.
            (None, _) if is_beyond && self.bounds.media > 0 => own(self.bounds.input),
            (None, Some(counted)) => own(counted.input),
            (None, None) => own(self.estimated_prompt()),
        };
        let told = self
            .told
            .filter(|told| self.may_be_output(*told))
            .map(|told| told.output);
        let estimated = self.events.max(self.content_bytes.div_ceil(BYTES_A_TOKEN));
        // Content whose words nobody knows, such as sound, is never nothing.
        let counted = self.counted.map(|counted| counted.output).filter(|output| *output > 0);
        Usage {
            input: prompt.input.clamp(1, self.bounds.input.max(1)),
            output: told.or(counted).unwrap_or(estimated).min(self.bounds.output),
            reasoning: 0,
            ..prompt
        }
    }
}

#[cfg(test)]
mod tests;
