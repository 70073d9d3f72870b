//! What really happened to each generation, and the laws that the books must satisfy in the end.

use std::collections::BTreeMap;
use std::fmt;

use base::ids::{GenerationId, InstanceId};
use store::spool::{Kept, Money};

use super::books::{Books, Row, cost};

#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    generations: BTreeMap<GenerationId, Generation>,
    pub(super) seen: Seen,
    /// The disk lied about a sync: what it lost can't be demanded.
    pub(super) lied: bool,
    /// What happened, for whoever looks for a broken seed.
    pub(super) trace: Vec<String>,
}

/// What a run met: a law that looked at nothing proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) closed: u64,
    pub(super) close_failed: u64,
    pub(super) abandoned: u64,
    pub(super) refused: u64,
    pub(super) dropped: u64,
    pub(super) without_credit: u64,
    pub(super) kills: u64,
    pub(super) power_cuts: u64,
    pub(super) copies: u64,
    pub(super) faults: u64,
    pub(super) delivered: u64,
    pub(super) interrupted: u64,
    pub(super) carried: u64,
    pub(super) damaged: u64,
}

impl Seen {
    pub(super) fn counts(mut self) -> [u64; 14] {
        self.counts_mut().map(|count| *count)
    }

    pub(super) fn counts_mut(&mut self) -> [&mut u64; 14] {
        [
            &mut self.closed,
            &mut self.close_failed,
            &mut self.abandoned,
            &mut self.refused,
            &mut self.dropped,
            &mut self.without_credit,
            &mut self.kills,
            &mut self.power_cuts,
            &mut self.copies,
            &mut self.faults,
            &mut self.delivered,
            &mut self.interrupted,
            &mut self.carried,
            &mut self.damaged,
        ]
    }
}

#[derive(Clone)]
pub(super) struct Generation {
    instance: InstanceId,
    pub(super) opening_tried: bool,
    opened: bool,
    pub(super) running: i64,
    pub(super) pieces: Vec<Vec<u8>>,
    kept_all: bool,
    /// The cost of a closing that was tried.
    pub(super) tried: Option<i64>,
    pub(super) closing: Option<Closing>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    cost: i64,
    seq: u64,
    /// The client got the end.
    delivered: bool,
    /// A power cut may have taken it: it was not synced.
    maybe: bool,
}

impl Closing {
    pub(super) fn delivered(cost: i64, seq: u64) -> Self {
        Self {
            cost,
            seq,
            delivered: true,
            maybe: false,
        }
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces: Vec<usize> = self.pieces.iter().map(Vec::len).collect();
        let state = (
            self.opened,
            self.opening_tried,
            self.running,
            self.kept_all,
            self.tried,
            self.closing,
        );
        write!(
            f,
            "{} pieces {pieces:?} opened, tried, running, kept, tried to close, closing: {state:?}",
            self.instance
        )
    }
}

impl Generation {
    pub(super) fn opened(&mut self, kept: Kept, content: Vec<u8>) {
        self.opened = true;
        self.running = 1;
        self.keep(kept, content);
    }

    pub(super) fn appended(&mut self, kept: Kept, running: i64, content: Vec<u8>) {
        self.running = running;
        self.keep(kept, content);
    }

    fn keep(&mut self, kept: Kept, content: Vec<u8>) {
        self.kept_all &= kept == Kept::Yes;
        self.pieces.push(content);
    }

    pub(super) fn closed(&mut self, cost: i64, seq: u64, kept: Kept, delivered: bool) {
        self.kept_all &= kept == Kept::Yes;
        self.closing = Some(Closing {
            delivered,
            ..Closing::delivered(cost, seq)
        });
    }
}

impl Truth {
    pub(super) fn note(&mut self, event: String) {
        self.trace.push(event);
    }

    pub(super) fn begin(&mut self, generation: GenerationId, instance: InstanceId) {
        let begun = Generation {
            instance,
            opening_tried: false,
            opened: false,
            running: 0,
            pieces: Vec::new(),
            kept_all: true,
            tried: None,
            closing: None,
        };
        self.generations.insert(generation, begun);
    }

    pub(super) fn generation(&mut self, generation: GenerationId) -> &mut Generation {
        self.generations.get_mut(&generation).unwrap()
    }

