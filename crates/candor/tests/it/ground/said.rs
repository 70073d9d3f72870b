//! Generations as the gateway leaves them in the spool: priced, sealed, closed.

use base::clock::Clock;
use base::ids::GenerationId;
use base::money::{Currency, Micro};
use base::random::SystemRandom;
use base::unit::Unit;
use candor::money::credit::NoCredit;
use candor::money::prices::ModelPrice;
use candor::records::closing::{
    Counted, FilterNote, Meta, Money, Outcome, PartKind, Side, Status, Try, append_content_head, append_part, sealed,
};
use store::keys::Last;
use store::spool::{Frame, Kind, Slot};

use super::{Process, User};

fn price() -> ModelPrice {
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
            content_kept: true,
        }
    }
}
