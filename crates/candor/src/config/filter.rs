//! `[filter]`: what is refused before it reaches a provider.

use super::key::section;

section! {
    /// The filter of prompts.
    Filter in "filter" {
        /// Prompts that hold one of these texts are refused, upper or lower case alike. The default is a phrase to test with.
        block: Vec<String> = ["candor-filter-test-phrase-block-me"],
    }
}
