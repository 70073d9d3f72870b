//! What becomes of a generation: kept piece by piece in the spool, settled once.
//!
//! Promises: the only ways out are [`Journal::settle`] and dropping, which is for requests without an answer; both close the slot that was reserved at admission
//! and end the hold. What passes is sealed before it is written; what nobody may keep is never copied here. Everything is
//! synchronous: one bounded write into the page cache at a time.

mod content;

use self::content::Content;
use super::Gateway;
use super::controls::Keep;
use super::limits::Permit;
use super::meter::{Meter, Used};
use super::routing::Model;
use super::stages::accept::Arrived;
use crate::money::credit::Hold;
use crate::people::keys::Caller;
use crate::records::closing::{Counted, FilterNote, Meta, Money, Outcome, PartKind, Status, Try, append_part, sealed};
use base::money::Micro;
use bytes::Bytes;
use policy::{Grant, Personal};
use std::sync::Arc;
use std::time::Duration;
use store::keys::{DayKeys, Last};
use store::spool::{Closed, Frame, Kind, Slot, SpoolError};
use tokio::time::Instant;

/// Answer bytes that wait in memory before they are sealed and written: below 4 KiB by an event or two, so that the buffer
/// never grows to the next power of two.
const PENDING_BYTES: usize = 3 * 1024 + 512;
/// Longest time that they wait: what a killed process can lose of a running stream.
const PENDING_TIME: Duration = Duration::from_secs(1);
/// What a frame holds besides content: money part, receipt, heads, tags.
const FRAME_OVERHEAD_BYTES: usize = 2 * 1024;
/// Most tries that a record tells of; a closing record has a fixed claim.
const TRIES: usize = 8;

/// Whose generation it is and what is known of it from the start.
pub struct Subject {
    /// Id and time.
    pub arrived: Arrived,
    /// Who asked.
    pub caller: Arc<Caller>,
    /// May the request be read for providing the service?
    pub grant: Grant,
    /// The keys under which it is sealed.
    pub keys: Arc<DayKeys>,
    /// What may be kept.
    pub keep: Keep,
}

/// One generation's way into the record.
pub struct Journal {
    gateway: Arc<Gateway>,
    subject: Subject,
    model: Option<Arc<Model>>,
    slot: Option<Slot>,
    hold: Option<Hold>,
    /// Where something is limited: the request is under way until this is dropped.
    permit: Option<Permit>,
    /// Boxed: its key's state is larger than all the rest, which moves from stage to stage.
    content: Option<Box<Content>>,
    tries: Vec<Try>,
    filter: FilterNote,
    opening: Opening,
    written_at: Instant,
}

/// What became of the record of a stream's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Awaited,
    Written,
    /// The disk failed. The closing record has its own claim; there is no content.
    Failed,
}

impl Journal {
    /// A journal for an admitted request. Until something is tried or settled, dropping it leaves no trace.
    pub fn new(gateway: Arc<Gateway>, subject: Subject, slot: Slot, permit: Option<Permit>) -> Self {
        Self {
            gateway,
            subject,
            model: None,
            slot: Some(slot),
            hold: None,
            permit,
            content: None,
            tries: Vec::new(),
            filter: FilterNote {
                action: "allowed".to_owned(),
                category: None,
            },
            opening: Opening::Awaited,
            written_at: Instant::now(),
        }
    }

    /// Whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The model that was chosen; records name no model that clients made up.
    pub fn choose(&mut self, model: Arc<Model>) {
        self.model = Some(model);
    }

    /// What the filter decided, if it did not simply let the request pass.
    pub fn note_filter(&mut self, note: FilterNote) {
        self.filter = note;
    }

    /// Where something is limited: what the request is counted by.
    pub fn permit(&mut self) -> &mut Option<Permit> {
        &mut self.permit
    }

    /// The credit that was set aside.
    pub fn hold(&mut self, hold: Hold) {
        self.hold = Some(hold);
    }

