//! What a model can do, as far as the operator declared it: shown in lists, and held against what requests ask for.
//!
//! Promises: what was not declared is never held against anybody.

use crate::config::{self, Modality};
use wire::wanted::{Thing, Wanted};

/// What was declared.
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    /// Tokens that it reads and writes together.
    pub context_length: Option<u32>,
    /// What it reads.
    pub input_modalities: Option<Vec<Modality>>,
    /// What it makes.
    pub output_modalities: Option<Vec<Modality>>,
    /// Does it call tools?
    pub tools: Option<bool>,
    /// Does it answer by a schema?
    pub structured_outputs: Option<bool>,
    /// Does it think?
    pub reasoning: Option<bool>,
}

impl Capabilities {
    /// Those of a configured model.
    pub fn of(model: &config::Model) -> Self {
        Self {
            context_length: model.context_length.map(std::num::NonZeroU32::get),
            input_modalities: model.input_modalities.clone(),
            output_modalities: model.output_modalities.clone(),
            tools: model.tools,
            structured_outputs: model.structured_outputs,
            reasoning: model.reasoning,
        }
    }

    /// May a request ask for something that it can't do? Only then requests are looked through.
    pub fn lacks_something(&self) -> bool {
        let said_no = [self.tools, self.structured_outputs, self.reasoning].contains(&Some(false));
        said_no || self.input_modalities.is_some() || self.output_modalities.is_some()
    }

    /// The first thing wanted that it was declared not to do.
    pub fn lacked<'w>(&self, wanted: &'w [Wanted]) -> Option<&'w Wanted> {
        wanted.iter().find(|wanted| !self.has(wanted.thing))
    }

    fn has(&self, thing: Thing) -> bool {
        let listed = |list: &Option<Vec<Modality>>, modality| list.as_ref().is_none_or(|list| list.contains(&modality));
        match thing {
            Thing::Tools => self.tools != Some(false),
            Thing::StructuredOutputs => self.structured_outputs != Some(false),
            Thing::Reasoning => self.reasoning != Some(false),
            Thing::Image => listed(&self.input_modalities, Modality::Image),
            Thing::Audio => listed(&self.input_modalities, Modality::Audio),
            Thing::Video => listed(&self.input_modalities, Modality::Video),
            Thing::File => listed(&self.input_modalities, Modality::File),
            Thing::SpokenAnswer => listed(&self.output_modalities, Modality::Audio),
        }
    }
}
