//! What a planned promise awaits, as something that can be found in the program when it arrives.
//!
//! Promises: a fact is one of a closed list of kinds with a name; whether it has arrived is a question that code answers, so
//! that nobody can build what a promise is about and forget the promise.
//! Leaves out: collecting what the program has (see [`Surface`], which its top fills).

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::category::Category;
use crate::inventory::Inventory;

/// Something that the program may have one day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Fact {
    /// A table of this name: `table legal_hold`.
    Table(String),
    /// A column: `column account.region`.
    Column(String, String),
    /// Any column or file of this kind of data: `category support`.
    Category(Category),
    /// A host that belongs to this recipient: `recipient mail_relay`.
    Recipient(String),
    /// An address that begins so: `route /signup`.
    Route(String),
    /// A cookie, whatever its name: `cookie *`.
    Cookie,
    /// A log field: `log_field address`.
    LogField(String),
    /// A command: `command policy publish`.
    Command(String),
    /// A probe: `probe refused_host`.
    Probe(String),
}

/// What the program has.
#[derive(Debug, Clone, Copy)]
pub struct Surface<'a> {
    /// Everything that is declared.
    pub inventory: &'a Inventory,
    /// Every command, with its words: `policy check`.
    pub commands: &'a [String],
    /// Every probe's name.
    pub probes: &'a [&'a str],
    /// Every control's name.
    pub controls: &'a [&'a str],
}

impl Fact {
    /// Has it arrived?
    #[must_use]
    pub fn is_in(&self, surface: &Surface<'_>) -> bool {
        let inventory = surface.inventory;
        let mut tables = inventory.tables.iter();
        match self {
            Self::Table(name) => tables.any(|table| table.name == name),
            Self::Column(table, name) => {
                tables.any(|one| one.name == table && one.columns.iter().any(|column| column.name == name))
            }
            Self::Category(category) => {
                tables.any(|table| table.columns.iter().any(|column| column.category == *category))
                    || inventory.files.iter().any(|file| file.category == *category)
            }
            Self::Recipient(id) => inventory.hosts.iter().any(|host| host.recipient == id),
            Self::Route(path) => inventory.routes.iter().any(|route| route.path.starts_with(path)),
            Self::Cookie => !inventory.cookies.is_empty(),
            Self::LogField(name) => inventory.log_fields.iter().any(|field| field.name == name),
            Self::Command(name) => surface.commands.iter().any(|command| begins_with(command, name)),
            Self::Probe(name) => surface
                .probes
                .iter()
                .any(|probe| probe.strip_prefix("probe.") == Some(name)),
        }
    }
}

/// Is `command` this one, or below it?
fn begins_with(command: &str, name: &str) -> bool {
    let rest = command.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

impl TryFrom<String> for Fact {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is nothing that can arrive; write a kind and a name, such as `table legal_hold`");
        let (kind, name) = text
            .split_once(' ')
            .filter(|(_, name)| !name.is_empty())
            .ok_or_else(wrong)?;
        let named = name.to_owned();
        Ok(match kind {
            "table" => Self::Table(named),
            "column" => {
                let (table, column) = name.split_once('.').ok_or_else(wrong)?;
                Self::Column(table.to_owned(), column.to_owned())
            }
            "category" => Self::Category(Category::from_id(name).ok_or_else(wrong)?),
            "recipient" => Self::Recipient(named),
            "route" if name.starts_with('/') => Self::Route(named),
            "cookie" if name == "*" => Self::Cookie,
            "log_field" => Self::LogField(named),
            "command" => Self::Command(named),
            "probe" => Self::Probe(named),
            _ => return Err(wrong()),
        })
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(name) => write!(f, "table {name}"),
            Self::Column(table, name) => write!(f, "column {table}.{name}"),
            Self::Category(category) => write!(f, "category {category}"),
            Self::Recipient(id) => write!(f, "recipient {id}"),
            Self::Route(path) => write!(f, "route {path}"),
            Self::Cookie => f.write_str("cookie *"),
            Self::LogField(name) => write!(f, "log_field {name}"),
            Self::Command(name) => write!(f, "command {name}"),
            Self::Probe(name) => write!(f, "probe {name}"),
        }
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
