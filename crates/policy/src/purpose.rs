//! What personal data may be used for: the closed list of `policy/purposes.yaml`.
//!
//! Promises: no purpose that the document doesn't name can be written down in code, and none of the document is missing.
//! Leaves out: bases, names and consents of purposes: they stand in the document.

use crate::closed::closed_list;

closed_list! {
    /// Why a personal value is opened.
    pub enum Purpose {
        /// Answering what a person asked for: accounts, requests to models, their usage and library.
        ProvideService = "provide_service",
        /// Prices, credit, payments, invoices.
        Billing = "billing",
        /// Keeping out abuse, fraud and intruders.
        Security = "security",
        /// Answering a question or complaint that a person sent.
        Support = "support",
        /// Telling a person what they must know of their account or of this policy.
        ServiceNotices = "service_notices",
        /// News that nobody needs: only by opt-in.
        Marketing = "marketing",
        /// Counting over many accounts, as a day's records end.
        Statistics = "statistics",
        /// Better routing and reliability, from released aggregates alone.
        Improvement = "improvement",
        /// Training or tuning a model with somebody's content: only by opt-in, item by item.
        Training = "train_ai_system",
        /// Access, export, correction, erasure, restriction, objection.
        Rights = "rights",
        /// What a law demands: books, orders of a court.
        LegalObligation = "legal_obligation",
        /// Storing, moving, sealing and erasing without reading: migrations, backups, sweeps, wrapping keys anew.
        Operation = "operation",
    }
}

closed_list! {
    /// Why a purpose is lawful, after GDPR Art. 6(1).
    pub enum LawfulBasis {
        /// Art. 6(1)(a): a separate, free, revocable yes.
        Consent = "consent",
        /// Art. 6(1)(b): needed to do what was agreed.
        Contract = "contract",
        /// Art. 6(1)(c): a law demands it.
        LegalObligation = "legal_obligation",
        /// Art. 6(1)(f): weighed against the person's interest; can be objected to.
        LegitimateInterest = "legitimate_interest",
        /// No personal data is used, so none is needed.
        NoPersonalData = "no_personal_data",
    }
}
