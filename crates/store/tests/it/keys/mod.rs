//! Keys through their public face, on both databases: what opens, what does not any more, and what memory holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::ids::{KeyId, OrgId, SubjectId};
use base::random::{Random, SeededRandom};
use base::time::Day;
use policy::{Authority, Purpose};
use store::db::{Db, Statement, Value, migrate};
use store::disk::{Disk, RealDisk, read_file};
use store::keys::{End, IDLE_LIFE, Keyring, Keys, KeysError, Last, OpenError, SlotName};

use crate::db::both::{Fresh, both_databases};

const TODAY: Day = Day::from_number(20_783);
const ALICE: SubjectId = SubjectId::from_bytes([1; 16]);
const BOB: SubjectId = SubjectId::from_bytes([2; 16]);
const WRAPPED: Statement = Statement::common("wrapped", "SELECT wrapped FROM subject_key WHERE subject_id = $1");
const SWAP: Statement = Statement::common("swap", "UPDATE subject_key SET wrapped = $1 WHERE subject_id = $2");

/// Keys in a folder of their own, with a clock that travels.
struct Ring {
    folder: PathBuf,
    db: Db,
    clock: TravellingClock,
    seed: u64,
}

impl Ring {
    async fn new(fresh: &Fresh) -> Self {
        migrate::migrate(&fresh.db, &store::keys::MIGRATIONS).await.unwrap();
        let clock = TravellingClock::new(TODAY.start().plus(Duration::from_hours(23)));
        let folder = fresh.folder().to_owned();
        Self {
            folder,
            db: fresh.db.clone(),
            clock,
            seed: 7,
        }
    }

    fn paths(&self) -> [PathBuf; 2] {
        [self.folder.join("keyring"), self.folder.join("mirror").join("keyring")]
    }

    async fn open(&self) -> Result<Keys, KeysError> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(self.seed));
        let [path, mirror] = self.paths();
        let (keyring, found) = Keyring::open(&disk, &path, Some(&mirror), &*random, self.clock.now())?;
        Keys::open(keyring, found, self.db.clone(), Arc::new(self.clock.clone()), random).await
    }

    /// What the two files hold.
    fn bytes(&self) -> Vec<Vec<u8>> {
        self.paths()
            .iter()
            .map(|path| read_file(&RealDisk, path, 1 << 30).unwrap())
            .collect()
    }
}

fn seal(keys: &store::keys::DayKeys, row: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    keys.record("generation", "meta", row)
        .seal_append(0, Last::Yes, plain, &mut out);
    out
}

fn open(keys: &store::keys::DayKeys, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    keys.record("generation", "meta", row).open(0, Last::Yes, sealed)
}