    /// A provider is tried: from here on it may have seen the request, whatever comes.
    pub fn begin_try(&mut self, provider: &str, model: &str) {
        if self.tries.len() < TRIES {
            let (provider, model) = (provider.to_owned(), model.to_owned());
            self.tries.push(Try {
                provider,
                model,
                outcome: Outcome::Cut,
            });
        }
    }

    /// Has a provider been tried?
    pub fn has_tried(&self) -> bool {
        !self.tries.is_empty()
    }

    /// How the last try went.
    pub fn end_try(&mut self, outcome: Outcome) {
        if let Some(last) = self.tries.last_mut() {
            last.outcome = outcome;
        }
    }

    /// The answer begins: from here on what passes is kept.
    pub fn begin(&mut self, request: &Personal<Bytes>, media_type: &str) {
        self.written_at = Instant::now();
        if self.subject.keep == Keep::Content {
            let id = self.subject.arrived.id;
            let key = self.subject.keys.record(sealed::TABLE, sealed::CONTENT, id.as_bytes());
            self.content = Some(Box::new(Content::new(key, request.clone(), media_type)));
        }
    }

    /// A piece of the answer goes to the client.
    pub fn keep(&mut self, piece: &[u8]) {
        if let Some(content) = &mut self.content {
            content.keep(piece);
        }
    }

    /// Writes what is pending if it is much or old. A failed write only costs content: the stream goes on and its receipt
    /// doesn't claim any.
    pub fn checkpoint(&mut self, meter: &Meter, now: Instant) {
        let pending = self.content.as_ref().map_or(0, |content| content.pending());
        let is_old = now.duration_since(self.written_at) >= PENDING_TIME;
        if self.opening == Opening::Failed || (pending < PENDING_BYTES && !is_old) {
            return;
        }
        self.written_at = now;
        let frame = self.checkpoint_frame(meter);
        let Some(slot) = &mut self.slot else { return };
        match slot.append(frame) {
            Ok(_) => self.opening = Opening::Written,
            Err(error) => {
                tracing::warn!(error = %error, "a stream goes on, and nothing of what is said in it is kept");
                // What was sealed may stand on the disk all the same: nothing else may be sealed under its numbers.
                self.opening = Opening::Failed;
                self.content = None;
            }
        }
    }

    /// Closes the record: the answer counts from here on, and only now may its last byte leave.
    ///
    /// # Errors
    /// The record could not be written: the answer must not look complete.
    pub fn settle(mut self, status: Status, meter: Option<&Meter>) -> Result<Closed, SpoolError> {
        self.close(status, meter)
    }

    fn close(&mut self, status: Status, meter: Option<&Meter>) -> Result<Closed, SpoolError> {
        let slot = self.slot.take().expect("a journal is settled once");
        let (money, cost) = self.money(status, meter);
        let mut frame = self.content_frame();
        money.encode(frame.buffer());
        frame.end_money();
        let meta = self.meta(&money).to_json();
        let key = self
            .subject
            .keys
            .record(sealed::TABLE, sealed::META, self.subject.arrived.id.as_bytes());
        append_part(frame.buffer(), PartKind::Meta, |out| {
            key.seal_append(0, Last::Yes, &meta, out);
        });
        let closed = slot.close(frame)?;
        if let Some(hold) = self.hold.take() {
            hold.settle(cost);
        }
        if let Some(permit) = self.permit.take() {
            permit.settle(money.lines.iter().map(|line| line.quantity).sum());
        }
        let took = self.gateway.clock.now().since(self.subject.arrived.at);
        self.gateway.meters.settled(status, took, &money.lines);
        Ok(closed)
    }

    /// The pieces that were not written yet, and behind them the beginning of the closing record.
    fn content_frame(&mut self) -> Frame {
        let id = self.subject.arrived.id;
        let Some(content) = &mut self.content else {
            return Frame::new(Kind::Close, id);
        };
        if content.is_written() {
            return Frame::new(Kind::Close, id);
        }
        // Never an opening: torn from its closing it would be settled as interrupted, and it has no money part.
        let mut frame = Frame::with_capacity(
            Kind::Piece,
            id,
            content.waiting(&self.subject.grant) + FRAME_OVERHEAD_BYTES,
        );
        frame.end_money();
        content.write(&self.subject.grant, frame.buffer());
        frame.then(Kind::Close);
        frame
    }

