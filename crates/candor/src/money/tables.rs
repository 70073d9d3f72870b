//! The tables of money, column by column: their part of the data inventory.
//!
//! Promises: no table of money holds a request, an API key or a time finer than a day.
//! Leaves out: SQL (`store.rs`, `migrations/`).

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const RANDOM_ID: Sealed = Sealed::No("a random id, which tells nothing by itself");
const WORD: Sealed = Sealed::No("one of a few words of the program");
const PUBLIC: Sealed = Sealed::No("a price that the operator publishes");
const BOOKS: Sealed =
    Sealed::No("books must add up while no person's key is open; they know an organisation's random id alone");
const KEPT: &str = "tax law asks for books of past years; they hold amounts by day under a random id";

/// Published prices, by version.
pub const PRICE_VERSION: Table = Table {
    name: "price_version",
    store: Store::Main,
    subject_path: SubjectPath::None("prices are the same for everybody"),
    purpose: Purpose::Billing,
    retention: Retention::FiscalYearPlus("retention.billing"),
    disposition: Disposition::Retain("it is about nobody"),
    columns: &[
        Column {
            name: "version",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: PUBLIC,
        },
        Column {
            name: "unit",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Operations,
            sealed: PUBLIC,
        },
        Column {
            name: "model",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Operations,
            sealed: PUBLIC,
        },
        Column {
            name: "currency",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Operations,
            sealed: PUBLIC,
        },
        Column {
            name: "price",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: PUBLIC,
        },
    ],
};

/// An organisation's books.
pub const LEDGER_ACCOUNT: Table = Table {
    name: "ledger_account",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "org_id",
        table: "organisation",
    },
    purpose: Purpose::Billing,
    retention: Retention::FiscalYearPlus("retention.billing"),
    disposition: Disposition::Retain(KEPT),
    columns: &[
        Column {
            name: "org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "currency",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
    ],
};

/// What was booked: a grant, or a day's use of a model.
pub const LEDGER_POSTING: Table = Table {
    name: "ledger_posting",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "org_id",
        table: "organisation",
    },
    purpose: Purpose::Billing,
    retention: Retention::FiscalYearPlus("retention.billing"),
    disposition: Disposition::Retain(KEPT),
    columns: &[
        Column {
            name: "org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "posting_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Financial,
            sealed: RANDOM_ID,
        },
        Column {
            name: "kind",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Financial,
            sealed: WORD,
        },
        Column {
            name: "day",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
        Column {
            name: "fiscal_year",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
        Column {
            name: "model",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
    ],
};

/// The amounts of a posting; they add up to nothing.
pub const LEDGER_ENTRY: Table = Table {
    name: "ledger_entry",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "org_id",
        table: "organisation",
    },
    purpose: Purpose::Billing,
    retention: Retention::FiscalYearPlus("retention.billing"),
    disposition: Disposition::Retain(KEPT),
    columns: &[
        Column {
            name: "org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "pot",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Financial,
            sealed: WORD,
        },
        Column {
            name: "posting_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Financial,
            sealed: RANDOM_ID,
        },
        Column {
            name: "amount",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
    ],
};

/// Processes that may hold leases.
pub const PROCESS: Table = Table {
    name: "process",
    store: Store::Main,
    subject_path: SubjectPath::None("it is about runs of the program"),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain("it is about nobody, and a dead process's row goes within seconds"),
    columns: &[
        Column {
            name: "instance_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Operations,
            sealed: RANDOM_ID,
        },
        Column {
            name: "beats",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("counts up while the process lives"),
        },
        Column {
            name: "seen_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("when the process last said that it lives"),
        },
    ],
};

/// Credit that a process may spend without asking.
pub const CREDIT_LEASE: Table = Table {
    name: "credit_lease",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "org_id",
        table: "organisation",
    },
    purpose: Purpose::Billing,
    retention: Retention::WhileAccount,
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "instance_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Operations,
            sealed: RANDOM_ID,
        },
        Column {
            name: "amount",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
        Column {
            name: "in_use",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Financial,
            sealed: BOOKS,
        },
    ],
};

/// All of them.
pub const TABLES: &[&Table] = &[
    &PRICE_VERSION,
    &LEDGER_ACCOUNT,
    &LEDGER_POSTING,
    &LEDGER_ENTRY,
    &PROCESS,
    &CREDIT_LEASE,
];