both_databases! {
    async fn what_a_day_sealed_opens_after_a_restart_for_its_own_person_and_row(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        keys.new_subject(BOB).await.unwrap();
        let sealed = seal(&keys.day_keys(ALICE, TODAY).await.unwrap(), b"row 1", b"what was asked");
        drop(keys);
        let keys = ring.open().await.unwrap();
        assert!(keys.cached_day_keys(ALICE, TODAY).is_none());
        let alice = keys.day_keys(ALICE, TODAY).await.unwrap();
        assert_eq!(open(&alice, b"row 1", &sealed).unwrap(), b"what was asked");
        assert_eq!(open(&alice, b"row 2", &sealed), Err(OpenError::Refused));
        let others = [keys.day_keys(BOB, TODAY).await.unwrap(), keys.day_keys(ALICE, TODAY.plus_days(1)).await.unwrap()];
        for other in others {
            assert_eq!(open(&other, b"row 1", &sealed), Err(OpenError::Refused));
        }
    }

    async fn a_day_that_ended_opens_for_nobody_and_is_never_made_again(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        keys.day_keys(ALICE, TODAY).await.unwrap();
        let (before, tomorrow) = (ring.bytes(), keys.day_keys(ALICE, TODAY.plus_days(1)).await.unwrap());
        let sealed_tomorrow = seal(&tomorrow, b"row", b"tomorrow");
        ring.clock.advance(Duration::from_hours(2));

        assert_eq!(keys.end_day(TODAY).await.unwrap(), End::Destroyed);
        assert_eq!(keys.end_day(TODAY).await.unwrap(), End::NotThere);

        assert!(keys.cached_day_keys(ALICE, TODAY).is_none());
        assert!(matches!(keys.day_keys(ALICE, TODAY).await, Err(KeysError::DayEnded(day)) if day == TODAY));
        assert!(matches!(keys.owner_tag(TODAY, OrgId::from_bytes([3; 16]), ALICE), Err(KeysError::DayEnded(_))));
        assert!(!keys.live().contains(&SlotName::Day(TODAY)));
        let changed: usize = before.iter().zip(ring.bytes()).map(|(before, after)| {
            assert_eq!(before.len(), after.len());
            before.chunks(4096).zip(after.chunks(4096)).filter(|(before, after)| before != after).count()
        }).sum();
        assert_eq!(changed, 2, "one slot in each file was overwritten");
        drop(keys);
        ring.clock.advance(Duration::from_hours(24));
        let keys = ring.open().await.unwrap();
        assert!(matches!(keys.day_keys(ALICE, TODAY).await, Err(KeysError::DayEnded(_))));
        let tomorrow = keys.day_keys(ALICE, TODAY.plus_days(1)).await.unwrap();
        assert_eq!(open(&tomorrow, b"row", &sealed_tomorrow).unwrap(), b"tomorrow");
    }

    async fn after_a_clock_that_was_ahead_today_gets_a_new_key_and_nothing_old_opens(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        let sealed = seal(&keys.day_keys(ALICE, TODAY).await.unwrap(), b"row", b"before");
        keys.end_day(TODAY).await.unwrap();
        assert!(matches!(keys.day_keys(ALICE, TODAY).await, Err(KeysError::DayEnded(_))), "no request makes one");
        drop(keys);
        let keys = ring.open().await.unwrap();
        let again = keys.day_keys(ALICE, TODAY).await.unwrap();
        assert_eq!(open(&again, b"row", &sealed), Err(OpenError::Refused));
        assert_eq!(keys.end_day(TODAY).await.unwrap(), End::Destroyed);
        assert!(!keys.live_days().contains(&TODAY));
    }

    async fn a_process_that_shares_the_keyring_drops_what_another_one_ended(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let (ours, theirs) = (ring.open().await.unwrap(), ring.open().await.unwrap());
        ours.new_subject(ALICE).await.unwrap();
        theirs.day_keys(ALICE, TODAY).await.unwrap();
        theirs.day_keys(ALICE, TODAY.plus_days(1)).await.unwrap();
        assert_eq!(ours.end_day(TODAY).await.unwrap(), End::Destroyed);
        assert!(theirs.cached_day_keys(ALICE, TODAY).is_some(), "nobody told it yet");
        assert_eq!(theirs.follow_ends().await.unwrap(), 1);
        assert_eq!(theirs.live_days(), [TODAY.plus_days(1)]);
        assert!(theirs.cached_day_keys(ALICE, TODAY).is_none());
        assert!(theirs.cached_day_keys(ALICE, TODAY.plus_days(1)).is_some());
        assert!(matches!(theirs.day_keys(ALICE, TODAY).await, Err(KeysError::DayEnded(day)) if day == TODAY));
    }

    async fn a_day_has_a_key_from_the_day_before_to_the_day_after(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        for days in [-1, 0, 1] {
            keys.day_keys(ALICE, TODAY.plus_days(days)).await.unwrap();
        }
        assert!(matches!(keys.day_keys(ALICE, TODAY.plus_days(2)).await, Err(KeysError::DayAhead(_))));
        assert!(matches!(keys.day_keys(ALICE, TODAY.plus_days(-2)).await, Err(KeysError::DayEnded(_))));
        ring.clock.advance(Duration::from_hours(24 * 20));
        keys.day_keys(ALICE, TODAY).await.unwrap();
    }

    async fn a_person_without_a_key_has_nothing_that_opens(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        assert!(matches!(keys.day_keys(ALICE, TODAY).await, Err(KeysError::NoSuchSubject)));
        keys.new_subject(ALICE).await.unwrap();
        assert!(matches!(keys.new_subject(ALICE).await, Err(KeysError::SubjectExists)));
        assert!(keys.subject_exists(ALICE).await.unwrap() && !keys.subject_exists(BOB).await.unwrap());
        let sealed = seal(&keys.day_keys(ALICE, TODAY).await.unwrap(), b"row", b"text");
        assert!(keys.remove_subject(ALICE).await.unwrap());
        assert!(!keys.remove_subject(ALICE).await.unwrap());
        assert!(keys.cached_day_keys(ALICE, TODAY).is_none());
        assert!(matches!(keys.day_keys(ALICE, TODAY).await, Err(KeysError::NoSuchSubject)));
        keys.new_subject(ALICE).await.unwrap();
        let anew = keys.day_keys(ALICE, TODAY).await.unwrap();
        assert_eq!(open(&anew, b"row", &sealed), Err(OpenError::Refused));
    }

    async fn one_persons_wrap_does_not_serve_another(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        keys.new_subject(BOB).await.unwrap();
        let wrapped = ring.db.query_one(&WRAPPED, vec![ALICE.into()]).await.unwrap().blob(0).unwrap().to_vec();
        ring.db.execute(&SWAP, vec![Value::Blob(wrapped), BOB.into()]).await.unwrap();
        keys.day_keys(ALICE, TODAY).await.unwrap();
        assert!(matches!(keys.day_keys(BOB, TODAY).await, Err(KeysError::Unwrappable(week)) if week == TODAY.week()));
    }

    async fn what_lives_with_the_account_opens_for_a_grant_of_the_same_person(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        let grant = |subject| Authority::for_tests().mint(subject, Purpose::Operation);
        let seal = || keys.seal_for_subject(ALICE, "account", "email", b"row", b"a@example.org");
        let (sealed, again) = (seal().await.unwrap(), seal().await.unwrap());
        assert_ne!(sealed, again);
        ring.clock.advance(Duration::from_hours(24 * 40));
        let open = async |row: &[u8], subject| keys.open_for_subject(ALICE, "account", "email", row, &sealed, &grant(subject)).await;
        assert_eq!(open(b"row", ALICE).await.unwrap().into_inner(&grant(ALICE)), b"a@example.org");
        assert!(matches!(open(b"other", ALICE).await, Err(KeysError::Open(OpenError::Refused))));
        assert!(matches!(open(b"row", BOB).await, Err(KeysError::OtherGrant)));
    }

    async fn an_address_is_found_under_every_week_that_lives(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        let (week, stored) = keys.email_index("a@example.org").unwrap();
        assert_eq!(week, TODAY.week());
        assert_ne!(keys.email_index("b@example.org").unwrap().1, stored);
        ring.clock.advance(Duration::from_hours(24 * 14));
        keys.prepare().await.unwrap();
        let now = keys.email_index("a@example.org").unwrap();
        assert_eq!(now.0, week.plus_weeks(2));
        let live = keys.email_indexes("a@example.org");
        assert!(live.contains(&(week, stored)) && live.contains(&now));
        assert!(live.is_sorted());
    }

    async fn tags_mean_the_same_in_memory_and_by_the_day_and_differ_each_day(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        let (org, key) = (OrgId::from_bytes([3; 16]), KeyId::from_bytes([4; 16]));
        let today = keys.day_keys(ALICE, TODAY).await.unwrap();
        assert_eq!(today.owner_tag(org), keys.owner_tag(TODAY, org, ALICE).unwrap());
        assert_eq!(today.key_tag(key), keys.key_tag(TODAY, key).unwrap());
        assert_ne!(today.owner_tag(org), keys.owner_tag(TODAY, org, BOB).unwrap());
        assert_ne!(today.owner_tag(org), keys.owner_tag(TODAY.plus_days(1), org, ALICE).unwrap());
        assert_ne!(keys.tombstone(ALICE).unwrap(), keys.tombstone(BOB).unwrap());
    }

    async fn keys_leave_memory_ten_minutes_after_their_last_use(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        let keys = ring.open().await.unwrap();
        keys.new_subject(ALICE).await.unwrap();
        let seen = Arc::downgrade(&keys.day_keys(ALICE, TODAY).await.unwrap());
        ring.clock.advance(IDLE_LIFE - Duration::from_secs(1));
        assert_eq!(keys.drop_idle(), 2);
        assert!(keys.cached_day_keys(ALICE, TODAY).is_some());
        ring.clock.advance(IDLE_LIFE - Duration::from_secs(1));
        assert!(keys.cached_day_keys(ALICE, TODAY).is_some());
        ring.clock.advance(IDLE_LIFE);
        assert!(keys.cached_day_keys(ALICE, TODAY).is_none());
        assert_eq!(keys.drop_idle(), 0);
        assert!(seen.upgrade().is_none());
    }

    async fn a_lost_keyring_is_not_replaced_in_silence(fresh: &Fresh) {
        let ring = Ring::new(fresh).await;
        ring.open().await.unwrap().new_subject(ALICE).await.unwrap();
        for path in ring.paths() {
            RealDisk.remove(&path).unwrap();
        }
        assert!(matches!(ring.open().await, Err(KeysError::KeyringLost)));
    }

    async fn statements_and_declared_columns_fit_the_key_store(fresh: &Fresh) {
        Ring::new(fresh).await;
        for statement in store::keys::STATEMENTS {
            fresh.db.check(statement).await.unwrap();
        }
        assert_eq!(store::keys::STATEMENTS.len(), 6);
        let live = fresh.db.catalogue().await.unwrap();
        assert_eq!(live.len(), 4);
        assert_eq!(policy::inventory::compare(store::keys::TABLES, &live), []);
    }
}

#[test]
fn the_declaration_of_the_key_store_contradicts_nothing() {
    let inventory = policy::Inventory {
        tables: store::keys::TABLES.to_vec(),
        ..policy::Inventory::default()
    };
    let checked = inventory.check(&[], &[]);
    assert_eq!((checked.examined, checked.faults), (4, Vec::new()));
}
