//! What stands around every page.

use policy::page::Page;

use crate::assets;
use crate::words;

/// What all pages of an instance share.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// How the instance is called: its operator, or the program where none is named.
    pub name: &'a str,
    /// The program's version.
    pub release: &'a str,
    /// The policy that everything here stands under.
    pub policy: &'a Page,
    /// Where the rules of the look come from.
    pub style: Style,
    /// Which of the pages this is.
    pub tab: Tab,
}

/// Where the rules of the look come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// From the same origin: what a server sends.
    Linked,
    /// From the page itself: a file that somebody keeps.
    Inlined,
}

/// The pages that the head leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// `/`
    Home,
    /// `/privacy`
    Privacy,
    /// `/trust`
    Trust,
    /// None of them.
    Other,
}

impl Frame<'_> {
    /// The same for another page.
    #[must_use]
    pub fn on(&self, tab: Tab) -> Self {
        Self { tab, ..self.clone() }
    }

    fn mark(&self, tab: Tab) -> &'static str {
        if self.tab == tab { "aria-current=\"page\"" } else { "" }
    }

    /// Marks the link to the home page, if this is it.
    pub(crate) fn home(&self) -> &'static str {
        self.mark(Tab::Home)
    }

    /// The same of `/privacy`.
    pub(crate) fn privacy(&self) -> &'static str {
        self.mark(Tab::Privacy)
    }

    /// The same of `/trust`.
    pub(crate) fn trust(&self) -> &'static str {
        self.mark(Tab::Trust)
    }

    /// The stylesheet's address, where it has one.
    pub(crate) fn linked_style(&self) -> Option<String> {
        (self.style == Style::Linked).then(|| assets::STYLE.path())
    }

    /// The stylesheet itself.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    pub(crate) fn inlined_style(&self) -> &'static str {
        assets::STYLE.content
    }

    /// The icon's address.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    pub(crate) fn icon(&self) -> String {
        assets::ICON.path()
    }

    /// Since when the policy has been in effect, in words.
    pub(crate) fn in_effect(&self) -> String {
        match self.policy.updated {
            policy::page::Updated::FirstRan(at) => format!("in effect since {}", words::date(at.day())),
            policy::page::Updated::NotYet => "a draft that no instance runs by".to_owned(),
        }
    }
}
