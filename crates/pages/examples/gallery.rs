//! Writes every page in every state into a folder, to be looked at: `cargo run -p pages --example gallery -- FOLDER`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a tool of who edits templates"
)]

use std::path::Path;
use std::time::Duration;

use base::time::Timestamp;
use pages::{Frame, Home, Life, Look, Privacy, Problem, Red, Standing, State, Style, Tab, Trust, Way, html};
use policy::page::{Making, NamedRecipient, Operator, Page};
use policy::{Document, Inventory, Parameters};

fn page(document: &Document, operator: &Operator, named: &[NamedRecipient], at: Option<Timestamp>) -> Page {
    let parameters = Parameters::of(document, &[]).unwrap();
    let inventory = Inventory::default();
    let making = Making {
        document,
        parameters: &parameters,
        inventory: &inventory,
        operator,
        named,
    };
    making.page(at).unwrap()
}

fn standings(page: &Page, now: Timestamp, broken: bool) -> Vec<Standing> {
    let in_force = [
        State::Kept,
        State::Kept,
        State::Unproven,
        State::Stale,
        State::Kept,
        State::Attested,
    ];
    let mut next = in_force.into_iter();
    let standing = |promised: &policy::page::Promised| {
        let state = match promised.state {
            policy::page::Standing::Planned { .. } => State::Planned,
            policy::page::Standing::InForce(_) if broken && promised.id.to_string() == "P-13.3" => State::Broken,
            policy::page::Standing::InForce(_) => next.next().unwrap_or(State::Kept),
        };
        let looked = now.minus(Duration::from_secs(250));
        let is_looked_at = !matches!(state, State::Planned | State::Unproven);
        let look = Look {
            probe: "probe.max_age_raw".to_owned(),
            outcome: if state == State::Broken {
                "a breach"
            } else {
                "no breach"
            },
            considered: 12_345,
            considers: "partitions and keys".to_owned(),
            at: looked,
            since: now.minus(Duration::from_secs(900_000)),
            times: 3_000,
        };
        Standing {
            promise: promised.id,
            state,
            why: match state {
                State::Broken => Some("day 2026-10-24 is past its end and still there".to_owned()),
                State::Stale => Some("the last look is too long ago".to_owned()),
                State::Unproven => Some("there is nothing to look at yet".to_owned()),
                _ => None,
            },
            examined: if is_looked_at { 12_345 } else { 0 },
            figure: is_looked_at.then(|| "0 seconds past the cutoff".to_owned()),
            probed_at: is_looked_at.then_some(looked),
            looks: if is_looked_at { vec![look] } else { Vec::new() },
            last_broken: (promised.id.to_string() == "P-13.4").then(|| Red {
                why: "a cell of 2026-10-02 shows fewer than 26 accounts".to_owned(),
                since: now.minus(Duration::from_secs(900_000)),
                at: now.minus(Duration::from_secs(882_000)),
                times: 6,
            }),
        }
    };
    page.promises().map(standing).collect()
}

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write into");
    let now: Timestamp = "2026-11-25T14:03:00Z".parse().unwrap();
    let document = Document::embedded().unwrap();
    let operator = Operator {
        name: Some("Example Cooperative".to_owned()),
        address: Some("1 Example Street, 10115 Berlin".to_owned()),
        privacy_contact: Some("privacy@example.org".to_owned()),
    };
    let named = |name: &str, host: &str, region: &str| NamedRecipient {
        recipient: "model_provider".to_owned(),
        name: name.to_owned(),
        host: host.to_owned(),
        region: Some(region.to_owned()),
        unencrypted: None,
    };
    let providers = [
        named("openai", "api.openai.com", "us"),
        named("local", "10.0.0.7", "eu"),
    ];
    let since = now.minus(Duration::from_secs(90_000));
    let full = page(&document, &operator, &providers, Some(since));
    let bare = page(&document, &Operator::default(), &[], None);
    let days = Parameters::of(&document, &[])
        .unwrap()
        .retention_generation_log
        .unwrap();
    let life = Life::new(now.day(), days);
    write(
        Path::new(&folder),
        "",
        &full,
        Some(life),
        now,
        &standings(&full, now, false),
    );
    write(
        Path::new(&folder),
        "-broken",
        &bare,
        Some(life),
        now,
        &standings(&bare, now, true),
    );
    write(
        Path::new(&folder),
        "-bare",
        &bare,
        None,
        now,
        &standings(&bare, now, false),
    );
}

fn write(folder: &Path, suffix: &str, policy: &Page, life: Option<Life>, now: Timestamp, standings: &[Standing]) {
    let frame = Frame {
        name: policy.content.operator.name.as_deref().unwrap_or("Candor"),
        release: "0.1.0",
        policy,
        style: Style::Inlined,
        tab: Tab::Home,
    };
    let way = Way {
        origin: "https://ai.example.org",
        model: "sandbox-chat",
    };
    let home = Home {
        frame: frame.clone(),
        life,
        standings,
        way,
        now,
    };
    let trust = Trust {
        frame: frame.on(Tab::Trust),
        standings,
        now,
    };
    let privacy = Privacy {
        frame: frame.on(Tab::Privacy),
    };
    let problem = Problem {
        frame: frame.on(Tab::Other),
        status: 404,
        title: "Nothing is here",
        detail: "There is no page at /none. It may have moved, or the address may be mistyped.",
    };
    for (name, text) in [
        ("home", html(&home)),
        ("trust", html(&trust)),
        ("privacy", html(&privacy)),
        ("problem", html(&problem)),
    ] {
        std::fs::write(folder.join(format!("{name}{suffix}.html")), text).unwrap();
    }
}
