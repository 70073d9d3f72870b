//! Kinds of data that are held: the closed list of `policy/categories.yaml`.
//!
//! Promises: a column, file or log field belongs to exactly one category, and every category is on the page.
//! Leaves out: words for people and mappings to other taxonomies: they stand in the file.

use crate::closed::closed_list;

closed_list! {
    /// What kind of data a column, file or log field holds.
    pub enum Category {
        /// The account itself: name, state, settings.
        Account = "account",
        /// How to reach a person: the e-mail address, and values computed of it for look-ups.
        Contact = "contact",
        /// Passwords' and keys' digests, names of keys, second factors, sessions.
        Credentials = "credentials",
        /// Random ids and tags that stand for a person or organisation.
        Identifiers = "identifiers",
        /// Who belongs to which organisation, and its name.
        Organisation = "organisation",
        /// Prompts, answers and media in the generation log.
        GenerationContent = "generation_content",
        /// What else the generation log says: model, time, units, cost, outcome.
        GenerationMetadata = "generation_metadata",
        /// What a person chose to keep.
        Library = "library",
        /// Units used by an account, day and model: for the bill.
        Usage = "usage",
        /// Ledger, credit, payments' references; never a card number.
        Financial = "financial",
        /// Issued invoices, in the archive that the law demands.
        Invoices = "invoices",
        /// Messages to support, feedback, attachments.
        Support = "support",
        /// Network address, client and device, in the security log alone.
        Device = "device",
        /// Decisions of filters and signals of abuse; no text.
        Security = "security",
        /// Consents, acknowledged notices, controls chosen, requests under a right.
        Preferences = "preferences",
        /// What was sent to whom, by day.
        Disclosures = "disclosures",
        /// Keys of persons, wrapped.
        Keys = "keys",
        /// Proof that somebody's data is gone: a keyed digest of a random id, and when.
        Tombstones = "tombstones",
        /// Released counts over many accounts. No personal data.
        Aggregates = "aggregates",
        /// Observations and signed reports. No personal data.
        Evidence = "evidence",
        /// What runs the program: versions, marks, leases, prices. No personal data.
        Operations = "operations",
    }
}

impl Category {
    /// Does it hold data on identifiable persons? Then it needs a way to its subject, an end, and a place in export and
    /// erasure; it never stands in a log line or a label.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        !matches!(self, Self::Aggregates | Self::Evidence | Self::Operations)
    }

    /// May its values stand in the clear at rest? What a person wrote, or is called, never does.
    #[must_use]
    pub const fn must_be_sealed(self) -> bool {
        matches!(
            self,
            Self::GenerationContent
                | Self::GenerationMetadata
                | Self::Library
                | Self::Support
                | Self::Invoices
                | Self::Device
        )
    }
}
