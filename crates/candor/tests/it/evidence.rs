//! What probes saw: how it is kept, what it says of a promise, and how `candor verify` tells it.

use std::sync::Arc;
use std::time::Duration;

use ::store::db::{Row, Statement};
use ::store::disk::RealDisk;
use base::clock::Clock;
use base::random::SystemRandom;
use base::time::Timestamp;
use candor::privacy::evidence::{Evidence, State, Status, store};
use candor::privacy::probes::{Control, Look, LookError, Observation, Outcome, Places, Probe, Probing};
use candor::privacy::published::{Parts, Published};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use policy::document::{self, EvidenceRule, Hours, RedIf};
use policy::page::Operator;
use policy::{Document, Inventory, Parameters};
use testkit::{Database, Request, Site, both_databases};

use crate::ground::Ground;

const HOUR: Duration = Duration::from_secs(3600);
const FRESH_HOURS: u32 = 4;

/// Looks that don't depend on anything, and one that sees a breach in the afternoon.
static PROBES: [Probe; 7] = [
    probe("test.kept", |_| {
        async { Ok(Look::at(3, Control::Alive).figure("3 of 3")) }.boxed()
    }),
    probe("test.broken", |_| {
        async { Ok(Look::at(3, Control::Alive).breach("a row is past its end")) }.boxed()
    }),
    probe("test.dead", |_| {
        async { Ok(Look::at(3, Control::Dead("it saw no planted row".to_owned()))) }.boxed()
    }),
    probe("test.nothing", |_| async { Ok(Look::at(0, Control::Alive)) }.boxed()),
    probe("test.blind", |_| {
        async { Err(LookError::Other("the folder is gone".to_owned())) }.boxed()
    }),
    probe("test.defect", |_| async { panic!("a probe's defect") }.boxed()),
    probe("test.afternoon", |probing| {
        async move {
            let look = Look::at(1, Control::Alive);
            let morning = probing.clock.now().since(probing.clock.now().day().start()) < HOUR * 14;
            Ok(if morning { look } else { look.breach("it is late") })
        }
        .boxed()
    }),
];

type Run = for<'a> fn(&'a Probing) -> BoxFuture<'a, Result<Look, LookError>>;

const fn probe(name: &'static str, run: Run) -> Probe {
    Probe {
        name,
        promises: &[],
        considers: "rows",
        period: HOUR,
        run,
    }
}

/// An instance whose first promise is in force and looked after by these probes.
async fn evidence(ground: &Ground, probes: &[&str]) -> Evidence {
    let mut document = Document::embedded().unwrap();
    document.promises.truncate(1);
    document.promises[0].state = document::State::InForce {
        controls: vec!["test.control".to_owned()],
        probes: probes.iter().map(|name| (*name).to_owned()).collect(),
        planted_breaches: vec!["test.breach".to_owned()],
        evidence: EvidenceRule {
            freshness: Hours::new(FRESH_HOURS),
            red_if: RedIf::AnyProbeFailed,
        },
        since: "0.1.0".to_owned(),
    };
    let document = Arc::new(document);
    let parts = Parts {
        document: document.clone(),
        parameters: Parameters::of(&document, &[]).unwrap(),
        inventory: Inventory::default(),
        operator: Operator::default(),
        named: Vec::new(),
    };
    let probing = Probing {
        db: ground.db.clone(),
        key_db: ground.db.clone(),
        days: ground.days.clone(),
        keys: ground.keys.clone(),
        clock: Arc::new(ground.clock.clone()),
        random: Arc::new(SystemRandom),
        disk: Arc::new(RealDisk),
        parameters: parts.parameters.clone(),
        document,
        inventory: Inventory::default(),
        published: Arc::new(Published::open(parts, &ground.db).await.unwrap()),
        places: Places {
            data: "data".into(),
            keyring: "keyring".into(),
            mirror: None,
        },
    };
    Evidence::open(probing, &PROBES).await.unwrap()
}

fn status(evidence: &Evidence) -> Status {
    evidence.statuses().remove(0)
}

const STRETCHES: Statement = Statement::common(
    "test.stretches",
    "SELECT outcome, looks, since, at, considered FROM observation WHERE probe = $1 ORDER BY number DESC",
);