    /// Answers that wait for the sync are delivered now.
    pub(super) fn synced(&mut self, instance: InstanceId, seq: u64) {
        let closings = self
            .generations
            .values_mut()
            .filter(|generation| generation.instance == instance);
        for closing in closings.filter_map(|generation| generation.closing.as_mut()) {
            closing.delivered |= closing.seq <= seq;
        }
    }

    /// The power went when this instance had synced up to `seq`.
    pub(super) fn power_cut(&mut self, instance: InstanceId, seq: u64) {
        for generation in self
            .generations
            .values_mut()
            .filter(|generation| generation.instance == instance)
        {
            if let Some(closing) = &mut generation.closing {
                closing.maybe |= closing.seq > seq;
            }
        }
    }

    /// All laws, once everything is applied.
    pub(super) fn check(&mut self, books: &Books) -> Result<(), String> {
        let mut spent = 0;
        for (id, postings) in &books.postings {
            let known = self
                .generations
                .get(id)
                .ok_or(format!("{id} was posted but never began"))?;
            if postings.len() != 1 {
                return Err(format!("{id} was posted {} times: {postings:?}", postings.len()));
            }
            spent += postings[0];
            let row = books.days.get(&id.day()).and_then(|file| file.rows.get(id));
            match row {
                Some(row) => self.check_row(*id, known, row, postings[0])?,
                None if books.ended.contains(&id.day()) => {}
                None => return Err(format!("{id} was posted without a row in its day")),
            }
        }
        for (day, file) in &books.days {
            if let Some((id, _)) = file.rows.iter().find(|(id, _)| !books.postings.contains_key(id))
                && !self.lied
            {
                return Err(format!("{id} of {day} has a row and no posting"));
            }
        }
        self.check_delivered(books)?;
        if books.balance != books.granted - spent {
            return Err(format!(
                "the balance is {}, but {spent} of {} was spent",
                books.balance, books.granted
            ));
        }
        if books.balance < 0 {
            return Err(format!("overdrawn: {}", books.balance));
        }
        let reserved: i64 = books.leases.values().sum();
        if reserved != 0 {
            Err(format!("{reserved} is still reserved: {:?}", books.leases))
        } else {
            Ok(())
        }
    }

    fn check_row(&self, id: GenerationId, known: &Generation, row: &Row, posted: i64) -> Result<(), String> {
        if cost(&row.money) != posted {
            return Err(format!(
                "{id} costs {posted} in the books and {:?} in its day",
                row.money
            ));
        }
        if row.times != 1 && !self.lied {
            return Err(format!("{id} was recorded {} times", row.times));
        }
        match &row.money {
            Money::Closed(_) if known.closing.map_or(known.tried, |closing| Some(closing.cost)) != Some(posted) => {
                return Err(format!("{id} costs {posted}, but was {known:?}"));
            }
            Money::Closed(_) if row.complete && row.pieces != known.pieces => {
                return Err(format!(
                    "{id} says it is complete, but {} of {} pieces are kept",
                    row.pieces.len(),
                    known.pieces.len()
                ));
            }
            Money::Closed(_) => {}
            Money::Interrupted { .. } => {
                let sure = known.closing.is_some_and(|closing| closing.delivered && !closing.maybe);
                if sure && !self.lied {
                    return Err(format!("{id} was delivered and is recorded as interrupted: {known:?}"));
                }
                if !known.opened && !known.opening_tried && known.tried.is_none() {
                    return Err(format!("{id} was never opened"));
                }
                if !row.complete {
                    return Ok(());
                }
                if row.pieces.len() > known.pieces.len() || row.pieces[..] != known.pieces[..row.pieces.len()] {
                    return Err(format!("{id} holds pieces that were not its own"));
                }
            }
        }
        let sure = known.closing.is_some_and(|closing| !closing.maybe);
        if sure && known.kept_all && !row.complete && !self.lied {
            return Err(format!("{id} lost content that was kept: {known:?}"));
        }
        Ok(())
    }

    fn check_delivered(&mut self, books: &Books) -> Result<(), String> {
        for (id, generation) in &self.generations {
            let Some(closing) = generation.closing else {
                self.seen.interrupted += u64::from(books.postings.contains_key(id));
                continue;
            };
            self.seen.delivered += u64::from(closing.delivered);
            let demanded = closing.delivered && !closing.maybe && !self.lied;
            if demanded && !books.postings.contains_key(id) {
                return Err(format!(
                    "{id} was delivered and is not in the books: {closing:?}, day {}",
                    id.day()
                ));
            }
        }
        Ok(())
    }
}
