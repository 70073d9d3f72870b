//! All pages of an instance whose promises stand in some way.

use std::time::Duration;

use base::time::Timestamp;
use pages::{Frame, Home, Life, Look, Privacy, Red, Standing, State, Style, Tab, Trust, Way, html};
use policy::page::{self, Making, NamedRecipient, Operator, Page};
use policy::{Document, Inventory, Parameters};

/// What the pages show.
pub(crate) struct Shown {
    pub(crate) policy: Page,
    pub(crate) standings: Vec<Standing>,
    now: Timestamp,
    life: Option<Life>,
}

impl Shown {
    /// With promises in every state.
    pub(crate) fn usual() -> Self {
        let states = State::ALL.map(|state| if state == State::Planned { State::Kept } else { state });
        Self::new("Example Cooperative", &states)
    }

    /// With all promises that are in force in this state.
    pub(crate) fn in_force(state: State) -> Self {
        Self::new("Example Cooperative", &[state])
    }

    /// Of an operator with this name.
    pub(crate) fn named(name: &str) -> Self {
        Self::new(name, &[State::Broken])
    }

    /// Several that have nothing in common.
    pub(crate) fn all() -> [Self; 3] {
        let nothing_kept = Self {
            life: None,
            ..Self::in_force(State::Unproven)
        };
        [Self::usual(), Self::in_force(State::Broken), nothing_kept]
    }

    fn new(name: &str, states: &[State]) -> Self {
        let document = Document::embedded().unwrap();
        let parameters = Parameters::of(&document, &[]).unwrap();
        let now: Timestamp = "2026-11-25T14:03:00Z".parse().unwrap();
        let operator = Operator {
            name: Some(name.to_owned()),
            address: Some(name.to_owned()),
            privacy_contact: Some(name.to_owned()),
        };
        let provider = NamedRecipient {
            recipient: "model_provider".to_owned(),
            name: name.to_owned(),
            host: "api.example.org".to_owned(),
            region: Some(name.to_owned()),
            unencrypted: Some(name.to_owned()),
        };
        let making = Making {
            document: &document,
            parameters: &parameters,
            inventory: &Inventory::default(),
            operator: &operator,
            named: &[provider],
        };
        let policy = making.page(Some(now.minus(Duration::from_secs(90_000)))).unwrap();
        let mut next = states.iter().copied().cycle();
        let standings = policy
            .promises()
            .map(|promised| standing(promised, &mut next, name, now))
            .collect();
        let days = parameters.retention_generation_log.unwrap();
        Self {
            life: Some(Life::new(now.day(), days)),
            policy,
            standings,
            now,
        }
    }

    /// What stands around a page.
    pub(crate) fn frame(&self, tab: Tab, style: Style) -> Frame<'_> {
        Frame {
            name: self.policy.content.operator.name.as_deref().unwrap(),
            release: "0.1.0",
            policy: &self.policy,
            style,
            tab,
        }
    }

    /// Every page by its address.
    pub(crate) fn pages(&self) -> Vec<(&'static str, String)> {
        let frame = |tab| self.frame(tab, Style::Linked);
        let way = Way {
            origin: "https://ai.example.org",
            model: "sandbox-chat",
        };
        let home = Home {
            frame: frame(Tab::Home),
            life: self.life,
            standings: &self.standings,
            way,
            now: self.now,
        };
        let trust = Trust {
            frame: frame(Tab::Trust),
            standings: &self.standings,
            now: self.now,
        };
        let privacy = Privacy {
            frame: frame(Tab::Privacy),
        };
        vec![
            ("/", html(&home)),
            ("/privacy", html(&privacy)),
            ("/trust", html(&trust)),
        ]
    }
}

fn standing(promised: &page::Promised, next: &mut impl Iterator<Item = State>, name: &str, now: Timestamp) -> Standing {
    let state = match promised.state {
        page::Standing::Planned { .. } => State::Planned,
        page::Standing::InForce(_) => next.next().unwrap(),
    };
    let look = Look {
        probe: name.to_owned(),
        outcome: "no breach",
        considered: 12,
        considers: "days".to_owned(),
        at: now,
        since: now,
        times: 1,
    };
    Standing {
        promise: promised.id,
        state,
        why: (state != State::Kept).then(|| name.to_owned()),
        examined: 12,
        figure: Some(name.to_owned()),
        probed_at: Some(now),
        looks: vec![look],
        last_broken: Some(Red {
            why: name.to_owned(),
            since: now,
            at: now,
            times: 1,
        }),
    }
}
