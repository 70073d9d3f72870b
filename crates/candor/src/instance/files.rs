//! The files of an instance and the hosts it sends to: their part of the data inventory.
//!
//! Promises: every file that the program makes has one of these patterns; a test looks into a used data folder.
//! Leaves out: the tables in the databases (each domain's `tables.rs`).

use policy::inventory::{Disposition, File, Host, Retention, Sealed};
use policy::{Category, Purpose};

const BY_COLUMN: Sealed = Sealed::No("sealed column by column, as its tables declare");
const NOTHING: Sealed = Sealed::No("holds nothing about a person");

/// Every file, by the pattern of its path in the data folder; `<keyring>` may lie elsewhere.
pub const FILES: &[File] = &[
    databases(
        "candor.db",
        Category::Account,
        Retention::FiscalYearPlus("retention.billing"),
    ),
    databases("keys.db", Category::Account, Retention::WhileAccount),
    databases(
        "days/<day>.db",
        Category::Usage,
        Retention::Parameter("retention.generation_log"),
    ),
    File {
        path: "days/<day>.db-aside",
        category: Category::GenerationContent,
        sealed: Sealed::SubjectDay,
        purpose: Purpose::ProvideService,
        retention: Retention::Parameter("retention.generation_log"),
        disposition: Disposition::Unreachable(
            "sealed blobs of the day's rows; they can't be opened once the person's key or the day's is gone",
        ),
    },
    nobody("days/purged", "which days were dropped, so that none is made again"),
    File {
        path: "spool/<instance>-<number>.seg",
        category: Category::GenerationContent,
        sealed: Sealed::SubjectDay,
        purpose: Purpose::ProvideService,
        retention: Retention::Parameter("retention.generation_log"),
        disposition: Disposition::Unreachable(
            "it is applied within seconds; what is late meets the tombstone of its person",
        ),
    },
    nobody(
        "rehearsal/days/<day>.db",
        "a synthetic day whose end a probe rehearses; gone when it returns",
    ),
    nobody("rehearsal/days/purged", "the same: which synthetic day was dropped"),
    nobody("rehearsal/keys.db", "the same: a synthetic person's key"),
    nobody("rehearsal/keyring", "the same: a synthetic day's key"),
    nobody("rehearsal/keyring.lock", "held while that is changed"),
    nobody("rehearsal/lock", "held by the process that rehearses"),
    File {
        path: "spool/<instance>-<number>.seg",
        category: Category::Usage,
        sealed: Sealed::No(
            "what a request used and whose it is, under random ids, until it is booked: a restart must book it without anybody's key",
        ),
        purpose: Purpose::ProvideService,
        retention: Retention::Parameter("retention.generation_log"),
        disposition: Disposition::Unreachable("it is booked within seconds, and its segment goes within an hour or so"),
    },
    nobody("spool/<instance>.lock", "held by the process that writes the segments"),
    File {
        path: "<keyring>",
        category: Category::Keys,
        sealed: Sealed::No("the outermost keys: what ends is overwritten in place, and no backup holds it"),
        purpose: Purpose::Operation,
        retention: Retention::Parameter("keys.week_slack"),
        disposition: Disposition::Unreachable(
            "keys of days and weeks belong to nobody; a person's key is in the key store",
        ),
    },
    nobody("<keyring>.lock", "held by whoever changes the keyring"),
    nobody(
        "<keyring>.revoked",
        "random ids of revoked keys, so that no restored backup brings one back",
    ),
    File {
        path: "<keyring>.tombstones",
        category: Category::Tombstones,
        sealed: Sealed::No("HMACs of random ids under a key of the keyring"),
        purpose: Purpose::Rights,
        retention: Retention::Parameter("backup.dead"),
        disposition: Disposition::Retain("it is how a restored backup learns whom to erase again"),
    },
    nobody(
        "lock",
        "held by the owner of the data folder; tells where its socket is",
    ),
    nobody("control", "the owner's socket for commands"),
    nobody("processes/<number>/lock", "with PostgreSQL, the same for each process"),
    nobody(
        "processes/<number>/control",
        "with PostgreSQL, the same for each process",
    ),
    nobody("restoring", "stands while a restore is under way"),
];

/// Files that SQLite makes beside its own while it is open or was killed.
const OF_SQLITE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The declaration of a file, by its path in the data folder; `keyring` is the keyring's there. None: nobody declared it.
#[must_use]
pub fn declared(path: &str, keyring: &str) -> Option<&'static File> {
    let path = OF_SQLITE.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    FILES
        .iter()
        .find(|file| matches(&file.path.replace("<keyring>", keyring), path))
}

/// Whether a path has the form of a pattern: `<…>` stands for anything but a slash.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('<') else {
        return pattern == path;
    };
    let Some((_, after)) = rest.split_once('>') else {
        return false;
    };
    let Some(path) = path.strip_prefix(before) else {
        return false;
    };
    let mut ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
    ends.any(|end| !path[..end].contains('/') && matches(after, &path[end..]))
}

/// Every host that anything may be sent to.
pub const HOSTS: &[Host] = &[
    Host {
        name: "hosts of [[provider]] base_url",
        recipient: "model_provider",
        categories: &[Category::GenerationContent],
        purpose: Purpose::ProvideService,
    },
    Host {
        name: "hosts of database.url and keys.url",
        recipient: "database_host",
        categories: &[
            Category::Account,
            Category::Contact,
            Category::Credentials,
            Category::Identifiers,
            Category::Organisation,
            Category::GenerationContent,
            Category::GenerationMetadata,
            Category::Usage,
            Category::Financial,
            Category::Keys,
            Category::Aggregates,
            Category::Evidence,
            Category::Operations,
        ],
        purpose: Purpose::Operation,
    },
];

const fn databases(path: &'static str, category: Category, retention: Retention) -> File {
    let disposition = Disposition::Erase;
    File {
        path,
        category,
        sealed: BY_COLUMN,
        purpose: Purpose::ProvideService,
        retention,
        disposition,
    }
}

const fn nobody(path: &'static str, why: &'static str) -> File {
    File {
        path,
        category: Category::Operations,
        sealed: NOTHING,
        purpose: Purpose::Operation,
        retention: Retention::Evidence,
        disposition: Disposition::Retain(why),
    }
}
