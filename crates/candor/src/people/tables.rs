//! The tables of people, column by column: their part of the data inventory.
//!
//! Promises: what stands here is what the databases hold; `privacy::inventory` compares the two.
//! Leaves out: SQL (`store.rs`, `migrations/`).

use policy::inventory::{Column, Disposition, Kind, Null, Retention, Sealed, Store, SubjectPath, Table};
use policy::{Category, Purpose};

const RANDOM_ID: Sealed = Sealed::No("a random id, which tells nothing by itself");
const SWITCH: Sealed = Sealed::No("one of a few words that the program must read before any key is opened");
const MOMENT: Sealed = Sealed::No("when a row was made: needed for look-ups by the operator, tells nothing of use");

/// Persons.
pub const SUBJECT: Table = Table {
    name: "subject",
    store: Store::Main,
    subject_path: SubjectPath::Column("subject_id"),
    purpose: Purpose::ProvideService,
    retention: Retention::WhileAccount,
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "subject_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "state",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Account,
            sealed: SWITCH,
        },
        Column {
            name: "created_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Account,
            sealed: MOMENT,
        },
    ],
};

/// Who pays.
pub const ORGANISATION: Table = Table {
    name: "organisation",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "org_id",
        table: "membership",
    },
    purpose: Purpose::ProvideService,
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
            name: "kind",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Organisation,
            sealed: SWITCH,
        },
        Column {
            name: "created_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Organisation,
            sealed: MOMENT,
        },
    ],
};

/// Logins.
pub const ACCOUNT: Table = Table {
    name: "account",
    store: Store::Main,
    subject_path: SubjectPath::Column("subject_id"),
    purpose: Purpose::ProvideService,
    retention: Retention::WhileAccount,
    disposition: Disposition::Erase,
    columns: &[
        Column {
            name: "account_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "subject_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "personal_org_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "role",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Account,
            sealed: SWITCH,
        },
        Column {
            name: "email",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Contact,
            sealed: Sealed::Subject,
        },
        Column {
            name: "email_week",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("names the week's key under which email_tag was made"),
        },
        Column {
            name: "email_tag",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Contact,
            sealed: Sealed::No(
                "HMAC under a key of the keyring, for look-ups; means nothing once that week's slot is gone",
            ),
        },
        Column {
            name: "username",
            kind: Kind::Blob,
            null: Null::Allowed,
            category: Category::Account,
            sealed: Sealed::Subject,
        },
        Column {
            name: "password",
            kind: Kind::Blob,
            null: Null::Allowed,
            category: Category::Credentials,
            sealed: Sealed::Subject,
        },
        Column {
            name: "created_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Account,
            sealed: MOMENT,
        },
    ],
};

/// Who belongs to which organisation.
pub const MEMBERSHIP: Table = Table {
    name: "membership",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "account_id",
        table: "account",
    },
    purpose: Purpose::ProvideService,
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
            name: "account_id",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Identifiers,
            sealed: RANDOM_ID,
        },
        Column {
            name: "role",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Organisation,
            sealed: SWITCH,
        },
    ],
};

/// API keys, by their digest.
pub const API_KEY: Table = Table {
    name: "api_key",
    store: Store::Main,
    subject_path: SubjectPath::Via {
        column: "account_id",
        table: "account",
    },
    purpose: Purpose::ProvideService,
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
            name: "key_id",
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
            name: "token_hash",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Credentials,
            sealed: Sealed::No("SHA-256 of 256 random bits: nothing to guess, and every request looks it up"),
        },
        Column {
            name: "name",
            kind: Kind::Blob,
            null: Null::Never,
            category: Category::Credentials,
            sealed: Sealed::Subject,
        },
        Column {
            name: "scope",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Credentials,
            sealed: SWITCH,
        },
        Column {
            name: "created_at",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Credentials,
            sealed: MOMENT,
        },
        Column {
            name: "revoked_at",
            kind: Kind::Integer,
            null: Null::Allowed,
            category: Category::Credentials,
            sealed: MOMENT,
        },
        Column {
            name: "models",
            kind: Kind::Text,
            null: Null::Allowed,
            category: Category::Credentials,
            sealed: Sealed::No("names of models of the configuration, which every request is compared with"),
        },
        Column {
            name: "limits",
            kind: Kind::Text,
            null: Null::Allowed,
            category: Category::Credentials,
            sealed: Sealed::No("numbers that every request is compared with; they tell nothing of use"),
        },
        Column {
            name: "expires_at",
            kind: Kind::Integer,
            null: Null::Allowed,
            category: Category::Credentials,
            sealed: MOMENT,
        },
    ],
};

/// The change sequence that all processes poll.
pub const CHANGE: Table = Table {
    name: "change",
    store: Store::Main,
    subject_path: SubjectPath::None("a counter of changes; it doesn't say of what"),
    purpose: Purpose::Operation,
    retention: Retention::Evidence,
    disposition: Disposition::Retain("it is about nobody and one row long"),
    columns: &[
        Column {
            name: "topic",
            kind: Kind::Text,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("a word of the program"),
        },
        Column {
            name: "sequence",
            kind: Kind::Integer,
            null: Null::Never,
            category: Category::Operations,
            sealed: Sealed::No("a counter over all accounts"),
        },
    ],
};

/// All of them.
pub const TABLES: &[&Table] = &[&SUBJECT, &ORGANISATION, &ACCOUNT, &MEMBERSHIP, &API_KEY, &CHANGE];
