//! The domains of the books wired together over one database, with a travelling clock: what a process is made of below HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock, TravellingClock};
use base::ids::{GenerationId, InstanceId, KeyId};
use base::money::{Currency, Micro};
use base::random::{Random, SystemRandom};
use base::secret::Secret;
use base::size::ByteSize;
use base::time::{Day, Timestamp};
use base::unit::Unit;
use candor::apply::{Apply, Stores};
use candor::money::credit::{Credit, NoCredit, Sharing};
use candor::money::prices::ModelPrice;
use candor::people::accounts::{Account, NewAccount};
use candor::people::keys::{Callers, Scope};
use candor::people::{Email, People, Role};
use candor::privacy::gate::Gate;
use candor::records::closing::{
    Counted, FilterNote, Meta, Money, Outcome, PartKind, Side, Status, Stored, Try, append_content_head, append_part,
    sealed,
};
use candor::records::{Owner, Records};
use candor::schema;
use policy::{Authority, Grant, Purpose};
use store::days::{Days, Place};
use store::db::migrate::{Migration, Migrations, migrate};
use store::db::{Db, DbOptions};
use store::disk::{Disk, RealDisk};
use store::keys::{Keyring, Keys, Last};
use store::spool::{Background, Durability, Frame, Kind, Slot, Spool, SpoolOptions};
use testkit::Database;

/// `auth.stale`.
pub(crate) const STALE: Duration = Duration::from_secs(2);
/// Days that a generation's record may live.
pub(crate) const KEPT_DAYS: u32 = 30;

const KEY_STORE: Migrations = Migrations {
    schema: "keys",
    steps: &[Migration {
        version: 1,
        name: "subject key",
        sqlite: include_str!("../../../store/migrations/sqlite/keys/0001_subject_key.sql"),
        postgres: include_str!("../../../store/migrations/postgres/keys/0001_subject_key.sql"),
    }],
};

/// What processes of one installation share.
pub(crate) struct Ground {
    pub(crate) clock: TravellingClock,
    pub(crate) db: Db,
    pub(crate) days: Arc<Days>,
    pub(crate) keys: Arc<Keys>,
    folder: PathBuf,
}

impl Ground {
    pub(crate) async fn new(database: &Database) -> Self {
        let clock = TravellingClock::new("2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let folder = database.folder().to_owned();
        let url = database
            .url()
            .unwrap_or_else(|| format!("sqlite:{}", folder.join("main.db").display()));
        let db = Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap();
        migrate(&db, &schema::MAIN).await.unwrap();
        let place = match database.url() {
            None => Place::Folder(folder.join("days")),
            Some(_) => Place::Database(db.clone()),
        };
        let kept = Some(policy::Days::new(KEPT_DAYS));
        let days = Days::open(
            place,
            schema::DAY_STEPS,
            kept,
            Arc::clone(&shared),
            DbOptions::default(),
        );
        let days = days.await.unwrap();
        days.migrate().await.unwrap();
        let keys = open_keys(&folder, shared).await;
        Self {
            clock,
            db,
            days: Arc::new(days),
            keys: Arc::new(keys),
            folder,
        }
    }

    /// Copies the spool as it stands on the disk: what a killed process leaves.
    pub(crate) fn copy_spool(&self, to: &str) {
        std::fs::create_dir(self.folder.join(to)).unwrap();
        let mut copied = 0;
        for file in std::fs::read_dir(self.folder.join("spool")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), self.folder.join(to).join(file.file_name())).unwrap();
            copied += 1;
        }
        assert!(copied > 0);
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(crate) fn today(&self) -> Day {
        self.clock.now().day()
    }
}

async fn open_keys(folder: &std::path::Path, clock: Arc<dyn Clock>) -> Keys {
    let url = format!("sqlite:{}", folder.join("keys.db").display());
    let db = Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap();
    migrate(&db, &KEY_STORE).await.unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let opened = Keyring::open(&disk, &folder.join("keyring"), None, &SystemRandom, clock.now());
    let (keyring, found) = opened.unwrap();
    Keys::open(keyring, found, db, clock, Arc::new(SystemRandom))
        .await
        .unwrap()
}

/// One process of the installation.
pub(crate) struct Process {
    pub(crate) ground: Arc<Ground>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) callers: Arc<Callers>,
    pub(crate) people: People,
    pub(crate) credit: Arc<Credit>,
    pub(crate) records: Arc<Records>,
    pub(crate) spool: Arc<Spool>,
    apply: tokio::sync::Mutex<Apply>,
}

