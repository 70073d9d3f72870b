//! One promise: its number, its words, and whether it is kept yet.
//!
//! Promises: a promise in force names its controls, probes and planted breaches, a planned one what it awaits; there is
//! no third way, and none of these can be left out.
//! Leaves out: observing whether it is kept (the evidence's).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::category::Category;
use crate::closed::closed_list;
use crate::parameters::Parameters;
use crate::purpose::{LawfulBasis, Purpose};

use super::evidence::EvidenceRule;
use super::fact::Fact;

/// The number of a promise, as `P-13.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PromiseId {
    /// The section it stands in.
    pub section: u8,
    /// Its place there, from 1.
    pub number: u8,
}

/// A text that is no number of a promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no promise; write its number as `P-13.3`")]
pub struct PromiseIdError(String);

impl fmt::Display for PromiseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P-{}.{}", self.section, self.number)
    }
}

impl FromStr for PromiseId {
    type Err = PromiseIdError;

    fn from_str(text: &str) -> Result<Self, PromiseIdError> {
        let read = || {
            let (section, number) = text.strip_prefix("P-")?.split_once('.')?;
            Some(Self {
                section: section.parse().ok()?,
                number: number.parse().ok()?,
            })
        };
        // One promise has one text: no leading zeros or signs.
        read()
            .filter(|id| id.to_string() == text)
            .ok_or_else(|| PromiseIdError(text.to_owned()))
    }
}

impl Serialize for PromiseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TryFrom<String> for PromiseId {
    type Error = PromiseIdError;

    fn try_from(text: String) -> Result<Self, PromiseIdError> {
        text.parse()
    }
}

closed_list! {
    /// How a promise is kept.
    pub enum Kind {
        /// The program makes a breach impossible or refuses.
        Enforced = "enforced",
        /// A probe finds a breach.
        Monitored = "monitored",
        /// A person signs for it, until a date.
        Attested = "attested",
        /// It only says how things are.
        Disclaimer = "disclaimer",
    }
}

/// The kinds of data that a promise is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every kind there is.
    All,
    /// These.
    Only(Vec<Category>),
}

closed_list! {
    /// To whom a promise is made.
    pub enum Subject {
        /// Who has an account.
        AccountHolder = "account_holder",
        /// Who looks at a page or calls without a key.
        Visitor = "visitor",
        /// Who writes to the operator without having an account.
        Correspondent = "correspondent",
        /// Who is too young for an account.
        Child = "child",
    }
}

/// The purposes that a promise is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grounds {
    /// Every purpose, each on its own ground.
    All,
    /// These, on these grounds.
    Only(BTreeMap<Purpose, LawfulBasis>),
}

/// Where a promise holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Jurisdictions {
    /// Everywhere: everybody gets the strictest.
    All,
    /// In these countries alone (ISO 3166-1), since a law of theirs asks for it.
    Only(Vec<String>),
}

/// Is a promise in force?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not yet, and what must be built first.
    Planned {
        /// In a few words.
        awaits: String,
        /// What of the program can't arrive before the promise is in force.
        until: Vec<Fact>,
    },
    /// It is: this keeps it, this looks, and this breach is planted to see whether it looks.
    InForce {
        /// Names of the functions that keep it.
        controls: Vec<String>,
        /// Names of the probes.
        probes: Vec<String>,
        /// The planted breaches' names.
        planted_breaches: Vec<String>,
        /// What its observations must be like.
        evidence: EvidenceRule,
        /// The version of the document since which it has been in force.
        since: String,
    },
}

/// A promise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Promise {
    /// Its number.
    pub id: PromiseId,
    /// The points that it answers.
    pub clauses: Vec<String>,
    /// How it is kept.
    pub kinds: Vec<Kind>,
    /// Its words, with parameters in braces.
    pub text: String,
    /// The kinds of data that it is about.
    pub scope: Scope,
    /// Whom it is made to.
    pub subjects: Vec<Subject>,
    /// The purposes that it is about, each with its legal ground.
    pub grounds: Grounds,
    /// Where it holds.
    pub jurisdictions: Jurisdictions,
    /// Is it in force?
    pub state: State,
}

