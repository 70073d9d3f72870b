//! What stays of a day: released once, from what can be opened, and nobody is in it.

mod audit;

use std::sync::Arc;
use std::time::Duration;

use base::money::Currency;
use base::random::{SeededRandom, SystemRandom};
use base::time::Day;
use candor::instance::counting::Counting;
use candor::money::credit::Sharing;
use candor::privacy::aggregates::{Aggregates, Looked, Outcome, Release, Strictness, Universe};
use candor::records::closing::Status;
use policy::parameters::Thousandths;
use serde_json::json;
use store::db::Statement;
use testkit::http::Streamed;
use testkit::{Request, Site, both_databases};

use crate::ground::{Ground, KEPT_DAYS, Process, Said, User};

const DAY: Duration = Duration::from_secs(86_400);
const FORGE: Statement = Statement::common("test.forge", "UPDATE aggregate_cell SET requests = requests + 1");
const DAMAGE: Statement = Statement::common("test.damage", "UPDATE generation SET meta = owner_tag WHERE day = $1");

/// So little noise that a test can read the numbers, and few enough accounts to make: at least 3, and about 3 more.
const CLEAR: Strictness = Strictness {
    k: 3,
    epsilon: Thousandths::new(20_000),
};

fn aggregates(process: &Process, strictness: Strictness, seed: u64) -> Aggregates {
    let (people, records, gate) = (&process.people, &process.records, &process.gate);
    let counting = Counting::new(people.clone(), records.clone(), gate.clone(), Currency::EUR);
    Aggregates::new(
        process.ground.db.clone(),
        Arc::new(counting),
        Universe::new(["chat"], ["up"]),
        strictness,
        Currency::EUR,
        Arc::new(SeededRandom::new(seed)),
    )
}

async fn users(process: &Process, count: usize) -> Vec<User> {
    let mut users = Vec::new();
    for number in 0..count {
        let address: &'static str = format!("user{number}@example.org").leak();
        users.push(process.user(address, "10.00").await);
    }
    users
}

/// A day on which each of `count` accounts asked five times; the day has ended when this returns.
async fn ended_day(process: &Process, count: usize) -> (Vec<User>, Day) {
    let users = users(process, count).await;
    let day = process.ground.today();
    for user in &users {
        for _ in 0..5 {
            process.generate(user, Said::USUAL).await;
        }
    }
    process.apply().await;
    process.ground.clock.advance(DAY * (KEPT_DAYS - 1));
    (users, day)
}

fn released(outcome: Outcome) -> (Release, Looked) {
    match outcome {
        Outcome::Released { release, looked } => (release, looked),
        other => panic!("not released now: {other:?}"),
    }
}

