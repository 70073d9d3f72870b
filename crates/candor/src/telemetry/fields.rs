//! The fields that a log line may have.

use base::telemetry::Rules;
use policy::Category;
use policy::inventory::LogField;

/// Declares log fields that hold nothing about a person: `words` hold a number, a truth value or one short word, `texts` a sentence,
/// which is scrubbed.
macro_rules! fields {
    (words { $($word:literal: $word_why:literal),+ $(,)? } texts { $($text:literal: $text_why:literal),+ $(,)? }) => {
        /// Every field that a log line may have; the writer drops any other.
        pub const LOG_FIELDS: &[LogField] = &[
            $( LogField { name: $word, category: Category::Operations, why: $word_why }, )+
            $( LogField { name: $text, category: Category::Operations, why: $text_why }, )+
        ];

        /// What the writer of log lines lets through.
        pub const RULES: Rules = Rules {
            own_targets: OWN_TARGETS,
            fields: &[$( $word, )+ $( $text, )+],
            texts: &[$( $text ),+],
            scrub: detect::scrub_after,
        };
    };
}

/// Our crates. What others say is withheld by the writer.
const OWN_TARGETS: &[&str] = &["candor", "store", "egress", "wire", "detect", "policy", "base"];

fields! {
    words {
        "attempt": "how often something was tried",
        "bytes": "how large a part of our own files is",
        "count": "how many things a line is about",
        "day": "which partition a line is about",
        "instance": "which process wrote a record",
        "method": "what kind of request an API got",
        "millis": "how long something took",
        "model": "which configured model a line is about",
        "name": "which named statement, task or job a line is about",
        "port": "which of our own listeners a line is about",
        "phase": "where a process is in its life",
        "provider": "which configured provider a line is about",
        "reason": "why something was refused, a word of the program",
        "segment": "which file of the spool a line is about",
        "signal": "which signal ended a process",
        "stage": "which stage of the pipeline a line is about",
        "status": "which HTTP status was answered",
        "table": "which table a line is about",
        "version": "which version of program or schema runs",
    }
    texts {
        "error": "why something failed, scrubbed",
    }
}