/// Everything that is kept of a probe, the newest first: outcome, looks, from when to when.
async fn stretches(ground: &Ground, name: &str) -> Vec<(String, u64, Timestamp, Timestamp)> {
    let rows = ground.db.query(&STRETCHES, vec![name.into()]).await.unwrap();
    let stretch = |row: &Row| {
        let looks = row.integer(1).unwrap().unsigned_abs();
        let (since, at) = (row.timestamp(2).unwrap(), row.timestamp(3).unwrap());
        (row.text(0).unwrap().to_owned(), looks, since, at)
    };
    rows.iter().map(stretch).collect()
}

both_databases! {
    async fn a_promise_is_only_as_good_as_its_worst_probe(database) {
        let ground = Ground::new(&database).await;
        let cases: [(&[&str], State); 8] = [
            (&["test.kept", "test.defect"], State::Stale),
            (&["test.kept"], State::Kept),
            (&["test.kept", "test.nothing"], State::Unproven),
            (&["test.kept", "test.blind"], State::Stale),
            (&["test.kept", "test.dead"], State::Broken),
            (&["test.broken", "test.nothing", "test.blind"], State::Broken),
            (&["test.kept", "test.of_a_later_version"], State::Unproven),
            (&[], State::Unproven),
        ];
        for (probes, state) in cases {
            let evidence = evidence(&ground, probes).await;
            evidence.look().await.unwrap();
            assert_eq!(status(&evidence).state, state, "{probes:?}");
        }
        let dead = evidence(&ground, &["test.dead"]).await;
        assert!(status(&dead).why.unwrap().contains("it saw no planted row"));
        let kept = status(&evidence(&ground, &["test.kept"]).await);
        assert_eq!((kept.examined, kept.figure.as_deref(), kept.why), (3, Some("3 of 3"), None));
    }

    async fn what_was_seen_grows_stale_when_nobody_looks_again(database) {
        let ground = Ground::new(&database).await;
        let evidence = evidence(&ground, &["test.kept"]).await;
        assert_eq!(status(&evidence).state, State::Unproven, "nobody has looked yet");
        ground.clock.advance(HOUR * FRESH_HOURS + Duration::from_secs(1));
        assert_eq!(status(&evidence).state, State::Stale, "nobody looked since the start");
        evidence.look().await.unwrap();
        let seen = status(&evidence);
        assert_eq!(seen.fresh_until.unwrap().since(seen.probed_at.unwrap()), HOUR * FRESH_HOURS);
        ground.clock.advance(HOUR * FRESH_HOURS);
        assert_eq!(status(&evidence).state, State::Kept);
        ground.clock.advance(Duration::from_secs(1));
        assert_eq!(status(&evidence).state, State::Stale);
    }

    async fn a_look_in_the_future_says_nothing_of_now(database) {
        let ground = Ground::new(&database).await;
        let evidence = evidence(&ground, &["test.kept"]).await;
        evidence.look().await.unwrap();
        ground.clock.set(ground.clock.now().minus(HOUR));
        let stale = status(&evidence);
        assert_eq!(stale.state, State::Stale);
        assert!(stale.why.unwrap().contains("clock was set back"));
        evidence.look().await.unwrap();
        assert_eq!(status(&evidence).state, State::Kept);
    }

    async fn a_red_day_stays_and_equal_looks_are_one_row(database) {
        let ground = Ground::new(&database).await;
        let noon = ground.clock.now();
        for _look in 0..8 {
            evidence(&ground, &["test.afternoon"]).await.look().await.unwrap();
            ground.clock.advance(HOUR);
        }
        ground.clock.advance(HOUR * 8);
        let seen = evidence(&ground, &["test.afternoon"]).await;
        assert_eq!(status(&seen).state, State::Broken, "what another process saw is read");
        seen.look().await.unwrap();
        assert_eq!(status(&seen).state, State::Kept);
        let at = |hours| noon.plus(HOUR * hours);
        let red = status(&seen).last_broken.unwrap();
        assert_eq!((red.since, red.at, red.looks), (at(2), at(7), 6), "a red day is told when all is well again");
        assert_eq!(red.outcome, Outcome::Broken("it is late".to_owned()));
        let words = |word: &str| word.to_owned();
        assert_eq!(
            stretches(&ground, "test.afternoon").await,
            [
                (words("kept"), 1, at(16), at(16)),
                (words("broken"), 6, at(2), at(7)),
                (words("kept"), 2, at(0), at(1))
            ]
        );
    }

    async fn a_probe_looks_again_when_its_period_is_over_and_a_blind_one_a_minute_later(database) {
        let ground = Ground::new(&database).await;
        let looks = async |name| stretches(&ground, name).await.iter().map(|stretch| stretch.1).sum::<u64>();
        let mut seen = Vec::new();
        for minutes in [0, 1, 30, 28, 1] {
            ground.clock.advance(Duration::from_mins(minutes));
            // A process of its own each time: it learns from the table what others saw.
            evidence(&ground, &[]).await.look_when_due().await.unwrap();
            seen.push((looks("test.kept").await, looks("test.blind").await));
        }
        assert_eq!(seen, [(1, 1), (1, 2), (1, 3), (1, 4), (2, 5)]);
        ground.clock.set(ground.clock.now().minus(HOUR * 2));
        evidence(&ground, &[]).await.look_when_due().await.unwrap();
        assert_eq!(looks("test.kept").await, 3, "a look in the future doesn't count");
    }

    async fn a_long_pause_shows_as_a_new_row(database) {
        let ground = Ground::new(&database).await;
        let evidence = evidence(&ground, &["test.kept"]).await;
        for pause_hours in [1, 3, 4] {
            evidence.look().await.unwrap();
            ground.clock.advance(HOUR * pause_hours);
        }
        evidence.look().await.unwrap();
        let looks: Vec<u64> = stretches(&ground, "test.kept").await.into_iter().map(|stretch| stretch.1).collect();
        assert_eq!(looks, [1, 3]);
    }

    async fn a_probe_that_keeps_changing_its_mind_does_not_fill_the_table(database) {
        let ground = Ground::new(&database).await;
        let (probe, now) = (&PROBES[0], ground.clock.now());
        for look in 0..1100_u64 {
            let outcome = if look % 2 == 0 { Outcome::Kept } else { Outcome::Nothing };
            let seen = Observation {
                probe: probe.name,
                outcome,
                considered: look,
                considers: probe.considers,
                figure: None,
                since: now,
                at: now,
                looks: 1,
            };
            store::add(&ground.db, probe, &seen).await.unwrap();
        }
        let kept = ground.db.query(&STRETCHES, vec![probe.name.into()]).await.unwrap();
        assert_eq!((kept.len(), kept[0].integer(4).unwrap()), (1000, 1099));
    }
}

