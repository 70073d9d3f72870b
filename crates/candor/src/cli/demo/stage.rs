//! The throw-away instance: a real `serve` on a clock that travels.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{Clock as _, SystemClock, TravellingClock};
use base::money::Micro;
use base::secret::Secret;
use base::time::{Day, Timestamp};
use store::folder::Scratch;

use super::visitor::Visitor;
use crate::cli::failure::Failure;
use crate::config::Config;
use crate::instance::{Instance, Machine};
use crate::jobs::{self, FORGET, PREPARE, Ran};
use crate::people::accounts::{Account, NewAccount};
use crate::people::keys::Scope;
use crate::people::{Email, Role};
use crate::serve::drain::Signals;
use crate::serve::{Beside, Serving};

/// The hour at which the story begins, and each of its days.
const MORNING: Duration = Duration::from_hours(10);
/// What was spooled must be applied within this time.
const APPLIED_WITHIN: Duration = Duration::from_secs(30);

/// An instance, its clock, and somebody to talk to it.
pub(super) struct Stage<'s> {
    serving: Serving,
    clock: TravellingClock,
    scratch: &'s Scratch,
    /// The day on which everything is said that the story follows.
    pub(super) first: Day,
    pub(super) visitor: Visitor,
}

/// Somebody with an account.
pub(super) struct Person {
    pub(super) email: String,
    pub(super) account: Account,
    pub(super) token: Secret,
}

impl<'s> Stage<'s> {
    pub(super) async fn open(config: Config, scratch: &'s Scratch) -> Result<Self, Failure> {
        let first = SystemClock::new().now().day();
        let clock = TravellingClock::new(first.start().plus(MORNING));
        let machine = Machine {
            clock: Arc::new(clock.clone()),
            ..Machine::system()
        };
        // No job runs by itself: each would run by the machine's minutes, and days pass in less. The story runs them.
        let beside = Beside {
            greeting: None,
            commands: None,
            jobs: &[],
            again: None,
        };
        let serving = Serving::start(config, machine, beside).await?;
        let visitor = Visitor::of(serving.address(), Arc::new(clock.clone()))?;
        Ok(Self {
            serving,
            clock,
            scratch,
            first,
            visitor,
        })
    }

    pub(super) fn instance(&self) -> &Arc<Instance> {
        self.serving.instance()
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.serving.address())
    }

    pub(super) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How many days have begun since the first.
    pub(super) fn day(&self) -> i32 {
        self.now().day().days_since(self.first)
    }

    /// The morning of a day, counted from the first.
    pub(super) fn morning(&self, day: i32) -> Timestamp {
        self.first.plus_days(day).start().plus(MORNING)
    }

    /// Goes there, and does what a process does as time passes.
    pub(super) async fn travel(&self, to: Timestamp) -> Result<(), Failure> {
        self.clock.set(to);
        let instance = self.instance();
        instance.people.poll().await?;
        for job in [&PREPARE, &FORGET] {
            if jobs::run(job, instance).await != Ran::Done {
                return Err(Failure::failed(format!(
                    "the job `{}` failed: the log says why",
                    job.name
                )));
            }
        }
        Ok(())
    }

    /// Waits until everything that was answered is recorded.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        let Some(spool) = self.instance().spool() else {
            return Ok(());
        };
        tokio::time::timeout(APPLIED_WITHIN, spool.flush())
            .await
            .map_err(|_| Failure::failed("the spool could not be applied in time: the log says why"))
    }

    /// An account, test credit, a key.
    pub(super) async fn sign_up(&self, email: &str, name: &str, credit: Micro) -> Result<Person, Failure> {
        let instance = self.instance();
        let new = NewAccount {
            email: Email::parse(email)?,
            username: Some(name.to_owned()),
            role: Role::Member,
            password: None,
        };
        let account = instance.people.create_account(new).await?;
        let (books, currency) = (instance.credit().await?, instance.config.money.currency);
        let granted = books.grant(account.org, credit, currency, &*instance.machine.random);
        granted.await.map_err(Failure::failed)?;
        let issued = instance.people.create_key(account, None, Scope::Sandbox).await?;
        Ok(Person {
            email: email.to_owned(),
            account,
            token: issued.token,
        })
    }

    pub(super) async fn close(self, signals: &mut Signals) {
        drop(self.visitor);
        self.serving.stop(signals).await;
    }
}
