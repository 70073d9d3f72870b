//! An organisation's credit as one process sees it: what it has leased, what is held, what is settled but not yet booked.
//!
//! Promises: the sum of what is held and settled never passes what was leased, so that no number of concurrent holds can
//! overdraw; every hold leaves by exactly one of *settle* and *release*. Pure: no clock, no lock, no database.
//! Leaves out: how a lease is got (`store.rs`), who may spend (the gate), what a generation costs (`prices.rs`).

use std::time::Duration;

use base::money::Micro;

/// How long the answer "there is no more credit in the database" is believed before it is asked again.
pub const KNOWN_FOR: Duration = Duration::from_secs(1);

/// Why nothing was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCredit {
    /// All processes together don't have enough.
    #[error("credit is used up: {available} is left, and this request may cost more")]
    Insufficient {
        /// What could still be held.
        available: Micro,
    },
    /// Not known here yet: load the organisation, then ask again.
    #[error("the credit of this organisation is not loaded yet")]
    Cold,
    /// There is enough, but another process holds it; it gives back within seconds.
    #[error("the credit of this organisation is in use by another process for a moment")]
    Elsewhere,
    /// This process lost touch with the database and with it the right to spend.
    #[error("this process can't reach the books at the moment")]
    Stale,
}

/// What the database said when it was last asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    /// Added to this process's lease.
    pub amount: Micro,
    /// Left for anybody after that.
    pub free: Micro,
    /// Leased by other processes and not in use there when they last said so.
    pub idle_elsewhere: Micro,
}

/// The state of one organisation's credit in this process. All amounts in micro-units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    leased: i64,
    held: i64,
    unapplied: i64,
    /// The most that was held at once in this period and in the one before: what a process may keep at hand.
    peak: i64,
    peak_before: i64,
    /// What requests found missing together, until the database was asked.
    wanted: i64,
    known: Option<Known>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    at: Duration,
    free: i64,
    idle_elsewhere: i64,
}

impl Book {
    /// What could be held now.
    #[must_use]
    pub const fn available(&self) -> Micro {
        Micro::new(self.leased.saturating_sub(self.in_use().get()))
    }

    /// What is held or settled and not yet booked: what people see as *reserved*.
    #[must_use]
    pub const fn in_use(&self) -> Micro {
        Micro::new(self.held.saturating_add(self.unapplied))
    }

    /// Sets `amount` aside. `now` (monotonic) is only asked for when there is too little.
    pub fn reserve(&mut self, amount: Micro, now: impl FnOnce() -> Duration) -> Result<(), NoCredit> {
        let available = self.available();
        if amount <= available {
            self.held = self.held.saturating_add(amount.get());
            self.peak = self.peak.max(self.held);
            return Ok(());
        }
        self.wanted = self.wanted.saturating_add(amount.get());
        let Some(known) = self.known.filter(|known| now().saturating_sub(known.at) < KNOWN_FOR) else {
            return Err(NoCredit::Cold);
        };
        let reachable = available.saturating_add(Micro::new(known.free));
        if amount <= reachable {
            Err(NoCredit::Cold)
        } else if amount <= reachable.saturating_add(Micro::new(known.idle_elsewhere)) {
            Err(NoCredit::Elsewhere)
        } else {
            Err(NoCredit::Insufficient { available: reachable })
        }
    }

    /// A hold ends without cost.
    pub const fn release(&mut self, amount: Micro) {
        self.held = self.held.saturating_sub(amount.get());
    }

    /// A hold becomes a cost, to be booked by the applier. A cost above its hold is still counted: delivered is delivered.
    pub const fn settle(&mut self, amount: Micro, cost: Micro) {
        self.release(amount);
        self.unapplied = self.unapplied.saturating_add(cost.get());
    }

    /// The applier booked `cost`, and took it off the lease in the same transaction. Neither falls below nothing, as in the
    /// database: a lease may have been lost between settling and booking.
    pub fn applied(&mut self, cost: Micro) {
        self.unapplied = self.unapplied.saturating_sub(cost.get()).max(0);
        self.leased = self.leased.saturating_sub(cost.get()).max(0);
    }

