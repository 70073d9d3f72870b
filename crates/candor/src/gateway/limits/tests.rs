//! A simulated hour of requests, by the travelling clock.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::config::{Config, Sources};
use crate::people::keys::Scope;
use crate::people::options::KeyOptions;
use base::clock::TravellingClock;
use base::ids::{AccountId, KeyId, SubjectId};
use base::random::SeededRandom;
use base::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);

struct Scene {
    clock: TravellingClock,
    limiter: Arc<Limiter>,
    random: SeededRandom,
}

impl Scene {
    /// With these lines below `[limits.rate]`.
    fn new(rates: &str) -> Self {
        let config = Config::load(&Sources::of_text(&format!("[limits.rate]\n{rates}\n"))).unwrap();
        let clock = TravellingClock::new(Timestamp::EPOCH);
        let random = SeededRandom::new(1);
        let counted = Arc::new(Counted::new(&random));
        let limiter = Limiter::new(&config.limits, counted, Arc::new(clock.clone()));
        Self {
            clock,
            limiter: Arc::new(limiter),
            random,
        }
    }

    fn caller(&self, limits: &str) -> Arc<Caller> {
        Arc::new(Caller {
            key: KeyId::new(&self.random),
            org: OrgId::new(&self.random),
            account: AccountId::new(&self.random),
            subject: SubjectId::new(&self.random),
            options: KeyOptions {
                limits: if limits.is_empty() {
                    Limits::NONE
                } else {
                    limits.parse().unwrap()
                },
                ..Scope::All.into()
            },
        })
    }

    /// Another key of the same account.
    fn sibling(&self, of: &Caller, limits: &str) -> Arc<Caller> {
        Arc::new(Caller {
            account: of.account,
            org: of.org,
            ..(*self.caller(limits)).clone()
        })
    }

    /// A request to a model with these limits, of an end user, that may use so many tokens.
    fn ask(&self, caller: &Arc<Caller>, model: &str, user: Option<&str>, tokens: u64) -> Result<Permit, Exceeded> {
        let permit = self.limiter.admit(caller, &mut Told::default())?;
        let mut permit = permit.unwrap_or_else(|| Permit::new(Arc::clone(&self.limiter), Arc::clone(caller)));
        let limits = if model.is_empty() {
            Limits::NONE
        } else {
            model.parse().unwrap()
        };
        permit.read(("model", limits), self.limiter.end_user(caller.org, user))?;
        permit.reserve(tokens)?;
        Ok(permit)
    }

    /// An hour in which somebody asks twenty times as often as they may; gives what was let through.
    fn hour(&self, mut ask: impl FnMut(usize) -> u64) -> u64 {
        let pause = Duration::from_millis(49);
        let mut sum = 0;
        for number in 0..usize::try_from(HOUR.as_millis() / pause.as_millis()).unwrap() {
            sum += ask(number);
            self.clock.advance(pause);
        }
        sum
    }
}

fn assert_within_a_hundredth(what: &str, sum: u64, limit: u64) {
    assert!(
        sum * 100 >= limit * 99 && sum * 100 <= limit * 101,
        "{what}: {sum} of {limit}"
    );
}

#[test]
fn an_hour_lets_through_the_limit_of_each_kind_within_a_hundredth() {
    let requests = "requests=60/m";
    for (kind, rates, of_key, of_model, user) in [
        ("key", "", requests, "", None),
        ("account", "account = \"requests=60/m\"", "", "", None),
        ("organisation", "organisation = \"requests=60/m\"", "", "", None),
        ("model", "", "", requests, None),
        ("end user", "end_user = \"requests=60/m\"", "", "", Some("ada")),
        (
            "the tightest",
            "organisation = \"requests=900/m\"",
            "requests=9000/m",
            requests,
            None,
        ),
        ("in a second", "account = \"requests=1/s\"", "", "", None),
        ("in an hour", "account = \"requests=3600/h\"", "", "", None),
    ] {
        let scene = Scene::new(rates);
        let caller = scene.caller(of_key);
        let through = scene.hour(|_| u64::from(scene.ask(&caller, of_model, user, 0).is_ok()));
        assert_within_a_hundredth(kind, through, 3600);
    }
}

/// The estimate is ten times the use, and the provider answers while the next ones ask.
#[test]
fn an_hour_lets_through_the_tokens_that_were_used_and_not_those_that_were_reserved() {
    for (estimate, most) in [(4_000, 400), (400, 400), (100, 400)] {
        let scene = Scene::new("");
        let caller = scene.caller("tokens=100000/m");
        let mut under_way: std::collections::VecDeque<(Permit, u64)> = std::collections::VecDeque::new();
        let mut used = 0;
        scene.hour(|number| {
            if under_way.len() == 8 {
                let (permit, tokens) = under_way.pop_front().unwrap();
                used += tokens;
                permit.settle(tokens);
            }
            if let Ok(permit) = scene.ask(&caller, "", None, estimate) {
                under_way.push_back((permit, 1 + number as u64 % most));
            } else if let Some((permit, tokens)) = under_way.pop_front() {
                used += tokens;
                permit.settle(tokens);
            }
            0
        });
        assert_within_a_hundredth(&format!("estimate {estimate}"), used, 6_000_000);
    }
}

