//! The operator's numbers: taken where they are stricter, refused where they are weaker.
//!
//! Promises: an error names the key, the promise and both values, and says what to write.
//! Leaves out: the configuration's file and line; who read it adds them.

use std::collections::BTreeMap;

use super::value::ValueError;
use super::{Days, MayOnly, NoneIs, Parameter, Thousandths, Value, Years};
use crate::document::{Document, PromiseId};

/// A number that the operator set under `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Without `policy.`: `retention.generation_log`.
    pub key: String,
    /// As it was written, without quotes: `7d`, `20`.
    pub value: String,
}

/// An operator's number that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// The document has no such number.
    #[error("the policy has no number `policy.{key}`; did you mean `policy.{nearest}`?")]
    Unknown {
        /// What was written.
        key: String,
        /// The document's key that is most like it.
        nearest: String,
    },
    /// Not a value, or one in another unit.
    #[error("policy.{key} = `{value}` can't be read; write it as the policy does: `{as_in_document}`")]
    Unit {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// The document's value.
        as_in_document: Value,
    },
    /// Weaker than what was promised to everybody.
    #[error("policy.{key} = `{value}` is weaker than promise {promise}, which says `{promised}`; {write}")]
    Weaker {
        /// The key.
        key: String,
        /// The operator's value.
        value: Value,
        /// The promise that it would break.
        promise: PromiseId,
        /// The document's value.
        promised: Value,
        /// What to write instead.
        write: String,
    },
    /// Stricter than the machinery can keep.
    #[error(
        "policy.{key} = `{value}` is less than the program can keep (promise {promise}, at most `{promised}`); the least is `{least}`{or_none}"
    )]
    BelowLeast {
        /// The key.
        key: String,
        /// The operator's value.
        value: Value,
        /// The promise it belongs to.
        promise: PromiseId,
        /// The document's value.
        promised: Value,
        /// The least.
        least: Value,
        /// `, or none`, where that can be said.
        or_none: &'static str,
    },
    /// Each fine, but not together.
    #[error("policy.{keys} don't fit together: {why}")]
    Together {
        /// Which.
        keys: &'static str,
        /// Why.
        why: String,
    },
    /// The document lacks a number that the program needs.
    #[error("policy/policy.yaml has no `{key}`, or has it in another unit")]
    NotInDocument {
        /// Which.
        key: &'static str,
    },
}

/// The numbers by key.
pub(super) struct Numbers(BTreeMap<String, Value>);

impl Numbers {
    pub(super) fn get(&self, key: &str) -> Option<Value> {
        self.0.get(key).copied()
    }

    pub(super) fn days(&self, key: &str) -> Option<Days> {
        if let Value::Days(days) = self.get(key)? {
            Some(days)
        } else {
            None
        }
    }

    pub(super) fn years(&self, key: &str) -> Option<Years> {
        if let Value::Years(years) = self.get(key)? {
            Some(years)
        } else {
            None
        }
    }

    pub(super) fn count(&self, key: &str) -> Option<u32> {
        if let Value::Count(count) = self.get(key)? {
            Some(count)
        } else {
            None
        }
    }

    pub(super) fn thousandths(&self, key: &str) -> Option<Thousandths> {
        if let Value::Thousandths(thousandths) = self.get(key)? {
            Some(thousandths)
        } else {
            None
        }
    }
}

/// The document's numbers with the operator's in their places.
pub(super) fn apply(document: &Document, overrides: &[Override]) -> Result<Numbers, OverrideError> {
    let mut numbers: BTreeMap<_, _> = document
        .parameters
        .iter()
        .map(|parameter| (parameter.key.clone(), parameter.value))
        .collect();
    for operator in overrides {
        let parameter = document
            .parameters
            .iter()
            .find(|parameter| parameter.key == operator.key)
            .ok_or_else(|| unknown(document, &operator.key))?;
        numbers.insert(operator.key.clone(), stricter(parameter, &operator.value)?);
    }
    Ok(Numbers(numbers))
}

fn stricter(parameter: &Parameter, written: &str) -> Result<Value, OverrideError> {
    let promised = parameter.value;
    let wrong_unit = || OverrideError::Unit {
        key: parameter.key.clone(),
        value: written.to_owned(),
        as_in_document: promised,
    };
    let value: Value = written.parse().map_err(|_: ValueError| wrong_unit())?;
    if value == Value::None && parameter.none == NoneIs::Allowed {
        return Ok(value);
    }
    let value = value.in_unit_of(promised).ok_or_else(wrong_unit)?;
    let (is_weaker, write) = match parameter.may_only {
        MayOnly::Shorten => (
            value.number() > promised.number(),
            format!("write `{promised}` or less"),
        ),
        MayOnly::Lower => (
            value.number() > promised.number(),
            format!("write `{promised}` or less"),
        ),
        MayOnly::Raise => (
            value.number() < promised.number(),
            format!("write `{promised}` or more"),
        ),
        MayOnly::Stay => (value != promised, "leave it out: it can't be changed".to_owned()),
    };
    if is_weaker {
        return Err(OverrideError::Weaker {
            key: parameter.key.clone(),
            value,
            promise: parameter.promise,
            promised,
            write,
        });
    }
    match parameter.least {
        Some(least) if value.number() < least.number() => Err(OverrideError::BelowLeast {
            key: parameter.key.clone(),
            value,
            promise: parameter.promise,
            promised,
            least,
            or_none: if parameter.none == NoneIs::Allowed {
                ", or `none`"
            } else {
                ""
            },
        }),
        _ => Ok(value),
    }
}

fn unknown(document: &Document, key: &str) -> OverrideError {
    let nearest = document
        .parameters
        .iter()
        .min_by_key(|parameter| distance(&parameter.key, key));
    OverrideError::Unknown {
        key: key.to_owned(),
        nearest: nearest.map_or_else(String::new, |near| near.key.clone()),
    }
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
