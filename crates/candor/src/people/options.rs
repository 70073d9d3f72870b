//! What an API key may be used for, how much, and how long.
//!
//! Promises: what a key was not given it may not do; a list of models that names none the instance offers lets it use none.
//! Leaves out: which models there are, and counting against limits (gateway).

use base::limits::Limits;
use base::time::Timestamp;

use super::keys::Scope;
use super::{PeopleError, checked_name};

/// Models that a key may be restricted to, at most.
pub const MAX_MODELS: usize = 100;
/// Characters of a model's name at most.
const MAX_MODEL_NAME: usize = 200;

/// The options of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOptions {
    /// Which kind of models it may use.
    pub scope: Scope,
    /// The only models that it may use, by name or alias; all of its scope where none is named.
    pub models: Vec<String>,
    /// How much it may use.
    pub limits: Limits,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl From<Scope> for KeyOptions {
    /// All of a scope, without limit or end.
    fn from(scope: Scope) -> Self {
        Self {
            scope,
            models: Vec::new(),
            limits: Limits::NONE,
            expires_at: None,
        }
    }
}

impl KeyOptions {
    /// Is its end reached?
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Does its list of models let it use the one that goes by a name for which `is_called` says yes?
    pub fn lists(&self, is_called: impl Fn(&str) -> bool) -> bool {
        self.models.is_empty() || self.models.iter().any(|name| is_called(name))
    }

    /// Checks what a person chose.
    pub(super) fn check(&self) -> Result<(), PeopleError> {
        if self.models.len() > MAX_MODELS {
            return Err(PeopleError::TooManyModels);
        }
        self.models
            .iter()
            .try_for_each(|name| checked_name("model's name", MAX_MODEL_NAME, name))
    }

    /// The list of models as it is stored; a name may hold any character but control ones.
    pub(super) fn stored_models(&self) -> Option<String> {
        (!self.models.is_empty()).then(|| self.models.join("\n"))
    }

    /// The limits as they are stored.
    pub(super) fn stored_limits(&self) -> Option<String> {
        (!self.limits.is_none()).then(|| self.limits.to_string())
    }

    /// Options as they were stored.
    pub(super) fn of_stored(
        scope: &str,
        models: Option<&str>,
        limits: Option<&str>,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, PeopleError> {
        Ok(Self {
            scope: Scope::from_name(scope).ok_or(PeopleError::Damaged)?,
            models: models.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect()),
            limits: limits
                .map_or(Ok(Limits::NONE), str::parse)
                .map_err(|_| PeopleError::Damaged)?,
            expires_at,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_read_back() {
        let all = KeyOptions::from(Scope::Sandbox);
        assert_eq!((all.stored_models(), all.stored_limits()), (None, None));
        let some = KeyOptions {
            models: vec!["openai/gpt, 4".to_owned(), "b".to_owned()],
            limits: "tokens=5/d".parse().unwrap(),
            expires_at: Some(Timestamp::from_micros(7)),
            ..all
        };
        some.check().ok().unwrap();
        let read = KeyOptions::of_stored(
            "sandbox",
            some.stored_models().as_deref(),
            some.stored_limits().as_deref(),
            some.expires_at,
        );
        assert_eq!(read.ok().unwrap(), some);
        assert!(KeyOptions::of_stored("admin", None, None, None).is_err());
        assert!(KeyOptions::of_stored("all", None, Some("tokens=5"), None).is_err());
    }

    #[test]
    fn a_list_lets_nothing_else_pass_and_an_end_is_reached_at_its_moment() {
        let mut options = KeyOptions::from(Scope::All);
        assert!(options.lists(|_| false) && !options.is_expired(Timestamp::MAX));
        options.models = vec!["a".to_owned()];
        assert!(options.lists(|name| name == "a") && !options.lists(|name| name == "b"));
        options.expires_at = Some(Timestamp::from_micros(10));
        assert!(!options.is_expired(Timestamp::from_micros(9)) && options.is_expired(Timestamp::from_micros(10)));
    }

    #[test]
    fn names_that_would_run_into_each_other_are_refused() {
        for models in [vec!["a\nb".to_owned()], vec![String::new()], vec!["m".to_owned(); 101]] {
            let options = KeyOptions {
                models,
                ..KeyOptions::from(Scope::All)
            };
            assert!(options.check().is_err());
        }
    }
}