both_databases! {
    async fn a_day_is_released_once_and_later_calls_find_what_stands(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 12).await;
        let one = aggregates(&process, CLEAR, 1);
        let (release, looked) = released(one.release_day(day).await.unwrap());
        assert_eq!(looked, Looked { accounts: 12, rows: 60, left_out: 0, damaged: 0 });
        assert_eq!((release.considered, release.cells.len()), (3 * 3 * 4, 1));
        let cell = &release.cells[0];
        assert_eq!((cell.name.model.as_str(), cell.name.provider.as_str(), cell.name.ending.as_str()), ("chat", "up", "completed"));
        assert!((9..=15).contains(&cell.accounts), "{cell:?}");
        let other_seed = aggregates(&process, CLEAR, 2);
        assert_eq!(other_seed.release_day(day).await.unwrap(), Outcome::Stood(release.clone()));
        // Nor does anything change it when the day is gone.
        ground.days.drop_day(day).await.unwrap();
        assert_eq!(other_seed.release_day(day).await.unwrap(), Outcome::Stood(release.clone()));
        assert_eq!(other_seed.releases(Day::MIN, 10).await.unwrap(), [release]);
    }

    async fn two_processes_release_one_thing(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 8).await;
        let (one, two) = (aggregates(&process, CLEAR, 1), aggregates(&process, CLEAR, 2));
        let (first, second) = tokio::join!(one.release_day(day), two.release_day(day));
        let stands = one.releases(Day::MIN, 10).await.unwrap();
        for outcome in [first.unwrap(), second.unwrap()] {
            match outcome {
                Outcome::Released { release, .. } | Outcome::Stood(release) => assert_eq!(stands, [release]),
                Outcome::NothingKept => panic!("the day is there"),
            }
        }
    }

    async fn who_was_erased_meanwhile_is_left_out_and_counted(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (users, day) = ended_day(&process, 4).await;
        assert!(ground.keys.remove_subject(users[0].account.subject).await.unwrap());
        let (_, looked) = released(aggregates(&process, CLEAR, 1).release_day(day).await.unwrap());
        assert_eq!(looked, Looked { accounts: 3, rows: 15, left_out: 5, damaged: 0 });
    }

    async fn a_day_whose_key_is_gone_is_released_empty(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 8).await;
        ground.keys.end_day(day).await.unwrap();
        let (release, looked) = released(aggregates(&process, CLEAR, 1).release_day(day).await.unwrap());
        assert_eq!(looked, Looked { accounts: 0, rows: 0, left_out: 40, damaged: 0 });
        assert_eq!(release.cells, []);
    }

    async fn a_day_that_can_hardly_be_read_is_not_released(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let users = users(&process, 8).await;
        let day = ground.today();
        for user in &users {
            process.generate(user, Said::USUAL).await;
        }
        process.apply().await;
        ground.days.writer(day).await.unwrap().execute(&DAMAGE, vec![day.into()]).await.unwrap();
        ground.clock.advance(DAY * (KEPT_DAYS - 1));
        let refused = aggregates(&process, CLEAR, 1).release_day(day).await.unwrap_err().to_string();
        assert!(refused.contains("8 records of 2026-11-25 are damaged and 0 are not"), "{refused}");
    }

    async fn fewer_than_k_accounts_leave_nothing(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 8).await;
        let strict = Strictness { k: 9, ..CLEAR };
        let (release, looked) = released(aggregates(&process, strict, 1).release_day(day).await.unwrap());
        assert_eq!((looked.rows, release.cells.len()), (40, 0));
    }

    async fn a_day_that_has_not_ended_or_never_was_is_not_released(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        process.generate(&ada, Said::USUAL).await;
        process.apply().await;
        let aggregates = aggregates(&process, CLEAR, 1);
        let today = ground.today();
        let refused = aggregates.release_day(today).await.unwrap_err().to_string();
        assert!(refused.contains("have not ended yet"), "{refused}");
        assert_eq!(aggregates.release_day(today.plus_days(-40)).await.unwrap(), Outcome::NothingKept);
        assert_eq!(aggregates.releases(Day::MIN, 10).await.unwrap(), []);
    }

    async fn stricter_numbers_take_back_what_weaker_ones_released(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 12).await;
        let weak = aggregates(&process, CLEAR, 1);
        weak.release_day(day).await.unwrap();
        assert_eq!(weak.withdraw_weaker().await.unwrap(), 0);
        let strict = aggregates(&process, Strictness { k: 4, ..CLEAR }, 1);
        assert_eq!(strict.withdraw_weaker().await.unwrap(), 1);
        let [left]: [Release; 1] = strict.releases(Day::MIN, 10).await.unwrap().try_into().unwrap();
        assert!(left.is_withdrawn && left.cells.is_empty() && left.is_unchanged());
        // What is spent stays spent: the day is not released again.
        assert_eq!(strict.release_day(day).await.unwrap(), Outcome::Stood(left.clone()));
        assert_eq!(weak.release_day(day).await.unwrap(), Outcome::Stood(left));
    }

    async fn a_number_that_was_changed_afterwards_is_seen(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let (_, day) = ended_day(&process, 12).await;
        let aggregates = aggregates(&process, CLEAR, 1);
        let (release, _) = released(aggregates.release_day(day).await.unwrap());
        assert!(release.is_unchanged());
        ground.db.execute(&FORGE, vec![]).await.unwrap();
        assert!(!aggregates.releases(Day::MIN, 10).await.unwrap()[0].is_unchanged());
    }

    async fn failed_and_refused_generations_are_counted_as_such(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let users = users(&process, 10).await;
        let day = ground.today();
        for user in &users {
            process.generate(user, Said { status: Status::Failed, ..Said::USUAL }).await;
        }
        process.apply().await;
        ground.clock.advance(DAY * (KEPT_DAYS - 1));
        let random = Arc::new(SystemRandom);
        let counting = Counting::new(process.people.clone(), process.records.clone(), process.gate.clone(), Currency::EUR);
        let universe = Universe::new(["chat"], ["up"]);
        let aggregates = Aggregates::new(ground.db.clone(), Arc::new(counting), universe, CLEAR, Currency::EUR, random);
        let (release, _) = released(aggregates.release_day(day).await.unwrap());
        let endings: Vec<&str> = release.cells.iter().map(|cell| cell.name.ending.as_str()).collect();
        assert_eq!(endings, ["failed"]);
    }
}

both_databases! {
    fn a_small_instance_releases_nothing_and_says_so(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "10.00");
        assert_eq!(site.cli_json(&["aggregates"])["releases"], json!([]));
        let serving = site.serve();
        assert_eq!(serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key)).status, 200);
        // What is late finds its day ended; so it is applied first.
        assert_eq!(site.cli_json(&["usage", "--account", "ada@example.test"])["keys"][0]["requests"], 1);
        drop(serving);
        site.travel(KEPT_DAYS);
        assert!(site.cli_json(&["sweep"])["left"].as_array().unwrap().is_empty());
        let shown = site.cli_json(&["aggregates"]);
        let releases = shown["releases"].as_array().unwrap();
        // PostgreSQL has a partition of the next day, too.
        assert!(matches!(releases.len(), 1 | 2), "{shown}");
        for release in releases {
            assert_eq!((&release["k"], &release["withdrawn"], &release["cells"]), (&20.into(), &false.into(), &json!([])));
        }
        let considered: u64 = releases.iter().map(|release| release["considered"].as_u64().unwrap()).sum();
        assert!(considered >= 36, "{shown}");
        assert!(site.cli_ok(&["aggregates"]).contains("no group was large enough"));
        let verified = site.cli_json(&["verify"]);
        let promises = verified["promises"].as_array().unwrap();
        let promise = promises.iter().find(|promise| promise["id"] == "P-13.4").unwrap();
        assert_eq!((&promise["state"], &promise["examined"]), (&"kept".into(), &considered.into()));
    }
}
