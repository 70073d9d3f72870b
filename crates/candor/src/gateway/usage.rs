//! Between the two ways in which usage is counted: wire's disjoint parts and OpenAI's wholes with their parts, which the meter
//! counts in.

use wire::neutral::Usage as Parts;
use wire::openai::usage::Usage as Wholes;

/// Disjoint parts as wholes. What went into a provider's cache counts as read: prices know no writing.
pub(super) fn wholes(parts: Parts) -> Wholes {
    Wholes {
        input: parts.prompt(),
        cached: parts.cache_read,
        output: parts.answer(),
        reasoning: parts.reasoning,
    }
}

/// Wholes as disjoint parts.
pub(super) fn parts(wholes: Wholes) -> Parts {
    Parts {
        input: wholes.input.saturating_sub(wholes.cached),
        cache_read: wholes.cached,
        output: wholes.output.saturating_sub(wholes.reasoning),
        reasoning: wholes.reasoning,
        ..Parts::default()
    }
}
