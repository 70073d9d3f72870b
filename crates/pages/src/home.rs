//! `/`: what this instance is, what becomes of what is sent to it, and how to use it.

use askama::Template;
use base::time::Timestamp;
use policy::page::NamedRecipient;

use crate::{Counts, Frame, Life, Standing, State};

/// The page.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home<'a> {
    /// Around it.
    pub frame: Frame<'a>,
    /// The life of what is sent today; `None`: nothing is kept.
    pub life: Option<Life>,
    /// Every promise, in the order of the document.
    pub standings: &'a [Standing],
    /// How to reach it.
    pub way: Way<'a>,
    /// The moment.
    pub now: Timestamp,
}

/// How programs reach the instance.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// What stands before `/v1`.
    pub origin: &'a str,
    /// A model that answers.
    pub model: &'a str,
}

impl Home<'_> {
    fn counts(&self) -> Counts {
        Counts::of(self.standings)
    }

    /// How the promise stands that the picture shows.
    fn headline(&self) -> Option<&Standing> {
        self.standings
            .iter()
            .find(|one| one.promise.section == 13 && one.promise.number == 3)
    }

    /// May the page say it without a reservation?
    fn is_said_plainly(&self) -> bool {
        self.headline()
            .is_some_and(|one| matches!(one.state, State::Kept | State::Attested | State::Unproven))
    }

    fn broken(&self) -> Vec<&Standing> {
        self.standings.iter().filter(|one| one.state == State::Broken).collect()
    }

    /// Who gets prompts and answers: by name, as configured.
    fn providers(&self) -> Vec<&NamedRecipient> {
        let recipients = self.frame.policy.content.recipients.iter();
        let providers = recipients.filter(|row| row.id == "model_provider");
        providers.flat_map(|row| &row.named).collect()
    }
}
