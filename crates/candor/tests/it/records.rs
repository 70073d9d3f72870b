//! Records: each generation once, only for its owner, only while its day lasts.

use std::sync::Arc;
use std::time::Duration;

use base::ids::GenerationId;
use base::money::Micro;
use base::random::SystemRandom;
use candor::money::credit::Sharing;
use candor::records::closing::{PartKind, Side, Status, append_part, sealed};
use candor::records::reading::More;
use store::db::Statement;
use store::keys::Last;
use store::spool::{Frame, Kind};
use testkit::both_databases;

use crate::ground::{Ground, Process, Said, User, number};

const ROWS: Statement = Statement::common("test.rows", "SELECT COUNT(*) FROM generation WHERE day = $1");
const USAGE_COLUMNS: Statement = Statement::pair(
    "test.usage_columns",
    "SELECT COUNT(*) FROM pragma_table_info('usage_line') WHERE name LIKE '%key%' OR name LIKE '%id' AND name NOT IN ('org_id', 'account_id')
         OR name LIKE '%_at'",
    "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'usage_line' AND (column_name LIKE '%key%'
         OR column_name LIKE '%id' AND column_name NOT IN ('org_id', 'account_id') OR column_name LIKE '%_at')",
);
const LINES: Statement = Statement::common(
    "test.lines_of_day",
    "SELECT COUNT(*) FROM usage_line WHERE day = $1 AND model = 'chat' AND account_id = $2",
);

const DAY: Duration = Duration::from_secs(86_400);

async fn rows(process: &Process, user_day: base::time::Day) -> i64 {
    let db = process.ground.days.reader(user_day).await.unwrap().unwrap();
    number(&db, ROWS, vec![user_day.into()]).await
}

async fn usage(process: &Process, user: &User) -> candor::records::UsageSum {
    process.records.usage(&[user.key]).await.unwrap()[0].1
}

