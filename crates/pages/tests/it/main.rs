//! The pages as a browser gets them: whole, safe, with everything that links lead to.
#![expect(clippy::unwrap_used, reason = "tests")]

mod markup;
mod pages_of;

use std::collections::BTreeSet;

use pages::{Problem, State, Style, Tab, html};

use crate::markup::{attributes, unbalanced};
use crate::pages_of::Shown;

#[test]
fn every_page_is_well_formed_and_runs_nothing() {
    let mut looked_at = 0;
    for shown in Shown::all() {
        for (name, text) in shown.pages() {
            assert_eq!(unbalanced(&text), None, "{name}");
            assert!(!text.contains("<script") && !text.contains("javascript:"), "{name}");
            for (attribute, value) in attributes(&text) {
                assert!(
                    !attribute.starts_with("on") && attribute != "style",
                    "{name}: {attribute}"
                );
                let is_inside = value.starts_with(['/', '#']);
                assert!(!matches!(attribute, "src") || is_inside, "{name}: {attribute}={value}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 2_000, "{looked_at}");
}

#[test]
fn every_link_into_a_page_finds_its_anchor_there() {
    let shown = Shown::usual();
    let pages = shown.pages();
    let ids: Vec<(&str, BTreeSet<&str>)> = pages
        .iter()
        .map(|(name, text)| {
            let ids: Vec<&str> = attributes(text)
                .filter(|(name, _)| *name == "id")
                .map(|(_, id)| id)
                .collect();
            let set: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(set.len(), ids.len(), "{name} has an id twice");
            (*name, set)
        })
        .collect();
    let mut followed = 0;
    for (from, text) in &pages {
        let links = attributes(text)
            .filter(|(name, _)| *name == "href")
            .map(|(_, href)| href);
        for (path, anchor) in links.filter_map(|href| href.split_once('#')) {
            let to = if path.is_empty() { *from } else { path };
            let (_, ids) = ids
                .iter()
                .find(|(name, _)| *name == to)
                .unwrap_or_else(|| panic!("{from}: no page {to}"));
            assert!(ids.contains(anchor), "{from}: {to} has no #{anchor}");
            followed += 1;
        }
    }
    assert!(followed > 200, "{followed}");
}

#[test]
fn every_promise_clause_and_number_of_the_policy_has_its_anchor() {
    let shown = Shown::usual();
    let (_, text) = shown.pages().into_iter().find(|(name, _)| *name == "/privacy").unwrap();
    let has = |anchor: &str| assert!(text.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    let content = &shown.policy.content;
    shown.policy.promises().for_each(|promised| has(&promised.anchor));
    content
        .sections
        .iter()
        .flat_map(|section| &section.clauses)
        .for_each(|clause| has(&clause.anchor));
    content
        .numbers
        .iter()
        .for_each(|number| has(&format!("number-{}", number.key)));
    assert!(text.contains(&shown.policy.hash.to_string()));
}

#[test]
fn each_state_is_told_by_a_word_a_shape_and_a_colour_of_its_own() {
    let shown = Shown::usual();
    let (_, text) = shown.pages().into_iter().find(|(name, _)| *name == "/trust").unwrap();
    for state in State::ALL {
        let word = state.word();
        assert!(text.contains(&format!("id=\"sign-{word}\"")), "{word} has no shape");
        assert!(
            pages::assets::STYLE
                .content
                .contains(&format!(".{word} {{ --state: var(--{word}); }}")),
            "{word} has no colour"
        );
    }
    assert_eq!(text.matches("<span class=\"unseen\">P-").count(), shown.standings.len());
}

#[test]
fn a_broken_promise_stands_at_the_top_of_the_first_page_and_is_not_claimed() {
    let of = |state| {
        let shown = Shown::in_force(state);
        shown.pages().into_iter().find(|(name, _)| *name == "/").unwrap().1
    };
    let (kept, broken) = (of(State::Kept), of(State::Broken));
    assert!(kept.contains("is gone on") && !kept.contains("class=\"alarm"));
    assert!(broken.contains("is promised to be gone on") && broken.contains("class=\"alarm"));
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let shown = Shown::named("<img src=x onerror=alert(1)>");
    let frame = shown.frame(Tab::Other, Style::Linked);
    let problem = html(&Problem {
        frame,
        status: 404,
        title: "Nothing is here",
        detail: "There is no page at /<script>alert(1)</script>.",
    });
    let pages: String = shown.pages().into_iter().map(|(_, text)| text).collect();
    for text in [problem, pages] {
        assert!(!text.contains("<img") && !text.contains("<script"));
        assert!(text.contains("&lt;") || text.contains("&#60;"));
    }
}

#[test]
fn a_page_that_is_kept_as_a_file_needs_nothing_else() {
    let shown = Shown::usual();
    let text = html(&pages::Privacy {
        frame: shown.frame(Tab::Privacy, Style::Inlined),
    });
    assert!(text.contains("<style>") && !text.contains("rel=\"stylesheet\""));
}
