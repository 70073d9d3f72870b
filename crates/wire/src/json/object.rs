//! Opening one level of an object or an array.

use super::scan::Scanner;
use super::{Fragment, Text};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// From this many members on, doubled keys are looked for by sorting.
const FEW: usize = 24;

/// A key that stands twice in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubled(pub String);

/// The members of one object in the order they came, each value unopened.
#[derive(Debug, Clone, Default)]
pub struct Object<'a> {
    members: Vec<(Text<'a>, &'a str)>,
}

impl<'a> Object<'a> {
    /// Opens a whole body or event; `None` if it is no JSON or no object.
    ///
    /// # Errors
    /// If a key stands twice.
    pub fn read(body: &'a [u8]) -> Result<Option<Self>, Doubled> {
        match fragment(body) {
            Ok(value) => Self::open(value),
            Err(_) => Ok(None),
        }
    }

    /// Opens `value`, which must be JSON: a part of what [`fragment`] let pass. `None` if it is no object.
    ///
    /// # Errors
    /// If a key stands twice.
    pub fn open(value: &'a str) -> Result<Option<Self>, Doubled> {
        let Some(members) = members(value) else {
            return Ok(None);
        };
        match doubled(&members) {
            Some(key) => Err(Doubled(key)),
            None => Ok(Some(Self { members })),
        }
    }

    /// Takes a member out; a `null` counts as absent.
    pub fn take(&mut self, key: &str) -> Option<Fragment<'a>> {
        self.take_nullable(key).filter(|value| value.get() != "null")
    }

    /// Takes a member out, `null` or not.
    pub fn take_nullable(&mut self, key: &str) -> Option<Fragment<'a>> {
        let at = self.members.iter().position(|(name, _)| name == key)?;
        Some(Fragment::borrowed(self.members.remove(at).1))
    }

    /// Takes a member's JSON out, for opening it; a `null` counts as absent.
    pub fn take_raw(&mut self, key: &str) -> Option<&'a str> {
        let at = self.members.iter().position(|(name, _)| name == key)?;
        Some(self.members.remove(at).1).filter(|value| *value != "null")
    }

    /// A member's JSON, `null` or not, left in place.
    pub fn peek(&self, key: &str) -> Option<&'a str> {
        self.members().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// All members that were not taken.
    pub fn members(&self) -> impl Iterator<Item = &(Text<'a>, &'a str)> {
        self.members.iter()
    }

    /// Takes a text out; `None` if it is absent or none.
    pub fn take_text(&mut self, key: &str) -> Option<Text<'a>> {
        let at = self.members.iter().position(|(name, _)| name == key)?;
        let found = text(self.members[at].1)?;
        self.members.remove(at);
        Some(found)
    }

    /// A member as a text, left in place.
    pub fn text(&self, key: &str) -> Option<Text<'a>> {
        let (_, value) = self.members.iter().find(|(name, _)| name == key)?;
        text(value)
    }

    /// Takes a whole number out; `None` if it is absent or none.
    pub fn take_number(&mut self, key: &str) -> Option<u64> {
        self.take(key)?.whole_number()
    }

    /// What nobody took, without members that are null.
    pub fn rest(self) -> Vec<(Text<'a>, Fragment<'a>)> {
        self.members
            .into_iter()
            .filter(|(_, value)| *value != "null")
            .map(|(key, value)| (key, Fragment::borrowed(value)))
            .collect()
    }
}

fn doubled(members: &[(Text<'_>, &str)]) -> Option<String> {
    if members.len() <= FEW {
        return members
            .iter()
            .enumerate()
            .find(|(at, (key, _))| members[..*at].iter().any(|(before, _)| before == key))
            .map(|(_, (key, _))| key.to_string());
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys.windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].to_owned())
}

fn members(value: &str) -> Option<Vec<(Text<'_>, &str)>> {
    let mut scanner = Scanner::new(value);
    scanner.enter(b'{')?;
    let mut members = Vec::with_capacity(8);
    while scanner.next(b'}')? {
        let key = text(scanner.value()?)?;
        scanner.enter(b':')?;
        members.push((key, scanner.value()?));
    }
    Some(members)
}

/// The elements of an array, unopened; `None` if `value`, which must be JSON, is no array.
pub fn array(value: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner::new(value);
    scanner.enter(b'[')?;
    let mut elements = Vec::new();
    while scanner.next(b']')? {
        elements.push(scanner.value()?);
    }
    Some(elements)
}

/// A text, decoded; borrowed if it holds no escapes. `None` if `value` is no text, or half of a surrogate pair.
pub fn text(value: &str) -> Option<Text<'_>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(value).ok().map(Cow::Owned)
}

/// The one value that `body` is. Everything that is opened later is a part of it, so only here JSON is checked.
///
/// # Errors
/// If it is no JSON, or more than one value.
pub fn fragment(body: &[u8]) -> Result<&str, serde_json::Error> {
    serde_json::from_slice::<&RawValue>(body).map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_in_small_and_in_large_objects() {
        assert_eq!(
            Object::open(r#"{"a":1,"\u0061":2}"#).map(|_| ()),
            Err(Doubled("a".to_owned()))
        );
        let many: String = (0..1000).map(|n| format!("\"k{n}\":0,")).collect();
        assert_eq!(
            Object::open(&format!("{{{many}\"k7\":1}}")).map(|_| ()),
            Err(Doubled("k7".to_owned()))
        );
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000));
        let mut object = Object::open(&deep).expect("no key twice").expect("an object");
        assert_eq!(object.take("a").map(|value| value.get().len()), Some(400_001));
    }

    #[test]
    fn values_keep_their_bytes_and_texts_are_decoded() {
        let mut object = Object::open(r#"{"n":1.50e2,"t":"a\nb","plain":"x","half":"\ud800","no":null}"#)
            .expect("no key twice")
            .expect("an object");
        assert_eq!(
            object.take("n").map(|value| value.get().to_owned()).as_deref(),
            Some("1.50e2")
        );
        assert_eq!(object.take_text("t").as_deref(), Some("a\nb"));
        assert!(matches!(object.take_text("plain"), Some(Cow::Borrowed("x"))));
        assert_eq!(object.take_text("half"), None);
        assert_eq!(object.rest().len(), 1, "null counts as absent, what is no text stays");
    }
}
