//! Opening one level of an object or an array.

use super::{Fragment, Text};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

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
    /// Opens `value`; `None` if it is no object.
    ///
    /// # Errors
    /// If a key stands twice.
    pub fn open(value: &'a str) -> Result<Option<Self>, Doubled> {
        let Ok(Members(members)) = serde_json::from_str::<Members<'a>>(value) else {
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

/// The elements of an array, unopened; `None` if `value` is no array.
pub fn array(value: &str) -> Option<Vec<&str>> {
    let Elements(elements) = serde_json::from_str(value).ok()?;
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

/// The one value that `body` is; `None` if it is no JSON or more than one value.
pub fn fragment(body: &[u8]) -> Result<&str, serde_json::Error> {
    serde_json::from_slice::<&RawValue>(body).map(RawValue::get)
}

struct Members<'a>(Vec<(Text<'a>, &'a str)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnObject;
        impl<'a> Visitor<'a> for AnObject {
            type Value = Members<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Key(key), value)) = map.next_entry::<Key<'a>, &'a RawValue>()? {
                    members.push((key, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AnObject)
    }
}

struct Elements<'a>(Vec<&'a str>);

impl<'a> Deserialize<'a> for Elements<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnArray;
        impl<'a> Visitor<'a> for AnArray {
            type Value = Elements<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Elements<'a>, A::Error> {
                let mut elements = Vec::new();
                while let Some(value) = seq.next_element::<&'a RawValue>()? {
                    elements.push(value.get());
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(AnArray)
    }
}

/// A key, borrowed unless it has escapes (`Cow` alone never borrows).
struct Key<'a>(Text<'a>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct AString;
        impl<'a> Visitor<'a> for AString {
            type Value = Key<'a>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(AString)
    }
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