/// Somebody who uses the gateway.
pub(crate) struct User {
    pub(crate) email: &'static str,
    pub(crate) account: Account,
    pub(crate) key: KeyId,
    pub(crate) token: Secret,
}

impl User {
    pub(crate) const fn owner(&self) -> Owner {
        Owner {
            org: self.account.org,
            subject: self.account.subject,
        }
    }
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).ok().unwrap()
}

pub(crate) fn price() -> ModelPrice {
    let per_million = |text: &str| text.parse().unwrap();
    ModelPrice::new(
        "chat",
        Currency::EUR,
        &[(Unit::Input, per_million("3.00")), (Unit::Output, per_million("7.00"))],
    )
}

/// How a test's generation goes.
#[derive(Clone, Copy)]
pub(crate) struct Said {
    pub(crate) prompt: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) status: Status,
}

impl Said {
    pub(crate) const USUAL: Self = Self {
        prompt: "a prompt",
        answer: "an answer",
        input: 1000,
        output: 500,
        status: Status::Completed,
    };
    /// What the usual costs at the price of [`price`].
    pub(crate) const USUAL_COST: Micro = Micro::new(6_500);
}

impl Process {
    pub(crate) async fn start(ground: &Arc<Ground>, sharing: Sharing) -> Self {
        Self::start_at(ground, sharing, "spool").await
    }