both_databases! {
    async fn a_receipt_and_what_was_said_are_read_by_their_owner_alone(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let eve = process.user("eve@example.org", "1.00").await;
        let id = process.generate(&ada, Said::USUAL).await;
        process.apply().await;
        let grant = process.grant(&ada);
        let receipt = process.records.receipt(id, ada.owner(), &grant).await.unwrap().unwrap();
        let receipt = receipt.into_inner(&grant);
        assert_eq!((receipt.meta.id, receipt.meta.status, receipt.meta.cost_micro), (id, Status::Completed, Said::USUAL_COST));
        let said = process.records.content(id, ada.owner(), &grant).await.unwrap().unwrap().into_inner(&grant);
        let texts: Vec<_> = said.iter().map(|piece| (piece.side, piece.media_type.as_str(), piece.bytes.as_slice())).collect();
        assert_eq!(texts, [
            (Side::Request, "text/plain", b"a prompt".as_slice()),
            (Side::Answer, "text/plain", b"an answer".as_slice()),
        ]);
        let hers = process.grant(&eve);
        assert!(process.records.receipt(id, eve.owner(), &hers).await.unwrap().is_none());
        assert!(process.records.content(id, eve.owner(), &hers).await.unwrap().is_none());
        assert!(process.records.receipt(id, ada.owner(), &hers).await.is_err(), "a grant for another person");
    }

    async fn a_batch_applied_twice_changes_nothing(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let id = GenerationId::for_day(ground.today(), &SystemRandom);
        let money = process.money(id, &ada, Said::USUAL).await;
        let instance = process.spool.instance();
        let batch = || {
            let money = money.clone();
            vec![candor::records::recording::Settled {
                sequence: 1,
                money,
                sealed: vec![],
                kept: candor::records::recording::Kept::Whole,
            }]
        };
        for _ in 0..3 {
            process.records.record(ground.today(), instance, batch()).await.unwrap();
        }
        assert_eq!(rows(&process, ground.today()).await, 1);
        assert_eq!(usage(&process, &ada).await.requests, 1);
        for _ in 0..3 {
            candor::apply::book(&ground.db, instance, instance, &[(1, money.clone())], 1).await.unwrap();
        }
        assert_eq!(process.balance(&ada).await, Micro::new(1_000_000 - Said::USUAL_COST.get()));
        assert_eq!(number(&ground.db, LINES, vec![ground.today().into(), ada.account.account.into()]).await, 3);
    }

    async fn what_a_key_used_is_the_sum_of_its_generations_and_refusals_are_counted_apart(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let bob = process.user("bob@example.org", "1.00").await;
        process.generate(&bob, Said::USUAL).await;
        for turn in 0..7 {
            process.generate(&ada, Said { input: turn, output: 3 * turn, ..Said::USUAL }).await;
        }
        for status in [Status::Refused, Status::Refused, Status::Failed] {
            process.generate(&ada, Said { status, ..Said::USUAL }).await;
        }
        process.apply().await;
        let sum = usage(&process, &ada).await;
        assert_eq!((sum.requests, sum.refused, sum.failed), (8, 2, 1), "seven answers and a failure reached a provider");
        assert_eq!((sum.input_tokens, sum.output_tokens, sum.cost), (21, 63, Micro::new(21 * 3 + 63 * 7)));
        let grant = process.grant(&ada);
        let page = process.records.generations(ada.owner(), &grant, 100, None).await.unwrap();
        let receipts = page.receipts.into_inner(&grant);
        assert_eq!(receipts.len(), 10);
        assert_eq!(receipts.iter().map(|receipt| receipt.cost_micro.get()).sum::<i64>(), sum.cost.get());
        assert_eq!(receipts.iter().map(|receipt| receipt.usage.input_tokens).sum::<u64>(), sum.input_tokens);
    }

    async fn a_list_is_newest_first_and_goes_on_behind_its_last_row_over_days(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let mut made = Vec::new();
        for _ in 0..2 {
            for _ in 0..3 {
                made.push(process.generate(&ada, Said::USUAL).await);
            }
            process.apply().await;
            ground.clock.advance(DAY);
            ground.keys.prepare().await.unwrap();
            process.people.poll().await.unwrap();
        }
        made.reverse();
        let grant = process.grant(&ada);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = process.records.generations(ada.owner(), &grant, 2, after).await.unwrap();
            let ids: Vec<_> = page.receipts.open(&grant).iter().map(|receipt| receipt.id).collect();
            assert!(!ids.is_empty());
            after = ids.last().copied();
            seen.extend(ids);
            if page.has_more == More::No {
                break;
            }
        }
        assert_eq!(seen, made);
    }

    async fn a_day_that_ended_shows_nothing_before_the_sweep_and_is_gone_after_it(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let day = ground.today();
        let id = process.generate(&ada, Said::USUAL).await;
        process.apply().await;
        let grant = process.grant(&ada);
        let seen = async || {
            let receipt = process.records.receipt(id, ada.owner(), &grant).await.unwrap();
            let page = process.records.generations(ada.owner(), &grant, 10, None).await.unwrap();
            (receipt.is_some(), page.receipts.open(&grant).len(), usage(&process, &ada).await.requests)
        };
        ground.clock.set(ground.days.end(day).minus(Duration::from_secs(1)));
        assert_eq!(seen().await, (true, 1, 1), "a second before the end that receipts name");
        ground.clock.advance(Duration::from_secs(1));
        assert_eq!(seen().await, (false, 0, 0), "hidden, though nothing swept it");
        assert_eq!(ground.days.list().await.unwrap(), [day]);
        ground.keys.end_day(day).await.unwrap();
        assert!(ground.days.drop_day(day).await.unwrap().removed > 0);
        assert_eq!(seen().await, (false, 0, 0));
        assert_eq!(process.balance(&ada).await, Micro::new(1_000_000 - Said::USUAL_COST.get()), "the books stay");
    }

    async fn what_is_applied_after_its_day_ended_is_booked_and_not_kept(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        let day = ground.today();
        process.generate(&ada, Said::USUAL).await;
        ground.clock.set(ground.days.end(day));
        process.apply().await;
        assert_eq!(process.balance(&ada).await, Micro::new(1_000_000 - Said::USUAL_COST.get()));
        assert_eq!(ground.days.list().await.unwrap(), []);
    }

    async fn what_is_applied_after_its_person_was_erased_is_booked_and_not_kept(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        process.generate(&ada, Said::USUAL).await;
        ground.keys.remove_subject(ada.account.subject).await.unwrap();
        process.apply().await;
        assert_eq!(process.balance(&ada).await, Micro::new(1_000_000 - Said::USUAL_COST.get()));
        assert_eq!(rows(&process, ground.today()).await, 0);
    }

    async fn the_books_name_no_request_no_key_and_no_time_finer_than_the_day(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        for _ in 0..3 {
            process.generate(&ada, Said::USUAL).await;
        }
        process.apply().await;
        assert_eq!(number(&ground.db, USAGE_COLUMNS, vec![]).await, 0);
        let lines = number(&ground.db, LINES, vec![ground.today().into(), ada.account.account.into()]).await;
        assert_eq!(lines, 3, "input, output and requests, however many generations");
    }

    async fn a_stream_whose_process_died_is_settled_once_by_the_next_one(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let first = Process::start(&ground, Sharing::Alone).await;
        let ada = first.user("ada@example.org", "1.00").await;
        let id = GenerationId::for_day(ground.today(), &SystemRandom);
        let mut slot = first.spool.reserve().unwrap();
        let said = Said { status: Status::Interrupted, ..Said::USUAL };
        let money = first.money(id, &ada, said).await;
        let keys = ground.keys.day_keys(ada.account.subject, id.day()).await.unwrap();
        let mut frame = Frame::new(Kind::Open, id);
        money.encode(frame.buffer());
        frame.end_money();
        let created_at = first.meta(&money).created_at;
        let meta = first.meta(&money).to_json();
        let key = keys.record(sealed::TABLE, sealed::OPENING, id.as_bytes());
        append_part(frame.buffer(), PartKind::Opening, |out| key.seal_append(0, Last::Yes, &meta, out));
        slot.append(frame).unwrap();
        let later = first.money(id, &ada, Said { output: 900, ..said }).await;
        let mut frame = Frame::new(Kind::Piece, id);
        later.encode(frame.buffer());
        frame.end_money();
        slot.append(frame).unwrap();
        ground.copy_spool("left behind");
        let next = Process::start_at(&ground, Sharing::Alone, "left behind").await;
        for _ in 0..3 {
            ground.clock.advance(Duration::from_secs(3));
            next.apply().await;
        }
        let grant = next.grant(&ada);
        let receipt = next.records.receipt(id, ada.owner(), &grant).await.unwrap().unwrap().into_inner(&grant);
        assert_eq!((receipt.meta.status, receipt.meta.usage.output_tokens), (Status::Interrupted, 900));
        assert_eq!((receipt.meta.created_at, receipt.meta.cost_micro), (created_at, later.cost));
        assert_eq!(next.balance(&ada).await, Micro::new(1_000_000 - later.cost.get()));
        assert_eq!(rows(&next, ground.today()).await, 1);
    }
}
