//! Contradictions inside the document, and between it and the closed lists of the code.
//!
//! Promises: what is found is told all at once; it counts what it looked at.
//! Leaves out: whether a promise's controls and probes exist in the program (the evidence compares those).

use std::collections::BTreeSet;
use std::fmt::Display;

use super::{Document, Fact, Grounds, Kept, Kind, Promise, Scope, State};
use crate::category::Category;
use crate::inventory::Checked;
use crate::parameters::{Parameters, least_of_machinery};
use crate::purpose::{LawfulBasis, Purpose};

impl Document {
    /// Looks for contradictions.
    #[must_use]
    pub fn check(&self) -> Checked {
        let mut checked = Checked::default();
        let categories = self.categories.iter().map(|entry| entry.id.id());
        same_list(
            "categories.yaml",
            Category::ALL.iter().map(|entry| entry.id()),
            categories,
            &mut checked,
        );
        let purposes = self.purposes.iter().map(|entry| entry.id.id());
        same_list(
            "purposes.yaml",
            Purpose::ALL.iter().map(|entry| entry.id()),
            purposes,
            &mut checked,
        );
        let bases = self.bases.iter().map(|entry| entry.id.id());
        same_list(
            "purposes.yaml, bases",
            LawfulBasis::ALL.iter().map(|entry| entry.id()),
            bases,
            &mut checked,
        );
        self.check_sections(&mut checked);
        self.check_parameters(&mut checked);
        for promise in &self.promises {
            self.check_promise(promise, &mut checked);
        }
        self.check_kinds(&mut checked);
        self.check_recipients(&mut checked);
        checked
    }

    fn check_sections(&self, checked: &mut Checked) {
        for (section, number) in self.sections.iter().zip(1..) {
            let place = format!("section {}", section.number);
            if section.number != number {
                checked.fault(&place, "sections are numbered one by one from 1");
            }
            for clause in &section.clauses {
                checked.examined += 1;
                if !self.promises.iter().any(|promise| promise.clauses.contains(clause)) {
                    checked.fault(&place, format!("no promise answers its point {clause}"));
                }
            }
        }
        let mut last = None;
        for promise in &self.promises {
            if last.is_some_and(|last| last >= promise.id) {
                checked.fault(
                    promise.id.to_string(),
                    "promises stand in the order of their numbers, each once",
                );
            }
            last = Some(promise.id);
        }
    }

    fn check_parameters(&self, checked: &mut Checked) {
        let mut keys = BTreeSet::new();
        for parameter in &self.parameters {
            checked.examined += 1;
            if !keys.insert(&parameter.key) {
                checked.fault(&parameter.key, "it stands twice");
            }
            if self.promise(parameter.promise).is_none() {
                checked.fault(&parameter.key, format!("there is no {}", parameter.promise));
            }
            if let Some(least) = least_of_machinery(&parameter.key)
                && parameter.least != Some(least)
            {
                checked.fault(
                    &parameter.key,
                    format!("its `least` must be {least}: the code can't keep less"),
                );
            }
        }
        if let Err(error) = Parameters::of(self, &[]) {
            checked.fault("policy.yaml", error.to_string());
        }
    }

    fn check_promise(&self, promise: &Promise, checked: &mut Checked) {
        checked.examined += 1;
        let place = promise.id.to_string();
        let known = |clause: &String| self.sections.iter().any(|section| section.clauses.contains(clause));
        for clause in promise.clauses.iter().filter(|clause| !known(clause)) {
            checked.fault(&place, format!("its clause {clause} stands in no section"));
        }
        for key in promise
            .parameters()
            .filter(|key| !self.parameters.iter().any(|known| known.key == **key))
        {
            checked.fault(&place, format!("its words name `{key}`, which is no parameter"));
        }
        if promise.clauses.is_empty() || promise.kinds.is_empty() || promise.text.trim().is_empty() {
            checked.fault(&place, "it needs a clause, a kind and words");
        }
        if promise.scope == Scope::Only(Vec::new()) {
            checked.fault(&place, "it is about no kind of data");
        }
        self.check_grounds(promise, &place, checked);
        check_state(promise, &place, checked);
        if let State::Planned { until, .. } = &promise.state {
            let recipients = self.recipient_ids();
            for fact in until {
                if matches!(fact, Fact::Recipient(id) if !recipients.contains(&id.as_str())) {
                    checked.fault(&place, format!("it waits for `{fact}`, which stands in no list"));
                }
            }
        }
    }

