//! What a configuration key is, and the one macro that declares it.
//!
//! A declaration yields the struct's field, its type and parser, the default, the environment's name, the line in `config show`, the
//! row of the reference and the line of the sample file. Nothing about a key is written twice.

use super::reader::Reader;

/// One key as it was declared.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The table it stands in, such as `limits`.
    pub section: &'static str,
    /// Its name inside that table; may hold a dot where TOML nests (`tls.key`).
    pub name: &'static str,
    /// What holds when nobody says anything.
    pub default: Default,
    /// Its meaning, a sentence a line.
    pub about: &'static [&'static str],
    /// What a person may write, as the end of a sentence: `a duration such as "30s"`.
    pub expects: &'static str,
    /// Another variable of the environment that is honoured, after the key's own.
    pub also: Option<&'static str>,
}

/// What holds where a key is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It must be written.
    Required,
    /// Nothing: the feature is off or derived.
    Unset,
    /// This value, as TOML.
    Toml(&'static str),
}

impl Key {
    /// The whole path: `limits.head`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable that overrides it: `CANDOR__LIMITS__HEAD`.
    pub fn environment(&self) -> String {
        format!("CANDOR__{}", self.path().replace('.', "__").to_uppercase())
    }
}

/// A table of keys. Implemented by `section!` alone.
pub trait Section: Sized {
    /// The table's name.
    const NAME: &'static str;
    /// What the table is about, a sentence a line.
    const ABOUT: &'static [&'static str];
    /// All keys, in the order of declaration.
    const KEYS: &'static [Key];

    /// Reads every key; `None` when at least one was wrong (the reader holds the problems).
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Declares a table of configuration keys; see the module's head.
///
/// `name: Type = default`, where the default is TOML (`"30s"`, `100`, `["a"]`), `none` or `required`; `as "tls.key"` gives a name that
/// differs from the field's; `or "RUST_LOG"` honours a further variable.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $Section:ident in $section:literal {
            $( $(#[doc = $doc:literal])+ $field:ident $(as $name:literal)? $(or $also:literal)? : $type:ty = $default:tt ),+ $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $Section { $( $(#[doc = $doc])+ pub $field: $type ),+ }

        impl $crate::config::key::Section for $Section {
            const NAME: &'static str = $section;
            const ABOUT: &'static [&'static str] = &[$($about),+];
            const KEYS: &'static [$crate::config::key::Key] = &[$(
                $crate::config::key::Key {
                    section: $section,
                    name: $crate::config::key::first!($($name,)? stringify!($field),),
                    default: $crate::config::key::default!($default),
                    about: &[$($doc),+],
                    expects: <$type as $crate::config::value::Value>::EXPECTS,
                    also: $crate::config::key::option!($($also)?),
                }
            ),+];

            fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Option<Self> {
                let mut keys = Self::KEYS.iter();
                $( let $field = reader.value::<$type>(keys.next()?); )+
                Some(Self { $( $field: $field? ),+ })
            }
        }
    };
}

macro_rules! first {
    ($first:expr, $($rest:expr,)*) => {
        $first
    };
}

macro_rules! option {
    () => {
        None
    };
    ($some:literal) => {
        Some($some)
    };
}

macro_rules! default {
    (required) => {
        $crate::config::key::Default::Required
    };
    (none) => {
        $crate::config::key::Default::Unset
    };
    ($toml:tt) => {
        $crate::config::key::Default::Toml(stringify!($toml))
    };
}

pub(crate) use {default, first, option, section};