    fn checkpoint_frame(&mut self, meter: &Meter) -> Frame {
        let id = self.subject.arrived.id;
        let (money, _) = self.money(Status::Interrupted, Some(meter));
        let mut frame = Frame::with_capacity(
            if self.opening == Opening::Written {
                Kind::Piece
            } else {
                Kind::Open
            },
            id,
            PENDING_BYTES,
        );
        money.encode(frame.buffer());
        frame.end_money();
        if self.opening == Opening::Awaited {
            let meta = self.meta(&money).to_json();
            let key = self.subject.keys.record(sealed::TABLE, sealed::OPENING, id.as_bytes());
            append_part(frame.buffer(), PartKind::Opening, |out| {
                key.seal_append(0, Last::Yes, &meta, out);
            });
        }
        if let Some(content) = &mut self.content {
            content.write(&self.subject.grant, frame.buffer());
        }
        frame
    }

    /// The money part, and what is charged.
    fn money(&self, status: Status, meter: Option<&Meter>) -> (Money, Micro) {
        let nothing = Used {
            units: Vec::new(),
            counted: Counted::Told,
        };
        let used = match (status, meter) {
            (Status::Completed | Status::Interrupted, Some(meter)) => meter.used(),
            _ => nothing,
        };
        let price = self.model.as_ref().map(|model| &model.price);
        let charge = price.and_then(|price| price.charge(&used.units).ok());
        let (lines, cost) = charge.map_or((Vec::new(), Micro::ZERO), |charge| (charge.lines, charge.total));
        debug_assert!(
            self.hold.as_ref().is_none_or(|hold| cost <= hold.amount()),
            "more is charged than was reserved"
        );
        let Subject {
            arrived, caller, keys, ..
        } = &self.subject;
        let money = Money {
            generation: arrived.id,
            org: caller.org,
            account: caller.account,
            subject: caller.subject,
            day: arrived.at.day(),
            key_tag: keys.key_tag(caller.key),
            owner_tag: keys.owner_tag(caller.org),
            model: self.model.as_ref().map_or_else(String::new, |model| model.name.clone()),
            lines,
            price_version: price.map_or(0, |price| price.version().number()),
            cost,
            currency: self.gateway.currency,
            status,
            counted: used.counted,
            tries: self.tries.clone(),
        };
        (money, cost)
    }

    fn meta(&self, money: &Money) -> Meta {
        let answered = self
            .tries
            .iter()
            .find(|one| one.outcome == Outcome::Answered)
            .map(|one| &one.provider);
        let provider = answered.and_then(|name| {
            let routes = self.model.as_ref().map(|model| &model.routes)?;
            routes
                .iter()
                .map(|route| &route.provider)
                .find(|provider| provider.name == *name)
        });
        Meta {
            id: money.generation,
            status: money.status,
            created_at: self.subject.arrived.at,
            model: money.model.clone(),
            provider: answered.cloned(),
            region: provider.and_then(|provider| provider.region.clone()),
            transfer: None,
            tries: money.tries.clone(),
            usage: money.token_usage(),
            cost_micro: money.cost,
            currency: money.currency,
            filter: self.filter.clone(),
            content_kept: self.content.is_some(),
        }
    }
}

impl Drop for Journal {
    /// A request that was under way and came to no end of its own, because its client left: it cost nothing, because
    /// nothing was sent, but a provider may have seen it.
    fn drop(&mut self) {
        let is_open = self.slot.is_some() && !self.tries.is_empty();
        if is_open && let Err(error) = self.close(Status::Interrupted, None) {
            tracing::error!(error = %error, "an interrupted generation could not be recorded");
        }
    }
}
