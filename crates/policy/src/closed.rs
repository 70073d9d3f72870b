//! How a closed list of the policy folder becomes an enum: one entry yields the variant and its id.
//!
//! Promises: `ALL` holds every variant in the order of the list; the text form is the id of the YAML file.
//! Leaves out: what else the file says of an entry; the document holds that, and a test holds both lists equal.

/// Declares an enum whose variants have ids; gives `ALL`, `id()`, `Display`, `FromStr`-like `from_id` and serde as the id.
macro_rules! closed_list {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $id)] $variant,)+
        }

        impl $name {
            /// Every entry of the list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its id in the policy folder.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// The entry with this id.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|entry| entry.id() == id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.id())
            }
        }
    };
}

pub(crate) use closed_list;