#[test]
fn verify_has_a_row_for_each_promise_and_nothing_red_on_a_fresh_instance() {
    let site = Site::new(Database::sqlite());
    site.customer("ada@example.test", "1.00");
    let asleep = site.cli_json(&["verify"]);
    let serving = site.serve();
    let awake = site.cli_json(&["verify"]);
    let promises = Document::embedded().unwrap().promises.len();
    for verified in [&asleep, &awake] {
        let rows = verified["promises"].as_array().unwrap();
        assert_eq!(rows.len(), promises);
        for row in rows {
            let state = row["state"].as_str().unwrap();
            assert!(["kept", "attested", "planned", "unproven"].contains(&state), "{row}");
            assert!(
                row["id"].as_str().unwrap().starts_with("P-") && row["examined"].is_u64(),
                "{row}"
            );
            assert_eq!(state == "kept", row["why"].is_null(), "{row}");
            let proved = row["examined"].as_u64() > Some(0) && row["probed_at"].is_string();
            assert!(state != "kept" || proved, "{row}");
        }
    }
    assert!(
        !String::from_utf8_lossy(&site.log()).contains("has ended"),
        "a rehearsed day is no day of the log"
    );
    let metrics = Request::get("/metrics").send(site.operations()).unwrap();
    let told = |line: &str| metrics.text().lines().any(|one| one == line);
    assert!(told("candor_promises{state=\"broken\"} 0") && told("candor_promises{state=\"stale\"} 0"));
    let unproven = awake["promises"]
        .as_array()
        .unwrap()
        .iter()
        .any(|row| row["state"] == "unproven");
    let strict = site.cli(&["verify", "--strict"]);
    assert_eq!(
        strict.status.code(),
        Some(unproven.into()),
        "{}",
        String::from_utf8_lossy(&strict.stderr)
    );
    let text = site.cli_ok(&["verify"]);
    assert!(text.lines().count() > promises, "{text}");
    drop(serving);
}
