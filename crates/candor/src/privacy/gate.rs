//! The gate: the only place that mints grants, by the state of the person and the purpose.
//!
//! Promises: an unknown person gets no grant; a state is one table of purposes, read in one match; asking never waits.
//! Leaves out: consents (purposes that need one are refused until there is a ledger of them); how the states get here
//! (`people` reads them, at most `auth.stale` old).

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base::ids::SubjectId;
use policy::{Authority, Grant, Purpose};

/// What may be done with a person's data at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessingState {
    /// Everything that was agreed.
    Active,
    /// The operator stopped the service for this person; rights, books and defence go on.
    Frozen,
}

impl ProcessingState {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Active, Self::Frozen];

    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// May data be used for `purpose` in this state?
    const fn allows(self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::ProvideService => matches!(self, Self::Active),
            Purpose::Billing
            | Purpose::Security
            | Purpose::Support
            | Purpose::ServiceNotices
            | Purpose::Rights
            | Purpose::LegalObligation
            | Purpose::Statistics
            | Purpose::Operation => true,
            // These need a consent, or released aggregates alone: nobody's values are opened for them yet.
            Purpose::Marketing | Purpose::Improvement | Purpose::Training => false,
        }
    }
}

/// Why a grant was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No such person, or erased.
    #[error("nobody of this id is known")]
    Unknown,
    /// The person's state forbids this purpose.
    #[error("this account is {}: its data may not be used for `{purpose}`", state.as_str())]
    State {
        /// The person's state.
        state: ProcessingState,
        /// What was asked for.
        purpose: Purpose,
    },
    /// The purpose needs a consent that was not given.
    #[error("`{0}` needs a consent, and there is none")]
    Consent(Purpose),
}

/// Mints grants from a snapshot of everybody's state.
pub struct Gate {
    authority: Authority,
    states: ArcSwap<HashMap<SubjectId, ProcessingState>>,
}

impl Gate {
    /// A gate that knows nobody yet.
    #[must_use]
    pub fn new(authority: Authority) -> Self {
        Self {
            authority,
            states: ArcSwap::default(),
        }
    }

    /// The permission to open `subject`'s values for `purpose`.
    pub fn grant(&self, subject: SubjectId, purpose: Purpose) -> Result<Grant, Denied> {
        let state = *self.states.load().get(&subject).ok_or(Denied::Unknown)?;
        if state.allows(purpose) {
            Ok(self.authority.mint(subject, purpose))
        } else if ProcessingState::Active.allows(purpose) {
            Err(Denied::State { state, purpose })
        } else {
            Err(Denied::Consent(purpose))
        }
    }

    /// The person's state, if the person is known.
    #[must_use]
    pub fn state(&self, subject: SubjectId) -> Option<ProcessingState> {
        self.states.load().get(&subject).copied()
    }

    /// Takes over everybody's state as it was just read.
    pub fn replace(&self, states: HashMap<SubjectId, ProcessingState>) {
        self.states.store(Arc::new(states));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn gate(subject: SubjectId, state: ProcessingState) -> Gate {
        let gate = Gate::new(Authority::for_tests());
        gate.replace(HashMap::from([(subject, state)]));
        gate
    }

    #[test]
    fn an_unknown_person_gets_no_grant_for_anything() {
        let gate = gate(SubjectId::from_bytes([1; 16]), ProcessingState::Active);
        let stranger = SubjectId::from_bytes([2; 16]);
        let refused = Purpose::ALL
            .iter()
            .filter(|purpose| gate.grant(stranger, **purpose) == Err(Denied::Unknown));
        assert_eq!(refused.count(), Purpose::ALL.len());
    }

    #[test]
    fn a_frozen_person_is_not_served_and_keeps_the_rights() {
        let subject = SubjectId::from_bytes([1; 16]);
        let gate = gate(subject, ProcessingState::Frozen);
        let denied = gate.grant(subject, Purpose::ProvideService).unwrap_err();
        assert!(matches!(
            denied,
            Denied::State {
                state: ProcessingState::Frozen,
                ..
            }
        ));
        assert!(denied.to_string().contains("frozen"));
        for purpose in [
            Purpose::Rights,
            Purpose::Billing,
            Purpose::LegalObligation,
            Purpose::Operation,
        ] {
            assert_eq!(gate.grant(subject, purpose).unwrap().purpose(), purpose);
        }
    }

    #[test]
    fn what_needs_a_consent_is_refused_to_an_active_person_too() {
        let subject = SubjectId::from_bytes([1; 16]);
        let gate = gate(subject, ProcessingState::Active);
        for purpose in [Purpose::Marketing, Purpose::Training, Purpose::Improvement] {
            assert_eq!(gate.grant(subject, purpose), Err(Denied::Consent(purpose)));
        }
        assert_eq!(gate.grant(subject, Purpose::ProvideService).unwrap().subject(), subject);
    }
}