    /// The applier booked what a dead process had settled, and took it off this lease.
    pub fn booked_for_others(&mut self, cost: Micro) {
        self.leased = self.leased.saturating_sub(cost.get()).max(0);
    }

    /// How much more to ask the database for: what was found missing.
    #[must_use]
    pub fn missing(&self) -> Micro {
        Micro::new(self.wanted.max(self.peak).max(self.peak_before)).saturating_sub(self.available())
    }

    /// The database granted a lease, or told that there is none.
    pub const fn lease(&mut self, leased: Leased, now: Duration) {
        self.leased = self.leased.saturating_add(leased.amount.get());
        self.wanted = 0;
        self.known = Some(Known {
            at: now,
            free: leased.free.get(),
            idle_elsewhere: leased.idle_elsewhere.get(),
        });
    }

    /// Ends a period: takes what was not needed in this one and the last off the lease, to be given back. The caller must
    /// give it back; until it has, nobody can spend it, which is the safe side.
    pub fn surplus(&mut self) -> Micro {
        let keep = self.peak.max(self.peak_before);
        self.peak_before = std::mem::replace(&mut self.peak, self.held);
        let spare = keep.saturating_sub(self.held).max(0);
        let surplus = self.available().get().saturating_sub(spare).max(0);
        self.leased = self.leased.saturating_sub(surplus);
        Micro::new(surplus)
    }

    /// The lease was lost (another process took this one for dead): nothing is left to spend; running holds go on and are
    /// covered again by the next lease.
    pub const fn lost(&mut self) {
        self.leased = 0;
        self.known = None;
    }

    /// Is there nothing to remember?
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.leased == 0 && self.held == 0 && self.unapplied == 0 && self.peak == 0 && self.peak_before == 0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn leased(amount: i64) -> Leased {
        Leased {
            amount: Micro::new(amount),
            free: Micro::ZERO,
            idle_elsewhere: Micro::ZERO,
        }
    }

    #[test]
    fn an_unknown_organisation_is_cold_and_a_poor_one_insufficient_for_a_second() {
        let mut book = Book::default();
        let ask = |book: &mut Book, now| book.reserve(Micro::new(5), || now);
        assert_eq!(ask(&mut book, NOW), Err(NoCredit::Cold));
        assert_eq!(book.missing(), Micro::new(5));
        book.lease(leased(3), NOW);
        assert_eq!(
            ask(&mut book, NOW),
            Err(NoCredit::Insufficient {
                available: Micro::new(3)
            })
        );
        assert_eq!(ask(&mut book, NOW + KNOWN_FOR), Err(NoCredit::Cold));
    }

    #[test]
    fn what_another_process_keeps_idle_is_waited_for_and_what_is_free_is_asked_for() {
        let mut book = Book::default();
        let known = Leased {
            amount: Micro::new(3),
            free: Micro::new(4),
            idle_elsewhere: Micro::new(10),
        };
        book.lease(known, NOW);
        assert_eq!(book.reserve(Micro::new(7), || NOW), Err(NoCredit::Cold));
        assert_eq!(book.reserve(Micro::new(17), || NOW), Err(NoCredit::Elsewhere));
        assert_eq!(
            book.reserve(Micro::new(18), || NOW),
            Err(NoCredit::Insufficient {
                available: Micro::new(7)
            })
        );
    }

    #[test]
    fn an_idle_book_gives_everything_back_after_two_periods_and_a_busy_one_keeps_its_peak() {
        let mut book = Book::default();
        book.lease(leased(100), NOW);
        book.reserve(Micro::new(10), || NOW).unwrap();
        assert_eq!(book.surplus(), Micro::new(90), "the hold itself stays covered");
        book.settle(Micro::new(10), Micro::new(4));
        for period in ["this", "the one before"] {
            assert_eq!(
                book.surplus(),
                Micro::ZERO,
                "the peak of {period} period may come again"
            );
        }
        assert_eq!(book.surplus(), Micro::new(6));
        assert_eq!((book.available(), book.in_use()), (Micro::ZERO, Micro::new(4)));
        book.applied(Micro::new(4));
        assert!(book.is_idle());
    }

