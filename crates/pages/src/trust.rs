//! `/trust`: each promise, how it stands, what was looked at and when, and how anybody can try to break it.

use askama::Template;
use base::time::Timestamp;
use policy::page::{self, Promised, Span};

use crate::{Counts, Frame, Standing, State, words};

/// The page.
#[derive(Debug, Template)]
#[template(path = "trust.html")]
pub struct Trust<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// Every promise, in the order of the document.
    pub standings: &'a [Standing],
    /// The moment.
    pub now: Timestamp,
}

/// A promise with how it stands.
struct Row<'a> {
    promised: &'a Promised,
    standing: &'a Standing,
}

impl Row<'_> {
    fn evidence(&self) -> Option<&page::Evidence> {
        match &self.promised.state {
            page::Standing::InForce(evidence) => Some(evidence),
            page::Standing::Planned { .. } => None,
        }
    }

    fn awaits(&self) -> Option<&str> {
        match &self.promised.state {
            page::Standing::Planned { awaits } => Some(awaits),
            page::Standing::InForce(_) => None,
        }
    }
}

impl<'a> Trust<'a> {
    fn counts(&self) -> Counts {
        Counts::of(self.standings)
    }

    fn as_of(&self) -> String {
        words::moment(self.now)
    }

    fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        let standings = self.standings;
        self.frame.policy.promises().filter_map(move |promised| {
            let standing = standings.iter().find(|one| one.promise == promised.id)?;
            Some(Row { promised, standing })
        })
    }

    /// Those in force, the most urgent first.
    fn in_force(&self) -> Vec<Row<'a>> {
        let mut rows: Vec<Row<'a>> = self.rows().filter(|row| row.standing.state != State::Planned).collect();
        rows.sort_by_key(|row| (row.standing.state, row.promised.id));
        rows
    }

    /// Those still to come, by section.
    fn planned(&self) -> Vec<(&'a page::Section, Vec<Row<'a>>)> {
        let of = |section: &'a page::Section| {
            let rows = self
                .rows()
                .filter(|row| row.standing.state == State::Planned && row.promised.id.section == section.number);
            (section, rows.collect::<Vec<_>>())
        };
        let sections = self.frame.policy.content.sections.iter().map(of);
        sections.filter(|(_, rows)| !rows.is_empty()).collect()
    }
}
