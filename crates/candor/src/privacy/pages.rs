//! `/`, `/privacy` and `/trust`, the latter two for programs, too: what this instance is, what is promised, and whether it is kept.
//!
//! Promises: `/privacy` is made once, when the process starts, from the page that the policy makes; states of promises are
//! those of the evidence at the moment of asking; a page waits for nothing.
//! Leaves out: templates and words around (`pages`), the policy's words (`policy/page`).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::clock::Clock;
use http::HeaderMap;
use pages::{Frame, Home, Life, Look, Privacy, Red, Standing, Style, Tab, Trust, Way, html};
use policy::inventory::{Admits, Method, Processing, Route};
use policy::page::Page;
use policy::{Days, Document};

use super::evidence::{self, Evidence, Verified};
use super::probes::{Observation, Outcome};
use crate::web::around::Around;
use crate::web::content::{Content, Lasts, media};
use crate::web::routes::Routes;

/// What this instance is.
pub const HOME: Route = open("/", "what this instance is, the same for everybody");
/// The policy.
pub const PRIVACY: Route = open("/privacy", "the policy, the same for everybody");
/// The policy, to be kept and compared.
pub const PRIVACY_MARKDOWN: Route = open("/privacy.md", "the policy, the same for everybody");
/// The policy with the document it is made from, so that anybody can compute its hash.
pub const PRIVACY_JSON: Route = open("/privacy.json", "the policy, the same for everybody");
/// How the promises stand.
pub const TRUST: Route = open("/trust", "what probes saw: counts, days and names of tables");

/// How the promises stand, for programs: the shape of `candor verify --json`.
pub const TRUST_JSON: Route = open("/trust.json", "what probes saw: counts, days and names of tables");

/// All declarations.
pub const ROUTES: &[&Route] = &[&HOME, &PRIVACY, &PRIVACY_MARKDOWN, &PRIVACY_JSON, &TRUST, &TRUST_JSON];

const fn open(path: &'static str, why: &'static str) -> Route {
    Route {
        method: Method::Get,
        path,
        admits: Admits::Anyone,
        processing: Processing::Nobody(why),
    }
}

/// What the pages are made from.
pub struct Parts {
    /// What stands around each.
    pub around: Arc<Around>,
    /// What the policy's page is made from.
    pub document: Arc<Document>,
    /// What probes saw.
    pub evidence: Arc<Evidence>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Days that the generation log is promised to live; none is kept if `None`.
    pub generation_log: Option<Days>,
    /// How the instance is reached: `https://ai.example.org`.
    pub origin: String,
    /// A model that answers without a provider.
    pub model: &'static str,
}

struct Pages {
    parts: Parts,
    privacy: Content,
    privacy_markdown: Content,
    privacy_json: Content,
}

/// All of its routes.
pub fn routes(parts: Parts) -> Routes {
    let privacy = html(&Privacy {
        frame: parts.around.frame(Tab::Privacy),
    });
    let (policy, document) = (&parts.around.policy, &parts.document);
    let content = |media_type, text: String| Content::new(media_type, Lasts::Checked, text);
    let pages = Pages {
        privacy: content(media::HTML, privacy),
        privacy_markdown: content(media::MARKDOWN, policy.markdown()),
        privacy_json: content(media::JSON, policy.json(document)),
        parts,
    };
    Routes::default()
        .mount(&HOME, home)
        .mount(&PRIVACY, privacy_page)
        .mount(&PRIVACY_MARKDOWN, privacy_markdown)
        .mount(&PRIVACY_JSON, privacy_json)
        .mount(&TRUST, trust)
        .mount(&TRUST_JSON, trust_json)
        .with_state(Arc::new(pages))
}

/// The policy as one file that needs no server: what `candor policy render` writes.
#[must_use]
pub fn standing_alone(policy: Arc<Page>) -> String {
    let around = Around { policy };
    let frame = Frame {
        style: Style::Inlined,
        ..around.frame(Tab::Privacy)
    };
    html(&Privacy { frame })
}

async fn home(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let parts = &pages.parts;
    let now = parts.clock.now();
    let text = html(&Home {
        frame: parts.around.frame(Tab::Home),
        life: parts.generation_log.map(|promised| Life::new(now.day(), promised)),
        standings: &standings(&parts.evidence),
        way: Way {
            origin: &parts.origin,
            model: parts.model,
        },
        now,
    });
    Content::new(media::HTML, Lasts::Checked, text).answer(&headers)
}

async fn privacy_page(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    pages.privacy.answer(&headers)
}

async fn privacy_markdown(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    pages.privacy_markdown.answer(&headers)
}

async fn privacy_json(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    pages.privacy_json.answer(&headers)
}

async fn trust(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let parts = &pages.parts;
    let text = html(&Trust {
        frame: parts.around.frame(Tab::Trust),
        standings: &standings(&parts.evidence),
        now: parts.clock.now(),
    });
    Content::new(media::HTML, Lasts::Checked, text).answer(&headers)
}

async fn trust_json(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let verified = Verified::of(pages.parts.evidence.statuses());
    let text = serde_json::to_vec(&verified).expect("texts and numbers always have a JSON form");
    Content::new(media::JSON, Lasts::Checked, text).answer(&headers)
}

fn standings(evidence: &Evidence) -> Vec<Standing> {
    let standing = |status: evidence::Status| Standing {
        promise: status.promise,
        state: state(status.state),
        why: status.why,
        examined: status.examined,
        figure: status.figure,
        probed_at: status.probed_at,
        looks: status.looks.iter().map(look).collect(),
        last_broken: status.last_broken.as_ref().map(red),
    };
    evidence.statuses().into_iter().map(standing).collect()
}

const fn state(state: evidence::State) -> pages::State {
    match state {
        evidence::State::Kept => pages::State::Kept,
        evidence::State::Attested => pages::State::Attested,
        evidence::State::Unproven => pages::State::Unproven,
        evidence::State::Stale => pages::State::Stale,
        evidence::State::Broken => pages::State::Broken,
        evidence::State::Planned => pages::State::Planned,
    }
}

fn red(seen: &Observation) -> Red {
    Red {
        why: seen.outcome.why().unwrap_or_default().to_owned(),
        since: seen.since,
        at: seen.at,
        times: seen.looks,
    }
}

fn look(seen: &Observation) -> Look {
    Look {
        probe: seen.probe.to_owned(),
        outcome: match seen.outcome {
            Outcome::Kept => "no breach",
            Outcome::Broken(_) => "a breach",
            Outcome::Nothing => "nothing to look at",
            Outcome::Blind(_) => "nothing, as it could not look",
        },
        considered: seen.considered,
        considers: seen.considers.to_owned(),
        at: seen.at,
        since: seen.since,
        times: seen.looks,
    }
}