    /// A kind of data needs purposes and ends, a right a promise that says how it is used.
    fn check_kinds(&self, checked: &mut Checked) {
        let keys = self.parameter_keys();
        for entry in &self.categories {
            checked.examined += 1;
            let place = entry.id.id();
            if entry.purposes.is_empty() || entry.kept.is_empty() {
                checked.fault(place, "say what it may be used for and how it may be kept");
            }
            for key in entry
                .kept
                .iter()
                .filter_map(Kept::parameter)
                .filter(|key| !keys.contains(key))
            {
                checked.fault(place, format!("it is kept for `{key}`, which is no parameter"));
            }
        }
        for right in &self.rights {
            checked.examined += 1;
            if self.promise(right.promise).is_none() {
                checked.fault(&right.id, format!("there is no {}", right.promise));
            }
        }
    }

    /// The ground of a purpose stands with the purpose; a promise repeats it, so that a change of one is a change of both.
    fn check_grounds(&self, promise: &Promise, place: &str, checked: &mut Checked) {
        let Grounds::Only(grounds) = &promise.grounds else {
            return;
        };
        for (purpose, basis) in grounds {
            let entry = self.purposes.iter().find(|entry| entry.id == *purpose);
            if entry.is_none_or(|entry| entry.basis != *basis) {
                checked.fault(
                    place,
                    format!("`{purpose}` doesn't rest on `{basis}`: see policy/purposes.yaml"),
                );
            }
        }
        // What is promised of a purpose must stand beside the kinds of data that serve it, or the page would hide the use.
        if let (State::InForce { .. }, Scope::Only(kinds)) = (&promise.state, &promise.scope) {
            let serves = |purpose: &Purpose| {
                let mut entries = self.categories.iter().filter(|entry| kinds.contains(&entry.id));
                entries.any(|entry| entry.purposes.contains(purpose))
            };
            for purpose in grounds.keys().filter(|purpose| !serves(purpose)) {
                checked.fault(
                    place,
                    format!("none of its kinds of data is used for `{purpose}`: see policy/categories.yaml"),
                );
            }
        }
        if grounds.is_empty() || promise.subjects.is_empty() {
            checked.fault(place, "say to whom it is made, and for which purposes");
        }
    }

    fn check_recipients(&self, checked: &mut Checked) {
        let mut ids = BTreeSet::new();
        for recipient in &self.recipients {
            checked.examined += 1;
            if !ids.insert(&recipient.id) {
                checked.fault(&recipient.id, "it stands twice");
            }
            // keeps P-5.2: nobody can be entered as a recipient for advertising or resale, since there is no such purpose.
            if recipient.receives.is_empty() || recipient.purposes.is_empty() {
                checked.fault(&recipient.id, "say what it receives and what for");
            }
            for purpose in &recipient.purposes {
                let basis = self
                    .purposes
                    .iter()
                    .find(|entry| entry.id == *purpose)
                    .map(|entry| entry.basis);
                if basis == Some(LawfulBasis::NoPersonalData)
                    && recipient.receives.iter().any(|kind| kind.is_personal())
                {
                    checked.fault(
                        &recipient.id,
                        format!("`{purpose}` uses no personal data, so it can't be sent for it"),
                    );
                }
            }
        }
    }
}

fn check_state(promise: &Promise, place: &str, checked: &mut Checked) {
    match &promise.state {
        State::Planned { awaits, until } => {
            checked.reason(place, awaits);
            if until.is_empty() {
                checked.fault(place, "say what of the program can't arrive before it is in force");
            }
        }
        State::InForce {
            controls,
            probes,
            planted_breaches,
            ..
        } => {
            let promised = |kind| promise.kinds.contains(&kind);
            if promised(Kind::Enforced) && controls.is_empty() {
                checked.fault(place, "it is enforced and names no control");
            }
            if promised(Kind::Monitored) && probes.is_empty() {
                checked.fault(place, "it is monitored and names no probe");
            }
            if (promised(Kind::Enforced) || promised(Kind::Monitored)) && planted_breaches.is_empty() {
                checked.fault(place, "no planted breach shows that its checks are alive");
            }
        }
    }
}

fn same_list<A: Display + Ord>(
    file: &str,
    code: impl Iterator<Item = A>,
    listed: impl Iterator<Item = A>,
    checked: &mut Checked,
) {
    let code: BTreeSet<A> = code.collect();
    let mut seen = BTreeSet::new();
    for entry in listed {
        checked.examined += 1;
        if !code.contains(&entry) {
            checked.fault(file, format!("`{entry}` is not in the code's list"));
        }
        if seen.contains(&entry) {
            checked.fault(file, format!("`{entry}` stands twice"));
        }
        seen.insert(entry);
    }
    for missing in code.difference(&seen) {
        checked.fault(file, format!("`{missing}` is missing"));
    }
}
