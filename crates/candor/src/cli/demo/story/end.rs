//! The end of the first day's conversations: hidden, swept, gone.

use std::time::Duration;

use super::watch::{Watch, probed};
use super::{count, end_of};
use crate::cli::account;
use crate::cli::demo::screen::{Beat, Screen, moment};
use crate::cli::demo::stage::Stage;
use crate::cli::demo::told::{Left, Telling};
use crate::cli::failure::Failure;
use crate::privacy::aggregates::{Ending, Release, Strictness, reach};
use crate::privacy::evidence::State;
use crate::privacy::retention::Swept;

const SECOND: Duration = Duration::from_secs(1);

/// Days go by; Ada asks something on each, so that there is something that must stay.
pub(super) async fn days_pass(stage: &Stage<'_>, telling: &mut Telling<'_>, watch: &Watch) -> Result<(), Failure> {
    let last = end_of(stage, stage.first).day().days_since(stage.first) - 1;
    let days = usize::try_from(last).unwrap_or(0);
    telling
        .step(
            "days",
            &format!("{} pass", count(days, "day", "days")),
            stage.day(),
            stage.now(),
        )
        .await?;
    let mut answered = 0;
    for (number, day) in (1..=last).enumerate() {
        stage.travel(stage.morning(day)).await?;
        let prompt = format!("Good morning, this is day {day}. What did I dream?");
        let answer = stage.visitor.ask(&watch.cast.ada.token, &prompt).await?;
        answered += usize::from(answer.status == 200);
        let today = format!("day {day}  {}", stage.now().day());
        telling.show(|screen| screen.passing(number + 1, days, &today))?;
        telling.beat(Beat::Day).await?;
    }
    stage.settle().await?;
    telling.show(Screen::passed)?;
    telling
        .same(
            answered,
            days,
            format!(
                "Ada asks something on each of them: {}",
                count(answered, "answer", "answers")
            ),
        )
        .await?;
    telling
        .same(
            watch.spooled().await?,
            0,
            "the spool, which took in what was said, has let go of the first day",
        )
        .await?;
    let partitions = stage.instance().stores.days.list().await.map_err(Failure::failed)?;
    telling
        .same(
            partitions.len(),
            days + 1,
            format!(
                "{}, each with a file and a key of its own",
                count(partitions.len(), "day is kept", "days are kept")
            ),
        )
        .await
}

/// A second before the end it is there, at the end it is hidden; nothing has swept yet.
pub(super) async fn hidden(stage: &Stage<'_>, telling: &mut Telling<'_>, watch: &Watch) -> Result<(), Failure> {
    let end = end_of(stage, stage.first);
    stage.travel(end.minus(SECOND)).await?;
    telling
        .step("hidden", "one second to midnight", stage.day(), stage.now())
        .await?;
    let (token, id) = (&watch.cast.ada.token, &watch.cast.receipt);
    let before = stage.visitor.receipt(token, id).await?;
    telling
        .same(
            before.status,
            200,
            "Ada's first receipt answers 200, a second before its end",
        )
        .await?;
    stage.travel(end).await?;
    let left = watch.look(stage, telling, "hidden").await?;
    telling
        .same(
            left.receipt,
            404,
            format!("at {} it answers 404: hidden, with no sweep yet", moment(end)),
        )
        .await?;
    telling
        .same(
            format!(
                "{} of {}, {}, {}",
                left.found.sealed_found, left.found.sealed, left.partitions, left.keys
            ),
            format!("{0} of {0}, 1, 1", left.found.sealed),
            format!(
                "hidden is not gone: all {} sealed pieces are on the disk still, and so is their key",
                left.found.sealed
            ),
        )
        .await?;
    telling.left(left);
    probed(stage, telling).await.map(drop)
}

/// The sweep: statistics first, then the file, then the key.
pub(super) async fn swept(stage: &Stage<'_>, telling: &mut Telling<'_>, watch: &Watch) -> Result<(), Failure> {
    telling.step("sweep", "the sweep", stage.day(), stage.now()).await?;
    let instance = stage.instance();
    let balance = account::show(instance, &watch.cast.ada.email).await?.balance_micro;
    let swept = instance.sweep.run().await.map_err(Failure::failed)?;
    told_swept(stage, telling, &swept).await?;
    let before = stage.first.plus_days(-1);
    let releases = instance.aggregates.releases(before, 1).await.map_err(Failure::failed)?;
    released(stage, telling, watch, releases.first()).await?;

    let left = watch.look(stage, telling, "swept").await?;
    gone(telling, watch, &left).await?;
    let living = left.other_days;
    telling.left(left);
    let after = account::show(instance, &watch.cast.ada.email).await?;
    telling
        .same(
            after.balance_micro,
            balance,
            format!(
                "{} untouched, and Ada's balance stands at {} {}",
                count(living, "younger day is", "younger days are"),
                after.balance_micro,
                after.currency
            ),
        )
        .await?;
    probed(stage, telling).await.map(drop)
}

