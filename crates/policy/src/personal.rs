//! Values about a person, held so that no log line, error or answer can show them by accident.
//!
//! Promises: no Debug, no Display, no Serialize, no Deref: the only ways to the value take a [`Grant`].
//! Leaves out: whether the grant was for this person: the gate mints it for the subject whose row is read.

use crate::grant::Grant;

/// A personal value. What is made of it by [`Self::map`] stays personal.
///
/// ```compile_fail
/// println!("{:?}", policy::Personal::new("a prompt"));
/// ```
/// ```compile_fail
/// println!("{}", policy::Personal::new("a prompt"));
/// ```
/// ```compile_fail
/// fn serialized<T: serde::Serialize>(_: T) {}
/// serialized(policy::Personal::new("a prompt"));
/// ```
/// ```compile_fail
/// let length = policy::Personal::new(String::from("a prompt")).len();
/// ```
/// The same four would compile for the bare value, so that they fail for the right reason:
/// ```
/// println!("{:?} {}", "a prompt", "a prompt");
/// let length = String::from("a prompt").len();
/// let personal = policy::Personal::new("a prompt");
/// ```
#[derive(Clone)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks a value as personal.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the purpose of the grant.
    #[must_use]
    pub const fn open(&self, _grant: &Grant) -> &T {
        &self.0
    }

    /// The value itself, for the purpose of the grant.
    #[must_use]
    pub fn into_inner(self, _grant: &Grant) -> T {
        self.0
    }

    /// Makes another personal value of it.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Personal<U> {
        Personal(change(self.0))
    }

    /// The same, borrowed: for handing a part on without opening it.
    #[must_use]
    pub const fn as_ref(&self) -> Personal<&T> {
        Personal(&self.0)
    }
}
