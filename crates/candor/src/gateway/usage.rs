//! Between the two ways in which usage is counted: wire's disjoint parts and OpenAI's wholes with their parts, which the meter
//! counts in.

use wire::neutral::Usage as Parts;
use wire::openai::usage::Usage as Wholes;

/// Disjoint parts as wholes. What a provider's cache took for an hour counts as what it took for less: prices tell them not
/// apart.
pub(super) fn wholes(parts: Parts) -> Wholes {
    Wholes {
        input: parts.prompt(),
        cached: parts.cache_read,
        written: parts.written(),
        output: parts.answer(),
        reasoning: parts.reasoning,
    }
}

/// Wholes as disjoint parts.
pub(super) fn parts(wholes: Wholes) -> Parts {
    Parts {
        input: wholes
            .input
            .saturating_sub(wholes.cached)
            .saturating_sub(wholes.written),
        cache_read: wholes.cached,
        cache_write: wholes.written,
        output: wholes.output.saturating_sub(wholes.reasoning),
        reasoning: wholes.reasoning,
        ..Parts::default()
    }
}
