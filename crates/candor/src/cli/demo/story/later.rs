//! What is promised: in force, in its own words, with what was looked at; not built yet, told as that. Then everything in one table.

use policy::Parameters;
use policy::document::PromiseId;

use super::count;
use crate::cli::demo::screen::Beat;
use crate::cli::demo::stage::Stage;
use crate::cli::demo::told::{Left, Planned, Telling};
use crate::cli::failure::Failure;
use crate::privacy::evidence::{PromiseShown, State, Verified};

/// Something that is promised and not built yet.
struct ToCome {
    what: &'static str,
    promise: PromiseId,
    /// How it will show, with the numbers in force.
    then: fn(&Parameters) -> String,
}

/// What this story will go on with, and the promise that each waits for.
const TO_COME: [ToCome; 3] = [
    ToCome {
        what: "a data export",
        promise: promise(7, 4),
        then: |_| "in open formats, for another instance to read".to_owned(),
    },
    ToCome {
        what: "account deletion",
        promise: promise(6, 2),
        then: |numbers| {
            let (grace, gone) = (
                numbers.words("retention.account_grace"),
                numbers.words("retention.account_gone"),
            );
            format!(
                "erased after {}, and after {} no copy of it can be read",
                grace.unwrap_or_default(),
                gone.unwrap_or_default()
            )
        },
    },
    ToCome {
        what: "the end of the books",
        promise: promise(6, 5),
        then: |numbers| {
            let years = numbers.words("retention.billing").unwrap_or_default();
            format!("{years} after their fiscal year")
        },
    },
];

const fn promise(section: u8, number: u8) -> PromiseId {
    PromiseId { section, number }
}

/// Each promise in force, in its own words.
pub(super) async fn in_force(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<(), Failure> {
    telling
        .step("in_force", "what is promised, and kept", stage.day(), stage.now())
        .await?;
    let words = words(stage);
    for (number, promise) in telling.all_promises().to_vec().into_iter().enumerate() {
        let words = words
            .iter()
            .find(|(id, _)| *id == promise.id)
            .map_or("", |(_, words)| words);
        telling.show(|screen| {
            if number > 0 {
                screen.gap()?;
            }
            screen.promise(&promise.id.to_string(), promise.state.word(), &seen(&promise), words)
        })?;
        telling.beat(Beat::Check).await?;
    }
    Ok(())
}

/// Nothing of this was shown, and nobody should think so.
pub(super) async fn planned(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<(), Failure> {
    telling
        .step("planned", "what is still planned", stage.day(), stage.now())
        .await?;
    let instance = stage.instance();
    let numbers = &instance.config.policy.parameters;
    let verified = Verified::of(instance.evidence.statuses());
    for ToCome { what, promise, then } in TO_COME {
        let found = verified.promises.iter().find(|found| found.id == promise);
        let state = found.map_or("unknown", |promise| promise.state.word());
        let awaits = found.and_then(|promise| promise.why.clone()).unwrap_or_default();
        let planned = Planned {
            what,
            promise: promise.to_string(),
            state: state.to_owned(),
            awaits,
            then: then(numbers),
        };
        let words = format!("{what}: {}", planned.then);
        telling.show(|screen| screen.planned(&planned.promise, state, &words, &planned.awaits))?;
        telling.planned(planned);
        telling.beat(Beat::Check).await?;
    }
    let all = verified
        .promises
        .iter()
        .filter(|promise| promise.state == State::Planned);
    let rest = all.count().saturating_sub(TO_COME.len());
    let words = format!(
        "{} stand in the policy as planned, each with what it waits for: `candor verify` and /trust list them.",
        count(rest, "more promise", "more promises")
    );
    telling.show(|screen| screen.gap().and_then(|()| screen.say(&words)))
}

/// The moments side by side.
pub(super) async fn summary(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<(), Failure> {
    telling
        .step("summary", "what was left of the first day", stage.day(), stage.now())
        .await?;
    let left = telling.all_left().to_vec();
    let heads: Vec<[String; 2]> = left
        .iter()
        .map(|left| [format!("day {}", left.day), left.moment.to_owned()])
        .collect();
    let row = |cell: fn(&Left) -> String| left.iter().map(cell).collect::<Vec<_>>();
    let there = |count: usize| if count == 0 { "gone" } else { "there" }.to_owned();
    let rows = [
        ("its receipt answers", row(|left| left.receipt.to_string())),
        (
            "in the clear",
            row(|left| format!("{} of {}", left.found.in_the_clear, left.found.texts)),
        ),
        (
            "sealed, on the disk",
            row(|left| format!("{} of {}", left.found.sealed_found, left.found.sealed)),
        ),
        ("its file", left.iter().map(|left| there(left.partitions)).collect()),
        ("its key", left.iter().map(|left| there(left.keys)).collect()),
        (
            "the thief opens",
            row(|left| format!("{} of {}", left.backup_opened, left.backup_sealed)),
        ),
        ("other days, untouched", row(|left| left.other_days.to_string())),
    ];
    telling.show(|screen| screen.table(&heads, &rows))
}

fn seen(promise: &PromiseShown) -> String {
    let looked = promise
        .probes
        .iter()
        .map(|probe| format!("{} {}", probe.considered, probe.considers));
    let looked = looked.collect::<Vec<_>>().join(", ");
    match &promise.figure {
        Some(figure) => format!("{looked}: {figure}"),
        None => looked,
    }
}

/// Each promise as the page says it.
fn words(stage: &Stage<'_>) -> Vec<(PromiseId, String)> {
    let page = stage.instance().published.page();
    let clauses = page.content.sections.iter().flat_map(|section| &section.clauses);
    let promises = clauses.flat_map(|clause| &clause.promises);
    promises
        .map(|promise| (promise.id, promise.words.iter().map(policy::page::Span::text).collect()))
        .collect()
}
