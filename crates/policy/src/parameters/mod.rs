//! The numbers by which the program keeps its promises, after the operator's own, stricter ones.
//!
//! Promises: each comes from `policy/policy.yaml` and stands nowhere else; an operator's number is taken only if it is
//! stricter; units are in the type.
//! Leaves out: numbers that promise nothing (limits, time-outs): they are configuration.

mod overrides;
mod value;

use serde::{Deserialize, Serialize};

pub use overrides::{Override, OverrideError};
pub use value::{Days, Thousandths, Value, Years};

use crate::document::{Document, PromiseId};

/// A number of the document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// As in `policy/policy.yaml`; the configuration's key is this after `policy.`.
    pub key: String,
    /// What is promised to everybody.
    pub value: Value,
    /// What counts as stricter.
    pub may_only: MayOnly,
    /// What not even an operator can go below.
    #[serde(default)]
    pub least: Option<Value>,
    /// May the operator say `none`?
    #[serde(default)]
    pub none: NoneIs,
    /// The promise it belongs to.
    pub promise: PromiseId,
    /// What it means, for the page.
    pub means: String,
}

/// In which direction a number is stricter towards people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MayOnly {
    /// A shorter time.
    Shorten,
    /// A smaller number.
    Lower,
    /// A larger number.
    Raise,
    /// Neither: it can't be changed.
    Stay,
}

/// May the operator say `none`, that is: nothing of the kind is kept at all?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoneIs {
    /// It may.
    Allowed,
    /// It may not.
    #[default]
    Refused,
}

/// The numbers in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// At most so long a generation is recorded; `None`: nothing of it is kept at all. R of durability.md, at least 3.
    pub retention_generation_log: Option<Days>,
    /// A deleted account can be called back so long; then it is erased from live stores.
    pub retention_account_grace: Days,
    /// So long after a deletion no copy anywhere can be read.
    pub retention_account_gone: Days,
    /// Whole network addresses stay in the security log so long.
    pub retention_security_log: Days,
    /// Books and invoices stay so many years after their fiscal year.
    pub retention_billing: Years,
    /// A week's slot of the keyring ends so long after its week.
    pub key_week_slack: Days,
    /// A backup restores every living person so long.
    pub backup_life: Days,
    /// A backup opens nobody's data after so long.
    pub backup_dead: Days,
    /// Fewer accounts than these in a cell: nothing of it is released.
    pub aggregates_k: u32,
    /// How much one account may show through the noise of a released count.
    pub aggregates_epsilon: Thousandths,
}

/// Partitions are dropped a day before their promise ends and hidden then at the latest: with fewer days than these,
/// yesterday's could not be kept at all.
const LEAST_GENERATION_LOG: Days = Days::new(3);
/// A person's key is wrapped anew once a week.
const WEEK: u32 = 7;

/// The `least` that the machinery sets, whatever the file says.
pub(crate) fn least_of_machinery(key: &str) -> Option<Value> {
    (key == "retention.generation_log").then_some(Value::Days(LEAST_GENERATION_LOG))
}

impl Parameters {
    /// The document's numbers, with the operator's where they are stricter.
    pub fn of(document: &Document, overrides: &[Override]) -> Result<Self, OverrideError> {
        let numbers = overrides::apply(document, overrides)?;
        let missing = |key: &'static str| OverrideError::NotInDocument { key };
        let days = |key| numbers.days(key).ok_or_else(|| missing(key));
        let log = numbers
            .get("retention.generation_log")
            .ok_or_else(|| missing("retention.generation_log"))?;
        let parameters = Self {
            retention_generation_log: match log {
                Value::Days(days) => Some(days),
                _ => None,
            },
            retention_account_grace: days("retention.account_grace")?,
            retention_account_gone: days("retention.account_gone")?,
            retention_security_log: days("retention.security_log")?,
            retention_billing: numbers
                .years("retention.billing")
                .ok_or_else(|| missing("retention.billing"))?,
            key_week_slack: days("keys.week_slack")?,
            backup_life: days("backup.life")?,
            backup_dead: days("backup.dead")?,
            aggregates_k: numbers.count("aggregates.k").ok_or_else(|| missing("aggregates.k"))?,
            aggregates_epsilon: numbers
                .thousandths("aggregates.epsilon")
                .ok_or_else(|| missing("aggregates.epsilon"))?,
        };
        parameters.fit_together()?;
        Ok(parameters)
    }

    /// A number as people read it on the page: `30 days`, `7 years`, `20`; `None` for an unknown key.
    #[must_use]
    pub fn words(&self, key: &str) -> Option<String> {
        Some(self.value(key)?.words())
    }

    /// A number by the document's key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<Value> {
        Some(match key {
            "retention.generation_log" => self.retention_generation_log.map_or(Value::None, Value::Days),
            "retention.account_grace" => Value::Days(self.retention_account_grace),
            "retention.account_gone" => Value::Days(self.retention_account_gone),
            "retention.security_log" => Value::Days(self.retention_security_log),
            "retention.billing" => Value::Years(self.retention_billing),
            "keys.week_slack" => Value::Days(self.key_week_slack),
            "backup.life" => Value::Days(self.backup_life),
            "backup.dead" => Value::Days(self.backup_dead),
            "aggregates.k" => Value::Count(self.aggregates_k),
            "aggregates.epsilon" => Value::Thousandths(self.aggregates_epsilon),
            _ => return None,
        })
    }

    /// Each number may be strict enough and the promise still broken, where they depend on each other.
    fn fit_together(&self) -> Result<(), OverrideError> {
        let last_wrap = self.retention_account_grace.get() + WEEK + self.key_week_slack.get();
        if last_wrap >= self.retention_account_gone.get() {
            return Err(OverrideError::Together {
                keys: "retention.account_grace, keys.week_slack and retention.account_gone",
                why: format!(
                    "copies of a key die {last_wrap} days after a deletion (grace, a week and the slack), which must be before account_gone, {}",
                    self.retention_account_gone
                ),
            });
        }
        if self.backup_life > self.key_week_slack {
            return Err(OverrideError::Together {
                keys: "backup.life and keys.week_slack",
                why: format!(
                    "a backup of {} can't be read when its keys end after {}",
                    self.backup_life, self.key_week_slack
                ),
            });
        }
        if self.backup_dead.get() < self.key_week_slack.get() + WEEK {
            return Err(OverrideError::Together {
                keys: "backup.dead and keys.week_slack",
                why: format!(
                    "a backup's keys live up to {} days (a week and the slack)",
                    self.key_week_slack.get() + WEEK
                ),
            });
        }
        Ok(())
    }
}
