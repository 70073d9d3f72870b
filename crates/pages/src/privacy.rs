//! `/privacy`: the policy, made from its page as data.
//!
//! Promises: nothing is on it that isn't in [`policy::page::Page`], but for the words around; every table, promise and clause
//! has the anchor that the page as data gives it.

use askama::Template;
use policy::page::{self, Block, Listing, Page, Span, Standing, Table};

use crate::{Frame, State, words};

/// The page.
#[derive(Debug, Template)]
#[template(path = "privacy.html")]
pub struct Privacy<'a> {
    /// Around it; its policy is what the page shows.
    pub frame: Frame<'a>,
}

impl Privacy<'_> {
    fn page(&self) -> &Page {
        self.frame.policy
    }

    fn table(&self, listing: &Listing) -> Table {
        self.page().table(*listing)
    }

    fn updated(&self) -> Option<String> {
        match self.page().updated {
            page::Updated::FirstRan(at) => Some(words::date(at.day())),
            page::Updated::NotYet => None,
        }
    }

    fn hash(&self) -> String {
        self.page().hash.to_string()
    }
}