async fn told_swept(stage: &Stage<'_>, telling: &mut Telling<'_>, swept: &Swept) -> Result<(), Failure> {
    for left in &swept.left {
        let words = format!("{} was not ended: {}", left.day, left.why);
        telling.show(|screen| screen.failed(&words))?;
    }
    let ended: Vec<String> = swept.ended.iter().map(|ended| ended.day.to_string()).collect();
    let (removed, keys) = swept.ended.iter().fold((0, 0), |(removed, keys), ended| {
        (removed + ended.removed, keys + ended.keys_destroyed)
    });
    telling
        .same(
            ended.join(", "),
            stage.first.to_string(),
            format!(
                "of {} and {}, {} ended: {} removed, {} overwritten",
                count(swept.partitions, "partition", "partitions"),
                count(swept.keys, "key", "keys"),
                ended.join(", "),
                count(removed, "file", "files"),
                count(keys, "key", "keys")
            ),
        )
        .await
}

/// Before the rows went they were counted, once.
async fn released(
    stage: &Stage<'_>,
    telling: &mut Telling<'_>,
    watch: &Watch,
    release: Option<&Release>,
) -> Result<(), Failure> {
    let of_first = release.filter(|release| release.day == stage.first && release.is_unchanged());
    let cells = of_first.map_or(&[][..], |release| release.cells.as_slice());
    let ending = |ending: Ending| cells.iter().filter(move |cell| cell.name.ending == ending.as_str());
    let accounts: u64 = ending(Ending::Completed).map(|cell| cell.accounts).sum();
    let parameters = &stage.instance().config.policy.parameters;
    let strictness = Strictness {
        k: parameters.aggregates_k,
        epsilon: parameters.aggregates_epsilon,
    };
    telling
        .least(
            usize::try_from(accounts).unwrap_or(usize::MAX),
            usize::try_from(strictness.k).unwrap_or(usize::MAX),
            format!(
                "counted before, once, with noise: about {accounts} accounts got an answer (± {}; the truth was {})",
                reach(strictness).accounts,
                watch.cast.answered
            ),
        )
        .await?;
    let considered = of_first.map_or(0, |release| release.considered);
    telling.same(
        ending(Ending::Refused).count(),
        0,
        format!(
            "{} of {considered} groups released: the {} accounts that were refused are fewer than {}, so nothing tells of them",
            cells.len(),
            watch.cast.refused,
            strictness.k
        ),
    ).await
}

/// Nothing is left, anywhere, and what was copied doesn't open.
async fn gone(telling: &mut Telling<'_>, watch: &Watch, left: &Left) -> Result<(), Failure> {
    telling
        .same(
            format!("{}, {}, {}", left.found.sealed_found, left.partitions, left.keys),
            "0, 0, 0".to_owned(),
            format!(
                "of {} sealed pieces none is left in {}; no file of that day, no key",
                left.found.sealed,
                super::watch::files(&left.found)
            ),
        )
        .await?;
    let control = watch.control()?;
    telling
        .same(
            format!("{}, {}", control.in_the_clear, control.sealed_found),
            "1, 1".to_owned(),
            "one that is planted is found, so the search still sees",
        )
        .await?;
    telling
        .same(
            format!("{}, {}", left.backup_opened, left.backup_sealed),
            format!("0, {}", left.found.sealed),
            format!(
                "the thief, who kept his copy and takes all keys of today, opens {} of {} pieces",
                left.backup_opened, left.backup_sealed
            ),
        )
        .await
}

/// The moment that was promised: everything is looked at once more.
pub(super) async fn promised(stage: &Stage<'_>, telling: &mut Telling<'_>, watch: &Watch) -> Result<(), Failure> {
    let instance = stage.instance();
    stage.travel(instance.sweep.ends().promised(stage.first)).await?;
    telling
        .step("promised", "the promised moment", stage.day(), stage.now())
        .await?;
    let swept = instance.sweep.run().await.map_err(Failure::failed)?;
    telling
        .same(
            swept
                .ended
                .iter()
                .map(|ended| ended.day.to_string())
                .collect::<Vec<_>>()
                .join(", "),
            stage.first.plus_days(1).to_string(),
            "the sweep goes on, a day each day: the second one has ended",
        )
        .await?;
    let left = watch.look(stage, telling, "promised").await?;
    gone(telling, watch, &left).await?;
    telling.left(left);
    let verified = probed(stage, telling).await?;
    let in_force: Vec<_> = verified
        .promises
        .into_iter()
        .filter(|promise| promise.state != State::Planned)
        .collect();
    let kept = in_force.iter().filter(|promise| promise.state == State::Kept).count();
    telling
        .same(
            kept,
            in_force.len(),
            "every promise in force is kept, and none by an empty look",
        )
        .await?;
    telling.promises(in_force);
    Ok(())
}
