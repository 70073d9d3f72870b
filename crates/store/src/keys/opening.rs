//! Opening a keyring that other processes may just be changing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use base::random::Random;

use super::keyring::{Found, Keyring, KeyringError};
use crate::disk::Disk;

/// How often and how long to wait for another process that is changing the keyring: about five seconds in all.
pub(super) const BUSY_ATTEMPTS: u32 = 100;
pub(super) const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// As [`Keyring::open`], and waits a while for whoever is changing the file.
///
/// # Errors
/// Those of [`Keyring::open`].
pub async fn open_keyring(
    disk: &Arc<dyn Disk>,
    path: &Path,
    mirror: Option<&Path>,
    random: &dyn Random,
    clock: &dyn Clock,
) -> Result<(Keyring, Found), KeyringError> {
    for _ in 1..BUSY_ATTEMPTS {
        match Keyring::open(disk, path, mirror, random, clock.now()) {
            Err(KeyringError::Busy(_)) => tokio::time::sleep(BUSY_PAUSE).await,
            opened => return opened,
        }
    }
    Keyring::open(disk, path, mirror, random, clock.now())
}
