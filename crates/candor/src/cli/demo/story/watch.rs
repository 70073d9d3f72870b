//! What is looked at again and again: raw bytes, keys, receipts, a copied backup, the probes.

use std::time::Duration;

use super::cast::Cast;
use super::count;
use crate::cli::demo::raw::{Found, Search};
use crate::cli::demo::screen::Screen;
use crate::cli::demo::stage::{Person, Stage};
use crate::cli::demo::thief::Thief;
use crate::cli::demo::told::{Left, Telling};
use crate::cli::failure::Failure;
use crate::privacy::evidence::{State, Verified};
use crate::privacy::probes::PROBES;

/// How often and how long to wait for the spool.
const SPOOL_LOOKS: usize = 100;
const SPOOL_AGAIN: Duration = Duration::from_millis(100);

/// The first day, under observation.
pub(super) struct Watch {
    pub(super) cast: Cast,
    search: Search,
    thief: Thief,
}

/// What lies on the disk while everything lives; and the backup that somebody copies.
pub(super) async fn first_look(stage: &Stage<'_>, telling: &mut Telling<'_>, cast: Cast) -> Result<Watch, Failure> {
    telling
        .step("disk", "what lies on the disk", stage.day(), stage.now())
        .await?;
    stage.settle().await?;
    let search = Search::new(stage, &cast.texts, stage.first).await?;
    let thief = Thief::copy(stage).await?;
    let watch = Watch { cast, search, thief };
    let left = watch.look(stage, telling, "as it was said").await?;
    let Found { texts, sealed, .. } = left.found;
    telling
        .same(
            left.found.undeclared,
            0,
            format!(
                "{}, {}, each declared in the inventory",
                files(&left.found),
                size(left.found.bytes)
            ),
        )
        .await?;
    telling
        .same(
            left.found.in_the_clear,
            0,
            format!("none of {texts} prompts, addresses and keys is there in the clear, in whatever encoding"),
        )
        .await?;
    let control = watch.search.control()?;
    telling
        .same(
            control.in_the_clear,
            1,
            "one that is planted is found, so the search sees",
        )
        .await?;
    telling
        .same(
            left.found.sealed_found,
            sealed,
            format!("all {sealed} sealed pieces of them are there, under the key of this day"),
        )
        .await?;
    let thief = &watch.thief;
    let backup = size(usize::try_from(thief.bytes).unwrap_or(usize::MAX));
    telling
        .same(
            left.backup_opened,
            sealed,
            format!(
                "a thief copies a backup ({} rows, {backup}) and gets at the keyring: he opens {} of {} pieces",
                thief.rows, left.backup_opened, left.backup_sealed
            ),
        )
        .await?;
    telling.left(left);
    probed(stage, telling).await?;
    Ok(watch)
}

impl Watch {
    /// Looks at everything now.
    pub(super) async fn look(
        &self,
        stage: &Stage<'_>,
        telling: &mut Telling<'_>,
        moment: &'static str,
    ) -> Result<Left, Failure> {
        stage.settle().await?;
        telling.show(|screen| screen.busy("searching every byte"))?;
        let found = self.search.look()?;
        let instance = stage.instance();
        let partitions = instance.stores.days.list().await.map_err(Failure::failed)?;
        instance.keys.follow_ends().await.map_err(Failure::failed)?;
        let keys = instance.keys.live_days();
        telling.show(|screen| screen.busy("opening the copied backup"))?;
        let attempt = self.thief.tries(stage, self.cast.people()).await?;
        let receipt = stage.visitor.receipt(&self.cast.ada.token, &self.cast.receipt).await?;
        telling.show(Screen::passed)?;
        let of_first = |days: &[base::time::Day]| days.iter().filter(|day| **day == stage.first).count();
        Ok(Left {
            moment,
            day: stage.day(),
            at: stage.now(),
            found,
            partitions: of_first(&partitions),
            keys: of_first(&keys),
            receipt: receipt.status,
            backup_sealed: attempt.sealed,
            backup_opened: attempt.opened,
            other_days: partitions.len() - of_first(&partitions),
        })
    }

    /// How many of the sealed pieces the spool still holds, when it has had the time to let them go: it looks each second.
    pub(super) async fn spooled(&self) -> Result<usize, Failure> {
        let mut spooled = self.search.spooled()?;
        for _ in 0..SPOOL_LOOKS {
            if spooled == 0 {
                break;
            }
            tokio::time::sleep(SPOOL_AGAIN).await;
            spooled = self.search.spooled()?;
        }
        Ok(spooled)
    }

    /// What is searched for is found if it is planted, now too.
    pub(super) fn control(&self) -> Result<Found, Failure> {
        self.search.control()
    }
}

impl Cast {
    fn people(&self) -> impl Iterator<Item = &Person> {
        std::iter::once(&self.ada).chain(&self.others)
    }
}

/// Every probe looks; none may see a breach.
pub(super) async fn probed(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<Verified, Failure> {
    let evidence = &stage.instance().evidence;
    telling.show(|screen| screen.busy("every probe looks"))?;
    evidence.look().await.map_err(Failure::failed)?;
    telling.show(Screen::passed)?;
    let verified = Verified::of(evidence.statuses());
    let with = |state: State| verified.promises.iter().filter(move |promise| promise.state == state);
    let told = State::ALL
        .into_iter()
        .filter(|state| *state != State::Planned)
        .map(|state| {
            (
                state,
                with(state).map(|promise| promise.id.to_string()).collect::<Vec<_>>(),
            )
        });
    let told: Vec<String> = told
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(state, ids)| match state {
            State::Unproven => format!("{} {} (nothing to look at yet)", ids.join(", "), state.word()),
            state => format!("{} {}", ids.join(", "), state.word()),
        })
        .collect();
    telling
        .same(
            with(State::Broken).count() + with(State::Stale).count(),
            0,
            format!("{} look: {}", count(PROBES.len(), "probe", "probes"), told.join("; ")),
        )
        .await?;
    for red in with(State::Broken).chain(with(State::Stale)) {
        let why = red.why.as_deref().unwrap_or_default();
        telling.show(|screen| screen.failed(&format!("{} {}: {why}", red.id, red.state.word())))?;
    }
    Ok(verified)
}

/// `12 files`.
pub(super) fn files(found: &Found) -> String {
    count(found.files, "file", "files")
}

/// In tenths of a megabyte; the smallest is told as one of them.
pub(super) fn size(bytes: usize) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
