//! What a probe saw.

use std::io;
use std::time::Duration;

use base::time::Timestamp;
use store::days::DaysError;
use store::db::DbError;
use store::keys::KeysError;

use super::Probe;

/// The longest text that is kept of a look.
const TEXT_BYTES: usize = 400;

/// Whether the probe saw the breach that it made for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// It did: it would see another one.
    Alive,
    /// It did not, and in which way: its silence proves nothing.
    Dead(String),
}

/// What a probe saw. It holds nothing about a person: counts, days, names of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    considered: u64,
    control: Control,
    breach: Option<String>,
    figure: Option<String>,
}

impl Look {
    /// A look at so many things, none of them a breach so far.
    #[must_use]
    pub const fn at(considered: u64, control: Control) -> Self {
        Self {
            considered,
            control,
            breach: None,
            figure: None,
        }
    }

    /// It saw this breach; of several the first is told.
    #[must_use]
    pub fn breach(mut self, what: impl Into<String>) -> Self {
        self.breach.get_or_insert_with(|| what.into());
        self
    }

    /// The number that the page shows, with its unit: `26 days`.
    #[must_use]
    pub fn figure(mut self, figure: impl Into<String>) -> Self {
        self.figure = Some(figure.into());
        self
    }

    /// What it means. A control that found nothing is a breach; an empty look is none, and keeps nothing.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (&self.control, &self.breach) {
            (Control::Dead(why), _) => Outcome::Broken(format!("the probe is dead: {why}")),
            (Control::Alive, Some(what)) => Outcome::Broken(what.clone()),
            (Control::Alive, None) if self.considered == 0 => Outcome::Nothing,
            (Control::Alive, None) => Outcome::Kept,
        }
    }
}

/// Why a probe could not look. That says nothing of the promise; it is told, and ages.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Day partitions.
    #[error(transparent)]
    Days(#[from] DaysError),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A folder or file.
    #[error("{what}: {error}")]
    Disk {
        /// Which, in words.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// It took too long.
    #[error("it took longer than {0:?}")]
    Late(Duration),
    /// It is defective.
    #[error("the probe ended by a panic, which is a defect of the program")]
    Panicked,
    /// Anything else, in words without a stored value.
    #[error("{0}")]
    Other(String),
}

/// What a look means for the promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There was something to look at, and no breach.
    Kept,
    /// There is a breach, or the probe is dead; in words.
    Broken(String),
    /// There was nothing to look at.
    Nothing,
    /// It could not look, and why.
    Blind(String),
}

impl Outcome {
    /// As it is stored.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken(_) => "broken",
            Self::Nothing => "nothing",
            Self::Blind(_) => "blind",
        }
    }

    /// What was said with it.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Kept | Self::Nothing => None,
            Self::Broken(why) | Self::Blind(why) => Some(why),
        }
    }

    /// The outcome as it was stored; `None` for a word of another version.
    #[must_use]
    pub fn from_stored(word: &str, why: Option<&str>) -> Option<Self> {
        let why = || why.unwrap_or_default().to_owned();
        Some(match word {
            "kept" => Self::Kept,
            "broken" => Self::Broken(why()),
            "nothing" => Self::Nothing,
            "blind" => Self::Blind(why()),
            _ => return None,
        })
    }
}

/// A look of a probe, or several equal ones in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The probe's name.
    pub probe: &'static str,
    /// What it means.
    pub outcome: Outcome,
    /// How many things the last look considered.
    pub considered: u64,
    /// What they are, in the plural.
    pub considers: &'static str,
    /// The last look's number, for the page.
    pub figure: Option<String>,
    /// When the outcome was first so, without a pause.
    pub since: Timestamp,
    /// The last look.
    pub at: Timestamp,
    /// How many looks in a row.
    pub looks: u64,
}

impl Observation {
    pub(super) fn of(probe: &Probe, look: &Look, at: Timestamp) -> Self {
        let outcome = match look.outcome() {
            Outcome::Broken(why) => Outcome::Broken(short(&why)),
            other => other,
        };
        Self {
            figure: look.figure.as_deref().map(short),
            considered: look.considered,
            ..Self::new(probe, outcome, at)
        }
    }

    pub(super) fn blind(probe: &Probe, error: &LookError, at: Timestamp) -> Self {
        Self::new(probe, Outcome::Blind(short(&error.to_string())), at)
    }

    const fn new(probe: &Probe, outcome: Outcome, at: Timestamp) -> Self {
        Self {
            probe: probe.name,
            outcome,
            considered: 0,
            considers: probe.considers,
            figure: None,
            since: at,
            at,
            looks: 1,
        }
    }
}

fn short(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_is_never_said_of_an_empty_look_nor_with_a_dead_control() {
        assert_eq!(Look::at(3, Control::Alive).outcome(), Outcome::Kept);
        assert_eq!(Look::at(0, Control::Alive).outcome(), Outcome::Nothing);
        for considered in [0, 3] {
            let dead = Control::Dead("the planted row was not found".to_owned());
            assert!(matches!(Look::at(considered, dead).outcome(), Outcome::Broken(_)));
        }
    }

    #[test]
    fn a_breach_breaks_whatever_was_counted_and_the_first_one_is_told() {
        let look = Look::at(0, Control::Alive)
            .breach("a day is past its end")
            .breach("another");
        assert_eq!(look.outcome(), Outcome::Broken("a day is past its end".to_owned()));
    }

    #[test]
    fn an_outcome_survives_being_stored() {
        let why = || "words".to_owned();
        for outcome in [
            Outcome::Kept,
            Outcome::Nothing,
            Outcome::Broken(why()),
            Outcome::Blind(why()),
        ] {
            assert_eq!(Outcome::from_stored(outcome.word(), outcome.why()), Some(outcome));
        }
        assert_eq!(Outcome::from_stored("splendid", None), None);
    }
}