    /// One step of a process against the database.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Reserve(usize, i64),
        Lease(usize, i64),
        Settle(usize, usize, i64),
        Release(usize, usize),
        Apply(usize),
        GiveBack(usize),
        Grant(i64),
        Die(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let process = 0_usize..3;
        prop_oneof![
            4 => (process.clone(), 0_i64..50).prop_map(|(p, amount)| Step::Reserve(p, amount)),
            3 => (process.clone(), 1_i64..200).prop_map(|(p, most)| Step::Lease(p, most)),
            3 => (process.clone(), any::<usize>(), 0_i64..50).prop_map(|(p, hold, cost)| Step::Settle(p, hold, cost)),
            1 => (process.clone(), any::<usize>()).prop_map(|(p, hold)| Step::Release(p, hold)),
            3 => process.clone().prop_map(Step::Apply),
            1 => process.clone().prop_map(Step::GiveBack),
            1 => (0_i64..200).prop_map(Step::Grant),
            1 => process.prop_map(Step::Die),
        ]
    }

    /// The database's side: a balance and a lease a process, and each process's holds and spooled costs.
    #[derive(Default)]
    struct World {
        granted: i64,
        balance: i64,
        leases: [i64; 3],
        books: [Book; 3],
        holds: [Vec<i64>; 3],
        spooled: [Vec<i64>; 3],
    }

    impl World {
        fn take(&mut self, step: Step) {
            match step {
                Step::Reserve(p, amount) => {
                    if self.books[p].reserve(Micro::new(amount), || NOW).is_ok() {
                        self.holds[p].push(amount);
                    }
                }
                Step::Lease(p, most) => {
                    let free = (self.balance - self.leases.iter().sum::<i64>()).clamp(0, most);
                    self.leases[p] += free;
                    self.books[p].lease(leased(free), NOW);
                }
                Step::Settle(p, hold, cost) if !self.holds[p].is_empty() => {
                    let place = hold % self.holds[p].len();
                    let amount = self.holds[p].swap_remove(place);
                    self.books[p].settle(Micro::new(amount), Micro::new(cost.min(amount)));
                    self.spooled[p].push(cost.min(amount));
                }
                Step::Release(p, hold) if !self.holds[p].is_empty() => {
                    let place = hold % self.holds[p].len();
                    self.books[p].release(Micro::new(self.holds[p].swap_remove(place)));
                }
                Step::Apply(p) => {
                    for cost in std::mem::take(&mut self.spooled[p]) {
                        self.balance -= cost;
                        self.leases[p] -= cost;
                        self.books[p].applied(Micro::new(cost));
                    }
                }
                Step::GiveBack(p) => self.leases[p] -= self.books[p].surplus().get(),
                Step::Grant(amount) => {
                    self.granted += amount;
                    self.balance += amount;
                }
                // A killed process's spool is adopted and booked, then its lease ends; it starts anew.
                Step::Die(p) => {
                    self.balance -= std::mem::take(&mut self.spooled[p]).into_iter().sum::<i64>();
                    self.leases[p] = 0;
                    self.holds[p].clear();
                    self.books[p] = Book::default();
                }
                Step::Settle(..) | Step::Release(..) => {}
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn no_order_of_steps_of_three_processes_overdraws(steps in prop::collection::vec(step(), 1..200)) {
            let mut world = World::default();
            for step in steps {
                world.take(step);
                let spooled: i64 = world.spooled.iter().flatten().sum();
                let held: i64 = world.holds.iter().flatten().sum();
                prop_assert!(world.balance - spooled - held >= 0, "overdrawn");
                prop_assert!(world.leases.iter().sum::<i64>() <= world.balance);
                for (place, book) in world.books.iter().enumerate() {
                    prop_assert_eq!(
                        book.in_use().get(),
                        world.holds[place].iter().sum::<i64>() + world.spooled[place].iter().sum::<i64>()
                    );
                    prop_assert_eq!(book.leased, world.leases[place]);
                }
            }
        }
    }
}
