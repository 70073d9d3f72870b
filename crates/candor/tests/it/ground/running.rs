//! One process of the installation, and who uses it.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use base::ids::{InstanceId, KeyId};
use base::money::{Currency, Micro};
use base::random::{Random, SystemRandom};
use base::secret::Secret;
use base::size::ByteSize;
use candor::apply::{Apply, Stores};
use candor::money::credit::{Credit, Sharing};
use candor::people::accounts::{Account, NewAccount};
use candor::people::keys::{Callers, Scope};
use candor::people::{Email, People, Role};
use candor::privacy::gate::Gate;
use candor::records::{Owner, Records};
use policy::{Authority, Grant, Purpose};
use store::disk::RealDisk;
use store::spool::{Background, Durability, Spool, SpoolOptions};

use super::Ground;

/// `auth.stale`.
const STALE: Duration = Duration::from_secs(2);

/// One process of the installation.
pub(crate) struct Process {
    pub(crate) ground: Arc<Ground>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) callers: Arc<Callers>,
    pub(crate) people: Arc<People>,
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
        let people = Arc::new(people.await.unwrap());
        let instance = InstanceId::new(&SystemRandom);
        let options = SpoolOptions {
            folder: ground.folder.join(spool),
            limit: ByteSize::from_mib(64),
            durability: Durability::Process,
            background: Background::Manual,
            segment: None,
            memory: ByteSize::from_mib(1),
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
