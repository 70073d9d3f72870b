//! How promises stand, and the signs for it.

use base::time::Timestamp;
use policy::document::PromiseId;

use crate::words;

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A probe saw a breach, or is dead.
    Broken,
    /// Nobody looked for too long.
    Stale,
    /// In force, with nothing to look at yet.
    Unproven,
    /// A person signed for it.
    Attested,
    /// Probes looked, lately, and saw no breach.
    Kept,
    /// Not in force yet.
    Planned,
}

impl State {
    /// All, the most urgent first.
    pub const ALL: [Self; 6] = [
        Self::Broken,
        Self::Stale,
        Self::Unproven,
        Self::Attested,
        Self::Kept,
        Self::Planned,
    ];

    /// Its word; also the class of its colour and the name of its shape.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Stale => "stale",
            Self::Unproven => "unproven",
            Self::Attested => "attested",
            Self::Kept => "kept",
            Self::Planned => "planned",
        }
    }

    /// What the word means, for the legend.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Broken => "a probe saw a breach, or could not have seen one",
            Self::Stale => "nobody has looked for too long, or the last look failed",
            Self::Unproven => "in force, and there was nothing to look at yet",
            Self::Attested => "a person signed for it, until a date",
            Self::Kept => "probes looked, could have seen a breach, and saw none",
            Self::Planned => "said, and not built yet",
        }
    }
}

/// How one promise stands, and from what that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub promise: PromiseId,
    /// How it stands.
    pub state: State,
    /// Why, where it is not kept.
    pub why: Option<String>,
    /// How many things were considered.
    pub examined: u64,
    /// The measured number.
    pub figure: Option<String>,
    /// When all of its probes had looked.
    pub probed_at: Option<Timestamp>,
    /// The last look of each of its probes.
    pub looks: Vec<Look>,
    /// The last time it was broken, which stays on the page when it is kept again.
    pub last_broken: Option<Red>,
}

/// A stretch of looks that saw a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Red {
    /// What was seen.
    pub why: String,
    /// The first of these looks.
    pub since: Timestamp,
    /// The last of them.
    pub at: Timestamp,
    /// How many, in a row.
    pub times: u64,
}

impl Red {
    pub(crate) fn stretch(&self) -> String {
        let looks = words::counted(self.times, "look");
        format!(
            "{looks} from {} to {}",
            words::moment(self.since),
            words::moment(self.at)
        )
    }
}

/// A probe's last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The probe's name.
    pub probe: String,
    /// What it saw, in a word.
    pub outcome: &'static str,
    /// How many things it considered.
    pub considered: u64,
    /// What they are, in the plural.
    pub considers: String,
    /// When.
    pub at: Timestamp,
    /// Since when it has seen the same.
    pub since: Timestamp,
    /// How often, in a row.
    pub times: u64,
}

impl Standing {
    /// How long ago it was looked at, in words.
    pub(crate) fn looked(&self, now: &Timestamp) -> Option<String> {
        self.probed_at.map(|at| words::ago(at, *now))
    }

    /// `12 345 partitions and keys`; where several probes count different things, just things.
    pub(crate) fn considered(&self) -> String {
        match self.looks.as_slice() {
            [only] => only.over(),
            _ => words::counted(self.examined, "thing"),
        }
    }
}

impl Look {
    pub(crate) fn over(&self) -> String {
        format!("{} {}", words::grouped(self.considered), self.considers)
    }

    pub(crate) fn when(&self) -> String {
        words::moment(self.at)
    }

    pub(crate) fn stretch(&self) -> String {
        match self.times {
            0 | 1 => "the first look with this result".to_owned(),
            times => format!(
                "{} equal looks since {}",
                words::grouped(times),
                words::moment(self.since)
            ),
        }
    }
}

/// How many promises stand how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts(Vec<(State, u64)>);

impl Counts {
    /// Counts; states that no promise is in are left out.
    #[must_use]
    pub fn of(standings: &[Standing]) -> Self {
        let count = |state: &State| standings.iter().filter(|one| one.state == *state).count() as u64;
        let counts = State::ALL.iter().map(|state| (*state, count(state)));
        Self(counts.filter(|(_, count)| *count > 0).collect())
    }

    /// How many are in this state.
    #[must_use]
    pub fn in_state(&self, state: State) -> u64 {
        self.0
            .iter()
            .find(|(one, _)| *one == state)
            .map_or(0, |(_, count)| *count)
    }

    /// Each state with its count, the most urgent first.
    pub(crate) fn all(&self) -> &[(State, u64)] {
        &self.0
    }

    /// All in one sentence: `6 of 60 promises are in force: 5 are kept, 1 is unproven.`
    pub(crate) fn sentence(&self) -> String {
        let total: u64 = self.0.iter().map(|(_, count)| count).sum();
        let in_force: Vec<&(State, u64)> = self.0.iter().filter(|(state, _)| *state != State::Planned).collect();
        let sum: u64 = in_force.iter().map(|(_, count)| count).sum();
        let list = in_force.iter().map(|(state, count)| {
            let is = if *count == 1 { "is" } else { "are" };
            format!("{count} {is} {}", state.word())
        });
        let list = list.collect::<Vec<_>>().join(", ");
        match in_force.len() {
            0 => format!("None of {total} promises is in force yet."),
            _ => format!("{sum} of {total} promises are in force: {list}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(state: State) -> Standing {
        Standing {
            promise: PromiseId { section: 1, number: 1 },
            state,
            why: None,
            examined: 0,
            figure: None,
            probed_at: None,
            looks: Vec::new(),
            last_broken: None,
        }
    }

    #[test]
    fn counts_read_as_one_sentence_with_the_worst_first() {
        let all = [State::Kept, State::Planned, State::Broken, State::Kept, State::Planned].map(standing);
        let counts = Counts::of(&all);
        assert_eq!(
            counts.sentence(),
            "3 of 5 promises are in force: 1 is broken, 2 are kept."
        );
        assert_eq!((counts.in_state(State::Planned), counts.in_state(State::Stale)), (2, 0));
        assert_eq!(Counts::of(&all[1..2]).sentence(), "None of 1 promises is in force yet.");
    }
}