    /// A process with its spool in this folder.
    pub(crate) async fn start_at(ground: &Arc<Ground>, sharing: Sharing, spool: &str) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ground.clock.clone());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let gate = Arc::new(Gate::new(Authority::for_tests()));
        let callers = Arc::new(Callers::new(STALE));
        let people = People::open(
            ground.db.clone(),
            Arc::clone(&ground.keys),
            Arc::clone(&gate),
            Arc::clone(&callers),
            Arc::clone(&clock),
            random,
        );
        let people = people.await.unwrap();
        let instance = InstanceId::new(&SystemRandom);
        let options = SpoolOptions {
            folder: ground.folder.join(spool),
            limit: ByteSize::from_mib(64),
            durability: Durability::Process,
            background: Background::Manual,
            segment: None,
        };
        let spool = Spool::open(options, Arc::new(RealDisk), instance, Arc::clone(&clock)).unwrap();
        let credit = Credit::open(ground.db.clone(), instance, sharing, clock).await.unwrap();
        let credit = Arc::new(credit);
        let records = Arc::new(Records::new(Arc::clone(&ground.days), Arc::clone(&ground.keys)));
        let apply = Apply::new(Stores {
            db: ground.db.clone(),
            records: Arc::clone(&records),
            credit: Arc::clone(&credit),
            spool: Arc::clone(&spool),
        });
        Self {
            ground: Arc::clone(ground),
            gate,
            callers,
            people,
            credit,
            records,
            spool,
            apply: tokio::sync::Mutex::new(apply),
        }
    }

    /// An account with a key and so much credit.
    pub(crate) async fn user(&self, address: &'static str, credit: &str) -> User {
        let new = NewAccount {
            email: email(address),
            username: None,
            role: Role::Member,
            password: None,
        };
        let account = self.people.create_account(new).await.unwrap();
        let issued = self.people.create_key(account, Some("main"), Scope::All).await.unwrap();
        let amount: Micro = credit.parse().unwrap();
        if amount > Micro::ZERO {
            let granted = self.credit.grant(account.org, amount, Currency::EUR, &SystemRandom);
            granted.await.unwrap();
        }
        User {
            email: address,
            account,
            key: issued.key,
            token: issued.token,
        }
    }

    pub(crate) fn grant(&self, user: &User) -> Grant {
        self.gate.grant(user.account.subject, Purpose::ProvideService).unwrap()
    }

    /// A generation from admission to its closing record.
    pub(crate) async fn generate(&self, user: &User, said: Said) -> GenerationId {
        let id = GenerationId::for_day(self.ground.today(), &SystemRandom);
        let money = self.money(id, user, said).await;
        self.settle(&money, said).await.unwrap();
        id
    }

    /// The same, where credit may be short.
    pub(crate) async fn try_generate(&self, user: &User, said: Said) -> Result<Micro, NoCredit> {
        let id = GenerationId::for_day(self.ground.today(), &SystemRandom);
        let money = self.money(id, user, said).await;
        self.settle(&money, said).await?;
        Ok(money.cost)
    }

    async fn settle(&self, money: &Money, said: Said) -> Result<(), NoCredit> {
        let hold = self.credit.hold(money.org, money.cost).await?;
        let slot = self.spool.reserve().unwrap();
        self.close(slot, money, Some(said)).await;
        hold.settle(money.cost);
        Ok(())
    }

    /// The money part of a generation.
    pub(crate) async fn money(&self, id: GenerationId, user: &User, said: Said) -> Money {
        let keys = self.ground.keys.day_keys(user.account.subject, id.day()).await.unwrap();
        let answered = matches!(said.status, Status::Completed | Status::Interrupted);
        let used: &[(Unit, u64)] = &[(Unit::Input, said.input), (Unit::Output, said.output)];
        let charge = price().charge(if answered { used } else { &[] }).unwrap();
        let outcome = if answered {
            Outcome::Answered
        } else {
            Outcome::Status(500)
        };
        let one = Try {
            provider: "up".to_owned(),
            model: "m".to_owned(),
            outcome,
        };
        Money {
            generation: id,
            org: user.account.org,
            account: user.account.account,
            subject: user.account.subject,
            day: id.day(),
            key_tag: keys.key_tag(user.key),
            owner_tag: keys.owner_tag(user.account.org),
            model: "chat".to_owned(),
            lines: charge.lines,
            price_version: price().version().number(),
            cost: charge.total,
            currency: Currency::EUR,
            status: said.status,
            counted: Counted::Told,
            tries: if said.status == Status::Refused {
                vec![]
            } else {
                vec![one]
            },
        }
    }

    /// Writes a closing record; with content if something was said.
    pub(crate) async fn close(&self, slot: Slot, money: &Money, said: Option<Said>) {
        let keys = self.ground.keys.day_keys(money.subject, money.day).await.unwrap();
        let row = money.generation.as_bytes();
        let mut frame = Frame::new(Kind::Close, money.generation);
        if let Some(said) = said {
            frame = Frame::new(Kind::Open, money.generation);
            frame.end_money();
            let key = keys.record(sealed::TABLE, sealed::CONTENT, row);
            let pieces = [(Side::Request, said.prompt), (Side::Answer, said.answer)];
            for (number, (side, text)) in (0..).zip(pieces) {
                let mut plain = Vec::new();
                append_content_head(&mut plain, side, "text/plain");
                plain.extend_from_slice(text.as_bytes());
                append_part(frame.buffer(), PartKind::Content, |out| {
                    key.seal_compressed_append(number, Last::No, &plain, out);
                });
            }
            frame.then(Kind::Close);
        }
        money.encode(frame.buffer());
        frame.end_money();
        let meta = self.meta(money).to_json();
        let key = keys.record(sealed::TABLE, sealed::META, row);
        append_part(frame.buffer(), PartKind::Meta, |out| {
            key.seal_append(0, Last::Yes, &meta, out);
        });
        slot.close(frame).unwrap();
    }

    /// The receipt of a generation.
    pub(crate) fn meta(&self, money: &Money) -> Meta {
        Meta {
            id: money.generation,
            status: money.status,
            created_at: self.ground.clock.now(),
            model: money.model.clone(),
            provider: Some("up".to_owned()),
            region: None,
            transfer: None,
            tries: money.tries.clone(),
            usage: money.token_usage(),
            cost_micro: money.cost,
            currency: money.currency,
            filter: FilterNote {
                action: "allowed".to_owned(),
                category: None,
            },
            stored: vec![Stored {
                what: candor::records::closing::CONTENT_STORED.to_owned(),
                place: "generation log".to_owned(),
                promise: "P-13.3".to_owned(),
                ends_at: Some(self.ground.days.end(money.day)),
            }],
        }
    }

    /// Applies everything that was closed.
    pub(crate) async fn apply(&self) {
        self.ground.clock.advance(Duration::from_millis(50));
        self.spool.tick();
        self.apply.lock().await.drain().await.unwrap();
    }

    pub(crate) async fn balance(&self, user: &User) -> Micro {
        let standing = self.credit.standing(user.account.org, Currency::EUR).await.unwrap();
        standing.balance
    }

    pub(crate) async fn reserved(&self, user: &User) -> Micro {
        let standing = self.credit.standing(user.account.org, Currency::EUR).await.unwrap();
        standing.reserved
    }
}

/// A statement of a test's own.
pub(crate) async fn number(db: &Db, statement: store::db::Statement, values: Vec<store::db::Value>) -> i64 {
    db.query_one(&statement, values).await.unwrap().integer(0).unwrap()
}
