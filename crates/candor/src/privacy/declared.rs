//! The policy document against everything else: itself, what is declared, what the program has, the page.
//!
//! Promises: every contradiction is told at once, with what was looked at; a program that contradicts its document doesn't
//! serve.
//! Leaves out: the live database (`privacy::inventory`), whether promises are kept (`evidence`).

use policy::document::Surface;
use policy::inventory::Checked;

use super::controls::CONTROLS;
use super::probes::PROBES;
use super::published::Parts;

/// The document and the program contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub struct Contradicted(pub Checked);

fn told(checked: &Checked) -> String {
    let mut text = format!(
        "the policy and the program contradict each other in {} places:",
        checked.faults.len()
    );
    for fault in &checked.faults {
        text.push('\n');
        text.push_str(&fault.to_string());
    }
    text
}

/// Compares. `commands` are all commands of the program, each with its words (`policy check`); none where nobody knows them.
#[must_use]
pub fn examine(parts: &Parts, commands: &[String]) -> Checked {
    let (document, inventory) = (&*parts.document, &parts.inventory);
    let probes: Vec<&str> = PROBES.iter().map(|probe| probe.name).collect();
    let controls: Vec<&str> = CONTROLS.iter().map(|control| control.name).collect();
    let surface = Surface {
        inventory,
        commands,
        probes: &probes,
        controls: &controls,
    };
    [
        document.check(),
        inventory.check(&document.parameter_keys(), &document.recipient_ids()),
        document.check_inventory(inventory),
        document.check_arrivals(&surface),
        document.check_names(&surface),
        parts.making().check(),
    ]
    .into_iter()
    .fold(Checked::default(), Checked::and)
}

/// Refuses a program that contradicts its document.
///
/// # Errors
/// All contradictions.
// keeps P-1.1: a kind of data without purpose, ground, end or recipients on the page ends the start.
pub fn require(parts: &Parts) -> Result<(), Contradicted> {
    let checked = examine(parts, &[]);
    // That breach is planted in the declarations, for a probe to find in a running program.
    if checked.faults.is_empty() || base::planted::is("table_without_end") {
        Ok(())
    } else {
        Err(Contradicted(checked))
    }
}
