//! The document against the program: what is declared, and what has arrived.
//!
//! Promises: nothing is used or kept otherwise than the document says of its kind of data; a control or probe that the
//! document names exists and the other way round; what a planned promise awaits can't arrive before it is in force.
//! Leaves out: whether a control keeps what it should (tests, probes and planted breaches show that).

use std::collections::BTreeSet;

use super::{Document, State, Surface, Use};
use crate::category::Category;
use crate::inventory::{Checked, Inventory, Processing, Retention};
use crate::purpose::Purpose;

impl Document {
    /// Compares what is declared with what the document says of each kind of data and of each recipient.
    #[must_use]
    pub fn check_inventory(&self, inventory: &Inventory) -> Checked {
        let mut checked = Checked::default();
        for table in &inventory.tables {
            let kinds: BTreeSet<Category> = table.columns.iter().map(|column| column.category).collect();
            for kind in kinds {
                self.check_use(table.name, kind, table.purpose, &mut checked);
                self.check_kept(table.name, kind, table.retention, &mut checked);
            }
        }
        for file in inventory.files.iter().filter(|file| !file.is_database()) {
            self.check_use(file.path, file.category, file.purpose, &mut checked);
            self.check_kept(file.path, file.category, file.retention, &mut checked);
        }
        for route in &inventory.routes {
            if let Processing::Personal { purpose, categories } = route.processing {
                for kind in categories {
                    self.check_use(route.path, *kind, purpose, &mut checked);
                }
            }
        }
        self.check_hosts(inventory, &mut checked);
        checked
    }

    fn check_use(&self, place: &str, kind: Category, purpose: Purpose, checked: &mut Checked) {
        checked.examined += 1;
        let entry = self.categories.iter().find(|entry| entry.id == kind);
        if kind.is_personal() && !entry.is_some_and(|entry| entry.purposes.contains(&purpose)) {
            checked.fault(
                place,
                format!("it uses `{kind}` for `{purpose}`, which policy/categories.yaml doesn't allow"),
            );
        }
    }

    fn check_kept(&self, place: &str, kind: Category, retention: Retention, checked: &mut Checked) {
        checked.examined += 1;
        let entry = self.categories.iter().find(|entry| entry.id == kind);
        let allowed = entry.is_some_and(|entry| entry.kept.iter().any(|kept| kept.is(retention)));
        if kind.is_personal() && !allowed {
            checked.fault(
                place,
                format!("it keeps `{kind}` as {retention:?}, which policy/categories.yaml doesn't allow"),
            );
        }
    }

    fn check_hosts(&self, inventory: &Inventory, checked: &mut Checked) {
        for host in &inventory.hosts {
            checked.examined += 1;
            // An unknown recipient is told by the inventory's own check.
            let Some(recipient) = self.recipients.iter().find(|entry| entry.id == host.recipient) else {
                continue;
            };
            if recipient.state != Use::InUse {
                checked.fault(
                    host.name,
                    format!("recipient `{}` is planned and already called", recipient.id),
                );
            }
            for kind in host.categories.iter().filter(|kind| !recipient.receives.contains(kind)) {
                checked.fault(
                    host.name,
                    format!(
                        "it gets `{kind}`, which policy/recipients.yaml doesn't let `{}` receive",
                        recipient.id
                    ),
                );
            }
            if !recipient.purposes.contains(&host.purpose) {
                checked.fault(
                    host.name,
                    format!(
                        "it is called for `{}`, which isn't among the purposes of `{}`",
                        host.purpose, recipient.id
                    ),
                );
            }
        }
    }

    /// Looks for things that a planned promise waits for and that the program has already.
    #[must_use]
    pub fn check_arrivals(&self, surface: &Surface<'_>) -> Checked {
        let mut checked = Checked::default();
        for promise in &self.promises {
            let State::Planned { until, .. } = &promise.state else {
                continue;
            };
            for fact in until {
                checked.examined += 1;
                if fact.is_in(surface) {
                    checked.fault(
                        promise.id.to_string(),
                        format!("`{fact}` has arrived: give the promise controls, probes and planted breaches, and put it in force"),
                    );
                }
            }
        }
        checked
    }

    /// Compares the controls and probes that promises in force name with those that the program has.
    #[must_use]
    pub fn check_names(&self, surface: &Surface<'_>) -> Checked {
        let mut checked = Checked::default();
        let (mut controls, mut probes) = (BTreeSet::new(), BTreeSet::new());
        for promise in &self.promises {
            if let State::InForce {
                controls: keeping,
                probes: looking,
                ..
            } = &promise.state
            {
                controls.extend(keeping.iter().map(String::as_str));
                probes.extend(looking.iter().map(String::as_str));
            }
        }
        same_names("control", &controls, surface.controls, &mut checked);
        same_names("probe", &probes, surface.probes, &mut checked);
        checked
    }
}

fn same_names(what: &str, document: &BTreeSet<&str>, program: &[&str], checked: &mut Checked) {
    let program: BTreeSet<&str> = program.iter().copied().collect();
    checked.examined += program.len();
    for missing in document.difference(&program) {
        checked.fault(
            *missing,
            format!("the document names this {what}, and the program has none of this name"),
        );
    }
    for unnamed in program.difference(document) {
        checked.fault(
            *unnamed,
            format!("the program has this {what}, and no promise in force names it"),
        );
    }
}
