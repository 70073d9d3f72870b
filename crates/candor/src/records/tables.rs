//! The tables of records, column by column: their part of the data inventory.
//!
//! Promises: of a generation nothing stands in the clear but a random id, its day, its order and a tag that means nothing
//! once the day's key is gone; what stays for the bill names no request and no key.
//! Leaves out: SQL (`store.rs`, `migrations/`).

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const RANDOM_ID: Sealed = Sealed::No("a random id, which tells nothing by itself");
const DAY: Sealed = Sealed::No("names the partition");
const DAY_TAG: Sealed = Sealed::No("HMAC under the day's key: means nothing once the day ended");
const DAY_SUM: Sealed = Sealed::No("a day's sum under a tag that means nothing once the day ended");
const BILL: Sealed = Sealed::No("a day's sum for the bill, under random ids; it must add up with the books");
const MARK: Sealed = Sealed::No("how far a run of the program has come");

/// Generations: one row each, in the partition of their day.
pub const GENERATION: Table = Table {
    name: "generation",
    store: Store::Day,
    subject_path: SubjectPath::Column("owner_tag"),
    purpose: Purpose::ProvideService,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: DAY,
        },
        Column {
            name: "id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "place",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("the order within the day; it tells no time"),
        },
        Column {
            name: "owner_tag",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: DAY_TAG,
        },
        Column {
            name: "meta",
            kind: Kind::Blob,
            null: Null::Allowed,
            category: Category::GenerationMetadata,
            sealed: Sealed::SubjectDay,
        },
        Column {
            name: "content",
            kind: Kind::Blob,
            null: Null::Allowed,
            category: Category::GenerationContent,
            sealed: Sealed::SubjectDay,
        },
    ],
};

/// What an API key used on a day.
pub const KEY_USAGE: Table = Table {
    name: "key_usage",
    store: Store::Day,
    subject_path: SubjectPath::Column("key_tag"),
    purpose: Purpose::ProvideService,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: DAY,
        },
        Column {
            name: "key_tag",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: DAY_TAG,
        },
        Column {
            name: "requests",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
        Column {
            name: "refused",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
        Column {
            name: "failed",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
        Column {
            name: "input_tokens",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
        Column {
            name: "output_tokens",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
        Column {
            name: "cost",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: DAY_SUM,
        },
    ],
};

/// The last place given out in a day.
pub const DAY_PLACE: Table = Table {
    name: "day_place",
    store: Store::Day,
    subject_path: SubjectPath::None("a counter over all accounts"),
    purpose: Purpose::Operation,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Retain("it is about nobody and ends with the day"),
    columns: &[
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: DAY,
        },
        Column {
            name: "last",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: MARK,
        },
    ],
};

/// How far each process's spool was written into a day.
pub const DAY_RECORDED: Table = Table {
    name: "day_recorded",
    store: Store::Day,
    subject_path: SubjectPath::None("it is about runs of the program"),
    purpose: Purpose::Operation,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Retain("it is about nobody and ends with the day"),
    columns: &[
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: DAY,
        },
        Column {
            name: "instance_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Operations,
            sealed: RANDOM_ID,
        },
        Column {
            name: "sequence",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: MARK,
        },
    ],
};

/// What an account used on a day, by model and unit: for the bill.
pub const USAGE_LINE: Table = Table {
    name: "usage_line",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "account_id",
        table: "account",
    },
    purpose: Purpose::Billing,
    retention: Retention::FiscalYearPlus("retention.billing"),
    disposition: Disposition::Retain(
        "tax law asks what a bill was for; after erasure no row leads from these ids to a person",
    ),
    columns: &[
        Column {
            name: "org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "account_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: BILL,
        },
        Column {
            name: "model",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Usage,
            sealed: BILL,
        },
        Column {
            name: "unit",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Usage,
            sealed: BILL,
        },
        Column {
            name: "quantity",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: BILL,
        },
        Column {
            name: "cost",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Usage,
            sealed: BILL,
        },
    ],
};

/// How far each process's spool was booked. A row outlives its process on purpose: a spool's folder that comes back from a snapshot
/// of the machine is booked again without it. A start adds some forty bytes.
pub const BOOKED: Table = Table {
    name: "booked",
    store: Store::Main,
    subject_path: SubjectPath::None("it is about runs of the program"),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain("it is about nobody"),
    columns: &[
        Column {
            name: "instance_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Operations,
            sealed: RANDOM_ID,
        },
        Column {
            name: "sequence",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: MARK,
        },
    ],
};

/// All of them.
pub const TABLES: &[&Table] = &[&GENERATION, &KEY_USAGE, &DAY_PLACE, &DAY_RECORDED, &USAGE_LINE, &BOOKED];
