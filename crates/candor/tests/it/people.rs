//! People and their keys: what is sealed, who is found, how fast a refusal spreads.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use candor::money::credit::Sharing;
use candor::people::accounts::NewAccount;
use candor::people::anew::Anew;
use candor::people::keys::{FindError, Scope};
use candor::people::options::KeyOptions;
use candor::people::{PeopleError, Role};
use candor::privacy::gate::ProcessingState;
use policy::Purpose;
use store::db::Statement;
use testkit::both_databases;

use crate::ground::{Ground, Process, email, number};

const TOKENS: Statement = Statement::common(
    "test.tokens",
    "SELECT COUNT(*) FROM api_key WHERE LENGTH(token_hash) = 32",
);
const SHOWN: Statement = Statement::common("test.shown", "SELECT email, username, password FROM account");
const ORPHANS: Statement = Statement::common(
    "test.orphans",
    "SELECT COUNT(*) FROM account LEFT JOIN membership ON membership.account_id = account.account_id
         AND membership.org_id = account.personal_org_id WHERE membership.org_id IS NULL",
);

fn new_account(address: &str) -> NewAccount {
    NewAccount {
        email: email(address),
        username: Some("ada the first".to_owned()),
        role: Role::Operator,
        password: Some("correct horse".into()),
    }
}