impl Promise {
    /// Its words with the numbers in force; `Err` names a parameter that doesn't exist.
    pub fn words(&self, parameters: &Parameters) -> Result<String, String> {
        let mut words = String::new();
        let mut rest = self.text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (key, after) = after.split_once('}').ok_or_else(|| rest.to_owned())?;
            words.push_str(before);
            words.push_str(&parameters.words(key).ok_or_else(|| key.to_owned())?);
            rest = after;
        }
        Ok(words + rest)
    }

    /// The keys of the parameters in its words.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.text
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(key, _)| key)
    }
}

/// A promise as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: PromiseId,
    clause: Vec<String>,
    kind: Vec<Kind>,
    text: String,
    categories: AllOr<Vec<Category>>,
    subjects: Vec<Subject>,
    basis: AllOr<BTreeMap<Purpose, LawfulBasis>>,
    jurisdictions: AllOr<Vec<String>>,
    state: StateEntry,
    awaits: Option<String>,
    until: Option<Vec<Fact>>,
    controls: Option<Vec<String>>,
    probes: Option<Vec<String>>,
    planted_breaches: Option<Vec<String>>,
    evidence: Option<EvidenceRule>,
    since: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AllOr<T> {
    Only(T),
    Word(String),
}

impl<T> AllOr<T> {
    /// The list, or `None` for the word `all`.
    fn list(self, what: &str) -> Result<Option<T>, String> {
        match self {
            Self::Only(list) => Ok(Some(list)),
            Self::Word(word) if word == "all" => Ok(None),
            Self::Word(word) => Err(format!("{what} are a list or `all`, not `{word}`")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateEntry {
    Planned,
    InForce,
}

impl Entry {
    fn planned(&self) -> Result<State, &'static str> {
        match self {
            Self {
                awaits: Some(awaits),
                until: Some(until),
                controls: None,
                probes: None,
                planted_breaches: None,
                evidence: None,
                since: None,
                ..
            } => Ok(State::Planned {
                awaits: awaits.clone(),
                until: until.clone(),
            }),
            _ => Err("a planned promise has `awaits` and `until`, and nothing of one in force"),
        }
    }

    fn in_force(&self) -> Result<State, &'static str> {
        match self {
            Self {
                awaits: None,
                until: None,
                controls: Some(controls),
                probes: Some(probes),
                planted_breaches: Some(planted_breaches),
                evidence: Some(evidence),
                since: Some(since),
                ..
            } => Ok(State::InForce {
                controls: controls.clone(),
                probes: probes.clone(),
                planted_breaches: planted_breaches.clone(),
                evidence: *evidence,
                since: since.clone(),
            }),
            _ => Err(
                "a promise in force has `controls`, `probes`, `planted_breaches`, `evidence`, `since`, and no `awaits`",
            ),
        }
    }
}

impl TryFrom<Entry> for Promise {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let id = entry.id;
        let state = match entry.state {
            StateEntry::Planned => entry.planned(),
            StateEntry::InForce => entry.in_force(),
        };
        let told = |what: String| format!("{id}: {what}");
        let state = state.map_err(|what| told(what.to_owned()))?;
        let categories = entry.categories.list("categories").map_err(told)?;
        let basis = entry.basis.list("basis").map_err(told)?;
        let jurisdictions = entry.jurisdictions.list("jurisdictions").map_err(told)?;
        Ok(Self {
            id,
            clauses: entry.clause,
            kinds: entry.kind,
            text: entry.text,
            scope: categories.map_or(Scope::All, Scope::Only),
            subjects: entry.subjects,
            grounds: basis.map_or(Grounds::All, Grounds::Only),
            jurisdictions: jurisdictions.map_or(Jurisdictions::All, Jurisdictions::Only),
            state,
        })
    }
}
