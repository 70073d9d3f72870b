//! `[policy]`: the operator's stricter numbers, and who answers for the data.
//!
//! Which keys there are, what each means and what counts as stricter, only the policy document says; a weaker number ends every
//! command.

use policy::parameters::{Override, OverrideError};
use policy::{Document, Parameters};

use super::problem::{Origin, Problem};
use super::reader::{Foreign, Shown};

/// The section's name.
pub const SECTION: &str = "policy";

/// The numbers in force, and who answers.
#[derive(Debug, Clone)]
pub struct Policy {
    /// All numbers that are promised.
    pub parameters: Parameters,
    /// Who answers for the data; not needed before a policy is published.
    pub controller: Controller,
}

/// Who answers for the data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// Its name.
    pub name: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
    /// Where people write to.
    pub privacy_contact: Option<String>,
}

impl Policy {
    /// Takes what stands under `[policy]`.
    ///
    /// # Errors
    /// An unknown key, a value that can't be read, or one that is weaker than a promise.
    pub(super) fn read(written: &[Foreign]) -> Result<(Self, Vec<Shown>), Problem> {
        let document = Document::embedded().map_err(|e| Problem::new(Origin::Default, SECTION, e.to_string(), ""))?;
        let (who, numbers): (Vec<&Foreign>, Vec<&Foreign>) = written
            .iter()
            .partition(|foreign| controller_keys(&document).contains(&foreign.path()));
        let overrides: Vec<Override> = numbers
            .iter()
            .map(|number| Override {
                key: number.name.clone(),
                value: number.text.clone(),
            })
            .collect();
        let parameters =
            Parameters::of(&document, &overrides).map_err(|error| blame(&document, &overrides, &numbers, &error))?;
        let text = |key: &String| {
            who.iter()
                .find(|foreign| foreign.path() == *key)
                .map(|foreign| foreign.text.clone())
        };
        let keys = &document.controller;
        let controller = Controller {
            name: text(&keys.name),
            address: text(&keys.address),
            privacy_contact: text(&keys.privacy_contact),
        };
        let shown = document
            .parameters
            .iter()
            .map(|parameter| shown_number(&parameters, &parameter.key, &numbers));
        let shown = shown
            .chain(who.iter().map(|foreign| foreign.shown(format!("{:?}", foreign.text))))
            .collect();
        Ok((Self { parameters, controller }, shown))
    }
}

fn controller_keys(document: &Document) -> [String; 3] {
    let keys = &document.controller;
    [keys.name.clone(), keys.address.clone(), keys.privacy_contact.clone()]
}

/// The error with the place of the number that is to blame: the one alone with which it stays.
fn blame(document: &Document, overrides: &[Override], numbers: &[&Foreign], error: &OverrideError) -> Problem {
    let alone = |number: &&&Foreign| {
        let mine: Vec<Override> = overrides
            .iter()
            .filter(|other| other.key == number.name)
            .cloned()
            .collect();
        Parameters::of(document, &mine).is_err()
    };
    let culprit = numbers.iter().find(alone).or(numbers.first());
    let origin = culprit.map_or(Origin::Default, |number| number.origin.clone());
    Problem::new(origin, "", error.to_string(), "")
}

fn shown_number(parameters: &Parameters, key: &str, numbers: &[&Foreign]) -> Shown {
    let value = parameters
        .value(key)
        .map_or_else(String::new, |value| value.to_string());
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = if is_number { value } else { format!("\"{value}\"") };
    let origin = numbers
        .iter()
        .find(|number| number.name == key)
        .map_or(Origin::Default, |number| number.origin.clone());
    Shown {
        key: format!("{SECTION}.{key}"),
        value,
        origin,
    }
}

impl Foreign {
    fn path(&self) -> String {
        format!("{SECTION}.{}", self.name)
    }

    fn shown(&self, value: String) -> Shown {
        Shown {
            key: self.path(),
            value,
            origin: self.origin.clone(),
        }
    }
}
