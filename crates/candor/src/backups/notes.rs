//! What a backup's manifest tells of it, besides its rows.

use std::collections::BTreeMap;
use std::path::Path;

use base::time::Timestamp;

use super::Backup;

const ID: &str = "backup";
const MADE_AT: &str = "made_at";
const RESTORES_UNTIL: &str = "restores_until";
const DEAD_AT: &str = "dead_at";
const PROGRAM: &str = "program";

/// The notes of a backup, for its manifest.
pub fn about(backup: &Backup) -> BTreeMap<String, String> {
    let notes = [
        (ID, backup.id.to_string()),
        (MADE_AT, backup.made_at.to_string()),
        (RESTORES_UNTIL, backup.restores_until.to_string()),
        (DEAD_AT, backup.dead_at.to_string()),
        (PROGRAM, format!("candor {}", env!("CARGO_PKG_VERSION"))),
    ];
    notes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What a manifest tells of its backup; none if they are no notes of [`about`].
pub fn noted(about: &BTreeMap<String, String>, place: &Path) -> Option<Backup> {
    let time = |name: &str| about.get(name)?.parse::<Timestamp>().ok();
    Some(Backup {
        id: about.get(ID)?.parse().ok()?,
        place: place.display().to_string(),
        made_at: time(MADE_AT)?,
        restores_until: time(RESTORES_UNTIL)?,
        dead_at: time(DEAD_AT)?,
    })
}
