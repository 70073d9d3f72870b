//! Declarations that contradict themselves.
//!
//! Promises: what [`Inventory::check`] finds is told all at once, with the place and what to write; it counts what it
//! looked at, so that an empty look is seen.
//! Leaves out: whether an answer is *true* (canaries find that), the live database (see [`super::compare`]).

use std::collections::BTreeSet;
use std::fmt;

use super::{Disposition, Inventory, Kind, Retention, Sealed, SubjectPath, Table, route};
use crate::category::Category;

/// The place of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where(String);

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A declaration that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The table, column, field, label, file, host or address.
    pub place: Where,
    /// What is wrong, and what to write.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a check found, and how much it looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Declarations looked at: columns, fields, labels, files, hosts, addresses.
    pub examined: usize,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Checked {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.examined += other.examined;
        self.faults.extend(other.faults);
        self
    }

    pub(crate) fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.faults.push(Fault {
            place: Where(place.into()),
            what: what.into(),
        });
    }

    pub(crate) fn reason(&mut self, place: &str, reason: &str) {
        if reason.trim().len() < 10 {
            self.fault(place, "a reason is missing: say why in a few words");
        }
    }
}

impl Inventory {
    /// Looks for contradictions. `parameters` are the keys of the policy document, `recipients` its recipients' ids.
    #[must_use]
    pub fn check(&self, parameters: &[&str], recipients: &[&str]) -> Checked {
        let mut checked = Checked::default();
        for table in &self.tables {
            self.check_table(table, parameters, &mut checked);
        }
        self.check_the_rest(parameters, recipients, &mut checked);
        route::check(&self.routes, &mut checked);
        checked
    }

    fn check_table(&self, table: &Table, parameters: &[&str], checked: &mut Checked) {
        let has = |name: &str| table.columns.iter().any(|column| column.name == name);
        let personal = table.columns.iter().any(|column| column.category.is_personal());
        if self
            .tables
            .iter()
            .filter(|other| other.name == table.name && other.store == table.store)
            .count()
            > 1
        {
            checked.fault(table.name, "it is declared twice");
        }
        match table.subject_path {
            SubjectPath::Column(column) if !has(column) => {
                checked.fault(
                    table.name,
                    format!("the way to its subject begins at `{column}`, which is no column of it"),
                );
            }
            SubjectPath::Via { column, table: next } => {
                if !has(column) {
                    checked.fault(
                        table.name,
                        format!("the way to its subject begins at `{column}`, which is no column of it"),
                    );
                }
                if !self.leads_to_a_subject(next, self.tables.len()) {
                    checked.fault(
                        table.name,
                        format!("the way to its subject goes through `{next}`, which doesn't end at one"),
                    );
                }
            }
            SubjectPath::None(reason) => {
                checked.reason(table.name, reason);
                if personal && !matches!(table.disposition, Disposition::Retain(_) | Disposition::Unreachable(_)) {
                    checked.fault(table.name, "it holds personal data without a way to the person: give the way, or say Retain or Unreachable and why");
                }
            }
            SubjectPath::Column(_) => {}
        }
        check_end(
            table.name,
            table.retention,
            table.disposition,
            personal,
            parameters,
            checked,
        );
        if let Disposition::Anonymise(columns) = table.disposition {
            for column in columns.iter().filter(|column| !has(column)) {
                checked.fault(
                    table.name,
                    format!("`{column}` is to be anonymised and is no column of it"),
                );
            }
        }
        check_columns(table, checked);
    }

    fn leads_to_a_subject(&self, table: &str, steps_left: usize) -> bool {
        let Some(table) = self.tables.iter().find(|other| other.name == table) else {
            return false;
        };
        match table.subject_path {
            SubjectPath::Column(_) => true,
            SubjectPath::Via { table: next, .. } => steps_left > 0 && self.leads_to_a_subject(next, steps_left - 1),
            SubjectPath::None(_) => false,
        }
    }

    fn check_the_rest(&self, parameters: &[&str], recipients: &[&str], checked: &mut Checked) {
        for field in &self.log_fields {
            checked.examined += 1;
            checked.reason(field.name, field.why);
            check_clear(&format!("log field `{}`", field.name), field.category, checked);
        }
        for label in &self.metric_labels {
            checked.examined += 1;
            check_clear(
                &format!("label `{}` of `{}`", label.label, label.metric),
                label.category,
                checked,
            );
        }
        for cookie in &self.cookies {
            checked.examined += 1;
            checked.reason(cookie.name, cookie.why);
        }
        for file in &self.files {
            checked.examined += 1;
            let personal = file.category.is_personal();
            check_end(
                file.path,
                file.retention,
                file.disposition,
                personal,
                parameters,
                checked,
            );
            check_sealed(file.path, file.category, file.sealed, checked);
        }
        for host in &self.hosts {
            checked.examined += 1;
            if !recipients.contains(&host.recipient) {
                checked.fault(
                    host.name,
                    format!("`{}` is no recipient of policy/recipients.yaml", host.recipient),
                );
            }
        }
    }
}

fn check_columns(table: &Table, checked: &mut Checked) {
    let mut names = BTreeSet::new();
    for column in table.columns {
        checked.examined += 1;
        let place = format!("{}.{}", table.name, column.name);
        if !names.insert(column.name) {
            checked.fault(&place, "it is declared twice");
        }
        if !matches!(column.sealed, Sealed::No(_)) && column.kind != Kind::Blob {
            checked.fault(&place, "a sealed value is bytes: its kind is Kind::Blob");
        }
        check_sealed(&place, column.category, column.sealed, checked);
    }
    if table.columns.is_empty() {
        checked.fault(table.name, "it has no columns");
    }
}

fn check_sealed(place: &str, category: Category, sealed: Sealed, checked: &mut Checked) {
    if let Sealed::No(reason) = sealed {
        checked.reason(place, reason);
        if category.must_be_sealed() {
            checked.fault(
                place,
                format!("`{category}` never stands in the clear at rest: seal it, or split the table"),
            );
        }
    }
}

fn check_clear(place: &str, category: Category, checked: &mut Checked) {
    if category.is_personal() {
        checked.fault(
            place,
            format!("`{category}` is personal data, which neither logs nor metrics may hold"),
        );
    }
}

fn check_end(
    place: &str,
    retention: Retention,
    disposition: Disposition,
    personal: bool,
    parameters: &[&str],
    checked: &mut Checked,
) {
    match retention {
        Retention::Parameter(key) | Retention::FiscalYearPlus(key) if !parameters.contains(&key) => {
            checked.fault(
                place,
                format!("its retention `{key}` is no parameter of policy/policy.yaml"),
            );
        }
        // keeps P-6.4: rows about people have an end.
        Retention::Evidence if personal => {
            checked.fault(
                place,
                "it holds personal data, so it can't be kept as evidence; give it an end",
            );
        }
        Retention::Parameter(_) | Retention::FiscalYearPlus(_) | Retention::WhileAccount | Retention::Evidence => {}
    }
    match disposition {
        Disposition::Retain(reason) | Disposition::Unreachable(reason) => checked.reason(place, reason),
        Disposition::Erase | Disposition::Anonymise(_) => {}
    }
}