both_databases! {
    async fn an_account_comes_with_a_person_and_a_personal_organisation_and_is_found_by_its_address(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        assert!(process.people.is_empty().await.unwrap());
        let made = process.people.create_account(new_account("Ada@Example.org")).await.unwrap();
        assert!(!process.people.is_empty().await.unwrap());
        let (shown, grant) = process.people.show_account(&email("ada@example.ORG"), Purpose::Rights).await.unwrap();
        assert_eq!(shown.account, made);
        assert_eq!((shown.role, shown.state), (Role::Operator, ProcessingState::Active));
        assert_eq!(shown.email.open(&grant), "Ada@Example.org");
        assert_eq!(shown.username.unwrap().open(&grant), "ada the first");
        assert_eq!(number(&ground.db, ORPHANS, vec![]).await, 0);
        assert!(matches!(
            process.people.find_account(&email("bob@example.org")).await,
            Err(PeopleError::NoSuchAccount)
        ));
    }

    async fn an_address_has_one_account_also_weeks_later(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        process.people.create_account(new_account("ada@example.org")).await.unwrap();
        for days in [0, 8, 20] {
            ground.clock.advance(Duration::from_secs(days * 86_400));
            ground.keys.prepare().await.unwrap();
            let again = process.people.create_account(new_account("ADA@example.org")).await;
            assert!(matches!(again, Err(PeopleError::AccountExists)), "after {days} days");
            process.people.find_account(&email("ada@example.org")).await.unwrap();
        }
    }

    /// And who was not brought along in time is lost, which is what ending a week's keys is for.
    async fn who_was_wrapped_anew_is_found_and_read_when_the_old_weeks_keys_have_ended(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let make = |address: &'static str| process.people.create_account(new_account(address));
        let week_of = || ground.today().week();
        let day = Duration::from_secs(86_400);
        make("late@example.org").await.unwrap();
        let late = week_of();
        ground.clock.advance(7 * day);
        ground.keys.prepare().await.unwrap();
        make("ada@example.org").await.unwrap();
        make("bob@example.org").await.unwrap();
        let first = week_of();
        ground.end_week(late).await;
        ground.clock.advance(45 * day);
        ground.keys.prepare().await.unwrap();
        assert_eq!(process.people.wrap_anew().await.unwrap(), Anew { keys: 2, addresses: 2, dead: 1 });
        assert_eq!(process.people.wrap_anew().await.unwrap(), Anew { keys: 0, addresses: 0, dead: 1 }, "it is done");
        ground.end_week(first).await;
        for address in ["ada@example.org", "bob@example.org"] {
            let (shown, grant) = process.people.show_account(&email(address), Purpose::Rights).await.unwrap();
            assert_eq!(shown.email.open(&grant), address);
        }
        let lost = process.people.show_account(&email("late@example.org"), Purpose::Rights).await;
        assert!(matches!(lost, Err(PeopleError::NoSuchAccount)));
    }

    async fn what_is_personal_is_sealed_in_its_row(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.people.create_account(new_account("ada@example.org")).await.unwrap();
        process.people.create_key(ada, Some("laptop of ada"), Scope::All).await.unwrap();
        let row = ground.db.query_one(&SHOWN, vec![]).await.unwrap();
        let mut looked_at = 0;
        for place in 0..3 {
            let bytes = row.blob(place).unwrap();
            for word in ["ada", "argon2", "example", "horse"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} in {place}");
                looked_at += 1;
            }
        }
        assert_eq!(looked_at, 12);
    }

    async fn a_key_is_kept_as_its_digest_and_finds_its_account(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "0").await;
        assert_eq!(number(&ground.db, TOKENS, vec![]).await, 1);
        let caller = process.callers.find(ada.token.expose(), ground.now()).unwrap();
        assert_eq!((caller.account, caller.org, caller.subject), (ada.account.account, ada.account.org, ada.account.subject));
        let grant = process.grant(&ada);
        let name = process.people.key_name(&caller, &grant).await.unwrap();
        assert_eq!(name.open(&grant), "main");
    }

    async fn names_of_keys_are_unique_while_they_live_and_made_up_when_none_is_given(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "0").await.account;
        let again = process.people.create_key(ada, Some("main"), Scope::All).await;
        assert!(matches!(again, Err(PeopleError::KeyExists)));
        process.people.create_key(ada, None, Scope::Sandbox).await.unwrap();
        process.people.create_key(ada, None, Scope::All).await.unwrap();
        process.people.revoke_key(ada, "main").await.unwrap();
        process.people.create_key(ada, Some("main"), Scope::All).await.unwrap();
        let (keys, grant) = process.people.list_keys(ada, Purpose::Rights).await.unwrap();
        let mut names: Vec<&str> = keys.iter().map(|key| key.name.open(&grant).as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["key-1", "key-2", "main", "main"]);
        assert!(matches!(process.people.revoke_key(ada, "unknown").await, Err(PeopleError::NoSuchKey)));
    }

    async fn what_a_key_may_do_is_kept_and_known_to_every_process(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "0").await;
        let options = KeyOptions {
            scope: Scope::Sandbox,
            models: vec!["openai/gpt 4".to_owned(), "sandbox-chat".to_owned()],
            limits: "requests=60/m,tokens=100000/h,concurrent=8".parse().unwrap(),
            expires_at: Some(ground.clock.now().plus(Duration::from_secs(3600))),
        };
        let issued = one.people.create_key(ada.account, Some("narrow"), options.clone()).await.unwrap();
        let two = Process::start(&ground, Sharing::Shared).await;
        for process in [&one, &two] {
            let caller = process.callers.find(issued.token.expose(), ground.now()).unwrap();
            assert_eq!(caller.options, options);
            assert_eq!(process.callers.find(ada.token.expose(), ground.now()).unwrap().options, Scope::All.into());
        }
        let (keys, grant) = two.people.list_keys(ada.account, Purpose::Rights).await.unwrap();
        let narrow = keys.iter().find(|key| key.name.open(&grant) == "narrow").unwrap();
        assert_eq!(narrow.options, options);
        let past = KeyOptions { expires_at: Some(ground.clock.now()), ..options };
        let refused = one.people.create_key(ada.account, None, past).await;
        assert!(matches!(refused, Err(PeopleError::EndsBeforeItBegins)));
    }

    async fn a_revoked_key_is_refused_at_once_here_and_within_auth_stale_elsewhere(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "0").await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let token = ada.token.expose();
        assert!(two.callers.find(token, ground.now()).is_ok());
        one.people.revoke_key(ada.account, "main").await.unwrap();
        assert_eq!(one.callers.find(token, ground.now()), Err(FindError::Revoked));
        ground.clock.advance(Duration::from_secs(1));
        two.people.poll().await.unwrap();
        assert_eq!(two.callers.find(token, ground.now()), Err(FindError::Revoked));
    }

    async fn a_process_that_can_not_ask_serves_nobody_after_auth_stale(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Shared).await;
        let ada = process.user("ada@example.org", "0").await;
        let token = ada.token.expose();
        ground.clock.advance(Duration::from_millis(2001));
        assert_eq!(process.callers.find(token, ground.now()), Err(FindError::Stale));
        process.people.poll().await.unwrap();
        assert!(process.callers.find(token, ground.now()).is_ok());
    }

    async fn a_frozen_account_is_refused_everywhere_keeps_its_rights_and_comes_back(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "0").await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let token = ada.token.expose();
        one.people.set_state(&email(ada.email), ProcessingState::Frozen).await.unwrap();
        two.people.poll().await.unwrap();
        for process in [&one, &two] {
            assert_eq!(process.callers.find(token, ground.now()), Err(FindError::Frozen));
            assert!(process.gate.grant(ada.account.subject, Purpose::ProvideService).is_err());
            assert!(process.gate.grant(ada.account.subject, Purpose::Rights).is_ok());
        }
        one.people.set_state(&email(ada.email), ProcessingState::Active).await.unwrap();
        assert!(one.callers.find(token, ground.now()).is_ok());
    }
}
