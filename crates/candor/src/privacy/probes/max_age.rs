//! `probe.max_age_raw`: nothing of the generation log is older than its promise.
//!
//! Considers every partition and every key of a day, and every file whose name begins with a day. A breach is a part that is
//! there at the moment that was promised for its first request; a part that is over and may still be read, at once; and a
//! rehearsed day that the sweep leaves, so that a sweep that does nothing is seen on the first day and not on the thirty-first.

use std::io;
use std::time::Duration;

use base::time::{Day, Timestamp};
use futures_util::future::BoxFuture;

use super::rehearsal::{Rehearsed, rehearse};
use super::{Control, Look, LookError, Probe, Probing, promise};
use crate::privacy::retention::Ends;

/// The probe of the generation log's end.
pub(super) const PROBE: Probe = Probe {
    name: "probe.max_age_raw",
    promises: &[promise(13, 3)],
    considers: "partitions, files and keys of days",
    period: Duration::from_mins(15),
    run: |probing| -> BoxFuture<'_, _> { Box::pin(look(probing)) },
};

async fn look(probing: &Probing) -> Result<Look, LookError> {
    let rehearsed = rehearse(probing).await?;
    probing.keys.follow_ends().await?;
    let found = Found {
        partitions: probing.days.list().await?,
        keys: probing.keys.live_days(),
        files: day_files(probing)?,
    };
    let ends = Ends::new(probing.parameters.retention_generation_log);
    let now = probing.clock.now();
    let control = match &rehearsed {
        Rehearsed::Unseen(why) => Control::Dead(why.clone()),
        Rehearsed::Ended | Rehearsed::Left(_) => Control::Alive,
    };
    let mut look = Look::at(found.count(), control);
    if let Rehearsed::Left(what) = rehearsed {
        look = look.breach(what);
    }
    for breach in found.past_promise(ends, now) {
        look = look.breach(breach);
    }
    for remains in ends.over(&found.partitions, &[], now) {
        if probing.days.reader(remains.day).await?.is_some() {
            look = look.breach(format!("{} is over and can be read", remains.day));
        }
    }
    if let Some(oldest) = found.partitions.iter().chain(&found.files).min() {
        let days = now.day().days_since(*oldest);
        let unit = if days == 1 { "day" } else { "days" };
        look = look.figure(format!("{days} {unit}"));
    }
    Ok(look)
}

/// What is there of days.
struct Found {
    partitions: Vec<Day>,
    keys: Vec<Day>,
    files: Vec<Day>,
}

impl Found {
    fn count(&self) -> u64 {
        let count = self.partitions.len() + self.keys.len() + self.files.len();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn past_promise(&self, ends: Ends, now: Timestamp) -> Vec<String> {
        let kinds = [
            ("the partition", &self.partitions),
            ("a file", &self.files),
            ("the key", &self.keys),
        ];
        let past = |(what, days): (&str, &Vec<Day>)| -> Vec<String> {
            let days = days.iter().filter(|day| ends.promised(**day) <= now);
            days.map(|day| {
                format!(
                    "{what} of {day} is there, and nothing was to be left from {} on",
                    ends.promised(*day)
                )
            })
            .collect()
        };
        kinds.into_iter().flat_map(past).collect()
    }
}

/// The days that names of files in the folder of day files begin with, whatever the file: this look trusts no list of the store's.
fn day_files(probing: &Probing) -> Result<Vec<Day>, LookError> {
    let files = match probing.disk.list(&probing.places.data.join("days")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(|error| LookError::Disk {
            what: "the folder of day files",
            error,
        })?,
    };
    let day = |name: &str| name.get(..10)?.parse().ok();
    Ok(files
        .iter()
        .filter_map(|file| day(file.file_name()?.to_str()?))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_there_at_the_promised_moment_is_a_breach_and_not_a_second_before() {
        let day = Day::from_number(20_783);
        let ends = Ends::new(Some(policy::Days::new(30)));
        let promised = ends.promised(day);
        for (partitions, files, keys, what) in [
            (vec![day], vec![], vec![], "the partition"),
            (vec![], vec![day], vec![], "a file"),
            (vec![], vec![], vec![day], "the key"),
        ] {
            let found = Found {
                partitions,
                keys,
                files,
            };
            assert_eq!(
                found.past_promise(ends, promised.minus(Duration::from_secs(1))),
                Vec::<String>::new()
            );
            let breaches = found.past_promise(ends, promised);
            assert!(breaches.len() == 1 && breaches[0].contains(what), "{breaches:?}");
        }
    }
}
