//! The books: nothing is lost, nothing is counted twice, nothing is spent that isn't there.

use std::sync::Arc;
use std::time::Duration;

use base::money::Micro;
use base::random::SystemRandom;
use candor::money::credit::{NoCredit, Sharing};
use candor::money::{leases, store as ledger};
use candor::records::closing::Status;
use store::db::Statement;
use testkit::both_databases;

use crate::ground::{Ground, Process, Said, number};

const GRANTED: Statement = Statement::common(
    "test.granted",
    "SELECT CAST(-SUM(amount) AS BIGINT) FROM ledger_entry WHERE pot = 'granted'",
);
const USED: Statement = Statement::common(
    "test.used",
    "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ledger_entry WHERE pot = 'used'",
);
const LINES: Statement = Statement::common(
    "test.lines",
    "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM usage_line",
);
const POSTINGS: Statement = Statement::common(
    "test.postings",
    "SELECT COUNT(*) FROM ledger_posting WHERE kind = 'usage'",
);
const PROCESSES: Statement = Statement::common("test.processes", "SELECT COUNT(*) FROM process");

both_databases! {
    async fn granted_less_balance_is_the_sum_of_all_costs_and_every_posting_balances(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "10.00").await;
        let bob = process.user("bob@example.org", "2.5").await;
        for turn in 0..20 {
            let said = Said { input: 1 + turn * 37, output: turn * 11, ..Said::USUAL };
            process.generate(if turn % 3 == 0 { &bob } else { &ada }, said).await;
            if turn % 7 == 0 {
                process.apply().await;
            }
        }
        process.apply().await;
        let balances = process.balance(&ada).await.get() + process.balance(&bob).await.get();
        let used = number(&ground.db, USED, vec![]).await;
        let exact: i64 = (0..20).map(|turn| 3 * (1 + turn * 37) + 7 * turn * 11).sum();
        assert_eq!(used, exact);
        assert_eq!(number(&ground.db, GRANTED, vec![]).await - balances, used);
        assert_eq!(number(&ground.db, LINES, vec![]).await, used);
        assert_eq!(ledger::unbalanced(&ground.db).await.unwrap(), 0);
        assert_eq!(number(&ground.db, POSTINGS, vec![]).await, 2, "a day's use of a model is one posting a payer");
        assert_eq!(process.reserved(&ada).await, Micro::ZERO);
    }

    async fn refused_and_failed_generations_cost_nothing(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        for status in [Status::Refused, Status::Failed] {
            process.generate(&ada, Said { status, ..Said::USUAL }).await;
        }
        process.apply().await;
        assert_eq!(process.balance(&ada).await, "1.00".parse().unwrap());
        assert_eq!(number(&ground.db, POSTINGS, vec![]).await, 0);
    }

    async fn concurrent_holds_never_pass_the_balance(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Arc::new(Process::start(&ground, Sharing::Alone).await);
        let ada = process.user("ada@example.org", "1.00").await;
        let tasks: Vec<_> = (0..50).map(|_| {
            let credit = Arc::clone(&process.credit);
            tokio::spawn(async move { credit.hold(ada.account.org, Micro::new(30_000)).await })
        }).collect();
        let mut holds = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(hold) => holds.push(hold),
                Err(error) => assert!(matches!(error, NoCredit::Insufficient { .. }), "{error:?}"),
            }
        }
        assert_eq!(holds.len(), 33);
        assert_eq!(process.reserved(&ada).await, Micro::new(990_000));
        drop(holds);
        assert_eq!(process.reserved(&ada).await, Micro::ZERO);
    }

    async fn two_processes_together_can_not_overdraw_and_use_it_all(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "1.00").await;
        let (mut holds, mut refusals) = (Vec::new(), 0);
        for turn in 0..60 {
            let process = if turn % 2 == 0 { &one } else { &two };
            match process.credit.hold(ada.account.org, Micro::new(30_000)).await {
                Ok(hold) => holds.push(hold),
                Err(NoCredit::Elsewhere | NoCredit::Insufficient { .. }) => refusals += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(holds.len() <= 33, "{} holds", holds.len());
        assert!(holds.len() >= 28, "{} holds: too much lies idle", holds.len());
        assert_eq!(holds.len() + refusals, 60);
    }

    async fn two_processes_under_load_book_every_cost_once_and_never_overdraw(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Arc::new(Process::start(&ground, Sharing::Shared).await);
        let two = Arc::new(Process::start(&ground, Sharing::Shared).await);
        let ada = Arc::new(one.user("ada@example.org", "0.30").await);
        two.people.poll().await.unwrap();
        let tasks: Vec<_> = (0..8).map(|worker| {
            let (process, ada) = (Arc::clone(if worker % 2 == 0 { &one } else { &two }), Arc::clone(&ada));
            tokio::spawn(async move {
                let mut spent = 0;
                for turn in 0..20 {
                    let said = Said { input: 100 * worker, output: 50 * turn, ..Said::USUAL };
                    if let Ok(cost) = process.try_generate(&ada, said).await {
                        spent += cost.get();
                    }
                    if turn % 5 == 0 {
                        process.apply().await;
                        process.credit.tick().await.unwrap();
                    }
                }
                spent
            })
        }).collect();
        let mut spent = 0;
        for task in tasks {
            spent += task.await.unwrap();
        }
        one.apply().await;
        two.apply().await;
        assert_eq!(one.balance(&ada).await, Micro::new(300_000 - spent));
        assert_eq!(number(&ground.db, USED, vec![]).await, spent);
        assert!(spent > 200_000 && spent <= 300_000, "{spent}");
        assert_eq!(ledger::unbalanced(&ground.db).await.unwrap(), 0);
    }

    async fn what_a_dead_owner_had_settled_can_not_be_spent_again(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let first = Process::start(&ground, Sharing::Alone).await;
        let ada = first.user("ada@example.org", "1.00").await;
        first.generate(&ada, Said { output: 100_000, ..Said::USUAL }).await;
        ground.copy_spool("left behind");
        let next = Process::start_at(&ground, Sharing::Alone, "left behind").await;
        next.credit.load(ada.account.org).await.unwrap();
        next.apply().await;
        let left = next.balance(&ada).await;
        assert_eq!(left, Micro::new(1_000_000 - 703_000));
        assert!(next.credit.hold(ada.account.org, Micro::new(left.get() + 1)).await.is_err());
        assert!(next.credit.hold(ada.account.org, left).await.is_ok());
    }

    async fn an_idle_process_gives_everything_back_within_five_seconds(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "1.00").await;
        drop(one.credit.hold(ada.account.org, Micro::new(900_000)).await.unwrap());
        assert_eq!(two.credit.hold(ada.account.org, Micro::new(900_000)).await.err(), Some(NoCredit::Elsewhere));
        for _ in 0..5 {
            ground.clock.advance(leases::TICK);
            one.credit.tick().await.unwrap();
            two.credit.tick().await.unwrap();
        }
        assert!(two.credit.hold(ada.account.org, Micro::new(900_000)).await.is_ok());
    }

    async fn nothing_is_reserved_five_seconds_after_a_process_died(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "1.00").await;
        let hold = two.credit.hold(ada.account.org, Micro::new(900_000)).await.unwrap();
        two.credit.tick().await.unwrap();
        one.credit.tick().await.unwrap();
        assert_eq!(one.reserved(&ada).await, Micro::new(900_000));
        std::mem::forget(hold);
        drop(two);
        for _ in 0..5 {
            ground.clock.advance(leases::TICK);
            one.credit.tick().await.unwrap();
        }
        assert_eq!(one.reserved(&ada).await, Micro::ZERO);
        assert_eq!(number(&ground.db, PROCESSES, vec![]).await, 1);
        assert!(one.credit.hold(ada.account.org, Micro::new(1_000_000)).await.is_ok());
    }

    async fn whoever_adopts_a_dead_process_frees_its_credit_at_once(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "1.00").await;
        one.generate(&ada, Said::USUAL).await;
        std::mem::forget(one.credit.hold(ada.account.org, Micro::new(900_000)).await.unwrap());
        one.credit.tick().await.unwrap();
        ground.copy_spool("left behind");
        let two = Process::start_at(&ground, Sharing::Shared, "left behind").await;
        assert!(two.reserved(&ada).await > Micro::new(900_000));
        two.people.poll().await.unwrap();
        two.apply().await;
        assert_eq!(two.reserved(&ada).await, Micro::ZERO);
        let left = Micro::new(1_000_000 - Said::USUAL_COST.get());
        assert_eq!(two.balance(&ada).await, left);
        assert!(two.credit.hold(ada.account.org, left).await.is_ok());
    }

    async fn a_process_that_others_took_for_dead_spends_nothing_and_begins_anew(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let one = Process::start(&ground, Sharing::Shared).await;
        let two = Process::start(&ground, Sharing::Shared).await;
        let ada = one.user("ada@example.org", "1.00").await;
        two.credit.load(ada.account.org).await.unwrap();
        for _ in 0..5 {
            ground.clock.advance(leases::TICK);
            one.credit.tick().await.unwrap();
        }
        let amount = Micro::new(1_000_000);
        assert_eq!(two.credit.reserve(ada.account.org, amount).err(), Some(NoCredit::Stale));
        let hold = one.credit.hold(ada.account.org, amount).await.unwrap();
        two.credit.tick().await.unwrap();
        assert!(two.credit.hold(ada.account.org, amount).await.is_err());
        drop(hold);
        for _ in 0..4 {
            ground.clock.advance(leases::TICK);
            one.credit.tick().await.unwrap();
            two.credit.tick().await.unwrap();
        }
        assert!(two.credit.hold(ada.account.org, amount).await.is_ok());
    }

    async fn a_new_owner_of_a_folder_finds_nothing_reserved(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let first = Process::start(&ground, Sharing::Alone).await;
        let ada = first.user("ada@example.org", "1.00").await;
        std::mem::forget(first.credit.hold(ada.account.org, Micro::new(400_000)).await.unwrap());
        drop(first);
        let next = Process::start(&ground, Sharing::Alone).await;
        assert_eq!(next.reserved(&ada).await, Micro::ZERO);
        assert!(next.credit.hold(ada.account.org, Micro::new(1_000_000)).await.is_ok());
    }

    async fn a_grant_of_nothing_or_in_another_currency_is_refused(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let grant = |amount: i64, currency: &'static str| {
            process.credit.grant(ada.account.org, Micro::new(amount), currency.parse().unwrap(), &SystemRandom)
        };
        assert!(grant(0, "EUR").await.is_err());
        assert!(grant(-5, "EUR").await.is_err());
        assert!(grant(5, "USD").await.unwrap_err().to_string().contains("kept in EUR"));
        assert_eq!(process.balance(&ada).await, "1.00".parse().unwrap());
    }

    async fn an_amount_above_the_credit_is_refused_with_what_is_left(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let refused = process.credit.hold(ada.account.org, Micro::new(1_000_001)).await.err();
        assert_eq!(refused, Some(NoCredit::Insufficient { available: Micro::new(1_000_000) }));
        let poor = process.user("poor@example.org", "0").await;
        let refused = process.credit.hold(poor.account.org, Micro::new(1)).await.err();
        assert_eq!(refused, Some(NoCredit::Insufficient { available: Micro::ZERO }));
        ground.clock.advance(Duration::from_secs(1));
    }
}
