//! The model of what the applier writes to: day files and the main file as transactional values, with leases of credit.

use std::collections::BTreeMap;

use base::ids::{GenerationId, InstanceId};
use base::time::Day;
use store::spool::{DayBatch, MainBatch, Mark, Money};

#[derive(Clone, Debug)]
pub(super) struct Books {
    pub(super) days: BTreeMap<Day, DayFile>,
    pub(super) ended: Vec<Day>,
    pub(super) postings: BTreeMap<GenerationId, Vec<i64>>,
    pub(super) marks: BTreeMap<InstanceId, u64>,
    pub(super) granted: i64,
    pub(super) balance: i64,
    pub(super) leases: BTreeMap<InstanceId, i64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct DayFile {
    pub(super) rows: BTreeMap<GenerationId, Row>,
    marks: BTreeMap<InstanceId, u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) money: Money,
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) complete: bool,
    pub(super) times: u32,
}

impl Books {
    pub(super) fn new(granted: i64) -> Self {
        Self {
            days: BTreeMap::new(),
            ended: Vec::new(),
            postings: BTreeMap::new(),
            marks: BTreeMap::new(),
            granted,
            balance: granted,
            leases: BTreeMap::new(),
        }
    }

    pub(super) fn mark(&self, instance: InstanceId, place: Mark) -> u64 {
        let marks = match place {
            Mark::Main => Some(&self.marks),
            Mark::Day(day) => self.days.get(&day).map(|file| &file.marks),
        };
        marks.and_then(|marks| marks.get(&instance)).copied().unwrap_or(0)
    }

    /// A day's file is dropped, its mark with it.
    pub(super) fn end_day(&mut self, day: Day) {
        self.days.remove(&day);
        self.ended.push(day);
    }

    /// Writes a day's rows; returns the sequences of those that were there before.
    pub(super) fn write_day(&mut self, batch: DayBatch) -> Vec<u64> {
        if self.ended.contains(&batch.day) {
            return Vec::new();
        }
        let file = self.days.entry(batch.day).or_default();
        let mut before = Vec::new();
        for settled in batch.settled {
            if let Some(row) = file.rows.get_mut(&settled.generation) {
                row.times += 1;
                before.push(settled.seq);
                continue;
            }
            let row = Row {
                money: settled.money,
                pieces: settled.pieces.iter().map(|piece| piece.to_vec()).collect(),
                complete: settled.complete,
                times: 1,
            };
            file.rows.insert(settled.generation, row);
        }
        file.marks.insert(batch.instance, batch.mark);
        before
    }

    pub(super) fn write_main(&mut self, batch: &MainBatch, keeps_mark: bool) {
        for posting in &batch.postings {
            let cost = cost(&posting.money);
            self.postings.entry(posting.generation).or_default().push(cost);
            self.balance -= cost;
            *self.leases.entry(batch.instance).or_default() -= cost;
        }
        if keeps_mark {
            self.marks.insert(batch.instance, batch.mark);
        }
    }

    /// Lends an instance more, if it is there.
    pub(super) fn borrow(&mut self, instance: InstanceId, amount: i64) -> bool {
        let lent: i64 = self.leases.values().sum();
        let possible = self.balance - lent >= amount;
        if possible {
            *self.leases.entry(instance).or_default() += amount;
        }
        possible
    }

    pub(super) fn lease(&self, instance: InstanceId) -> i64 {
        self.leases.get(&instance).copied().unwrap_or(0)
    }
}

/// An amount as a money part.
pub(super) fn amount(cost: i64) -> [u8; 8] {
    cost.to_le_bytes()
}

pub(super) fn cost(money: &Money) -> i64 {
    let bytes = match money {
        Money::Closed(bytes) => bytes,
        Money::Interrupted { opening, latest } => latest.as_ref().unwrap_or(opening),
    };
    i64::from_le_bytes(bytes[..].try_into().unwrap())
}