#[test]
fn a_request_that_uses_more_than_the_limit_has_its_turn_and_the_average_holds() {
    let scene = Scene::new("");
    let caller = scene.caller("tokens=1000/m");
    let used = scene.hour(|_| match scene.ask(&caller, "", None, 4096) {
        Ok(permit) => {
            permit.settle(3000);
            3000
        }
        Err(exceeded) => {
            assert!(matches!(exceeded.full, Full::Tokens(..)));
            0
        }
    });
    assert_within_a_hundredth("large ones", used, 60_000);
}

#[test]
fn requests_at_once_are_counted_until_their_permit_is_gone() {
    let scene = Scene::new("account = \"concurrent=3\"");
    let one = scene.caller("concurrent=2");
    let other = scene.sibling(&one, "");
    let first = scene.ask(&one, "", None, 0).unwrap();
    let second = scene.ask(&one, "", None, 0).unwrap();
    assert_eq!(scene.ask(&one, "", None, 0).err().unwrap().whose, Kind::Key);
    let third = scene.ask(&other, "", None, 0).unwrap();
    assert_eq!(scene.ask(&other, "", None, 0).err().unwrap().whose, Kind::Account);
    first.settle(0);
    drop(second);
    assert_eq!(third.whom().standing().at_once, 1);
    let again: Vec<Permit> = (0..2).map(|_| scene.ask(&one, "", None, 0).unwrap()).collect();
    drop((again, third));
    assert_eq!(scene.ask(&other, "", None, 0).unwrap().whom().standing().at_once, 1);
}

/// What one limit refuses costs nothing of another.
#[test]
fn a_refused_request_is_counted_by_nobody() {
    let scene = Scene::new("organisation = \"requests=1/m,tokens=10/m,concurrent=9\"");
    let one = scene.caller("requests=100/m,tokens=1000/m,concurrent=9");
    scene.ask(&one, "", None, 10).unwrap().settle(10);
    for _ in 0..20 {
        assert_eq!(scene.ask(&one, "", None, 10).err().unwrap().whose, Kind::Organisation);
    }
    let standing = scene.limiter.standing_of_key(&one);
    assert_eq!(
        (
            standing.requests.unwrap().left,
            standing.tokens.unwrap().left,
            standing.at_once
        ),
        (99, 990, 0)
    );

    let full = scene.caller("requests=9/m,tokens=5/m,concurrent=9");
    scene
        .limiter
        .counted
        .table
        .enter(key(&full), &Limits::NONE, Duration::ZERO)
        .unwrap();
    scene
        .limiter
        .counted
        .table
        .reserve(key(&full), full.options.limits.tokens.unwrap(), 5, Duration::ZERO)
        .unwrap();
    assert!(matches!(
        scene.ask(&full, "", None, 1).err().unwrap().full,
        Full::Tokens(..)
    ));
    assert_eq!(
        scene.limiter.standing_of_key(&full).at_once,
        1,
        "the refused one has left"
    );
    assert_eq!(scene.limiter.standing_of_key(&full).requests.unwrap().left, 9);

    let scene = Scene::new("");
    let mine = scene.caller("requests=9/m");
    let ask = || scene.ask(&mine, "requests=1/m", None, 0);
    assert!(ask().is_ok());
    assert_eq!(ask().err().unwrap().whose, Kind::Model);
    assert_eq!(scene.limiter.standing_of_key(&mine).requests.unwrap().left, 8);
}

#[test]
fn end_users_are_told_apart_by_organisation_and_known_by_a_digest_alone() {
    let scene = Scene::new("end_user = \"requests=1/m\"");
    let (one, other) = (scene.caller(""), scene.caller(""));
    assert!(scene.ask(&one, "", Some("ada"), 0).is_ok());
    assert_eq!(scene.ask(&one, "", Some("ada"), 0).err().unwrap().whose, Kind::EndUser);
    assert!(scene.ask(&one, "", Some("bob"), 0).is_ok());
    assert!(scene.ask(&other, "", Some("ada"), 0).is_ok());
    assert!(scene.ask(&one, "", None, 0).is_ok());
    let digest = scene.limiter.end_user(one.org, Some("ada")).unwrap().0;
    let mut elsewhere = Arc::into_inner(scene.limiter).unwrap();
    elsewhere.counted = Arc::new(Counted::new(&SeededRandom::new(2)));
    assert_ne!(
        elsewhere.end_user(one.org, Some("ada")).unwrap().0,
        digest,
        "the key is the process's own"
    );
}

#[test]
fn the_tightest_limit_is_told() {
    let scene = Scene::new("account = \"requests=10/m\"\norganisation = \"tokens=500/m\"");
    let caller = scene.caller("requests=5/h,tokens=1000/m");
    let permit = scene.ask(&caller, "requests=100/s", None, 100).unwrap();
    let standing = permit.whom().standing();
    let (requests, tokens) = (standing.requests.unwrap(), standing.tokens.unwrap());
    assert_eq!(
        (requests.rate.to_string(), requests.left, requests.reset),
        ("5/h".to_owned(), 4, HOUR)
    );
    assert_eq!((tokens.rate.to_string(), tokens.left), ("500/m".to_owned(), 400));
    permit.settle(30);
    assert_eq!(scene.limiter.standing_of_key(&caller).tokens.unwrap().left, 970);
}
