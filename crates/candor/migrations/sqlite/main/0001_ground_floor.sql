-- People. A subject is a person, an account a login, an organisation who pays; every account has a personal organisation.
CREATE TABLE subject (
    subject_id BLOB NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organisation (
    org_id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('personal')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    account_id BLOB NOT NULL PRIMARY KEY,
    subject_id BLOB NOT NULL UNIQUE REFERENCES subject (subject_id),
    personal_org_id BLOB NOT NULL UNIQUE REFERENCES organisation (org_id),
    role TEXT NOT NULL CHECK (role IN ('member', 'operator')),
    email BLOB NOT NULL,
    email_week INTEGER NOT NULL,
    email_tag BLOB NOT NULL UNIQUE,
    username BLOB,
    password BLOB,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
    org_id BLOB NOT NULL REFERENCES organisation (org_id),
    account_id BLOB NOT NULL REFERENCES account (account_id),
    role TEXT NOT NULL CHECK (role IN ('owner')),
    PRIMARY KEY (org_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_account ON membership (account_id);

CREATE TABLE api_key (
    org_id BLOB NOT NULL REFERENCES organisation (org_id),
    key_id BLOB NOT NULL,
    account_id BLOB NOT NULL REFERENCES account (account_id),
    token_hash BLOB NOT NULL UNIQUE,
    name BLOB NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'sandbox')),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (org_id, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_by_account ON api_key (account_id);

-- One row, counted up by every change that all processes must see within `auth.stale`; its lock puts them in one order.
CREATE TABLE change (
    topic TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO change (topic, sequence) VALUES ('people', 1);

-- Money. A posting has at least two entries that add up to nothing.
CREATE TABLE price_version (
    version INTEGER NOT NULL,
    unit TEXT NOT NULL,
    model TEXT NOT NULL,
    currency TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    PRIMARY KEY (version, unit)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_account (
    org_id BLOB NOT NULL PRIMARY KEY,
    currency TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_posting (
    org_id BLOB NOT NULL REFERENCES ledger_account (org_id),
    posting_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'usage')),
    day INTEGER NOT NULL,
    fiscal_year INTEGER NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (org_id, posting_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_entry (
    org_id BLOB NOT NULL,
    pot TEXT NOT NULL CHECK (pot IN ('credit', 'granted', 'used')),
    posting_id BLOB NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (org_id, pot, posting_id),
    FOREIGN KEY (org_id, posting_id) REFERENCES ledger_posting (org_id, posting_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE process (
    instance_id BLOB NOT NULL PRIMARY KEY,
    beats INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credit_lease (
    org_id BLOB NOT NULL REFERENCES ledger_account (org_id),
    instance_id BLOB NOT NULL REFERENCES process (instance_id),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    in_use INTEGER NOT NULL CHECK (in_use >= 0),
    PRIMARY KEY (org_id, instance_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX credit_lease_by_instance ON credit_lease (instance_id);

-- Records: what is billed (no request, no key, no time of day), and how far each process's spool was booked.
CREATE TABLE usage_line (
    org_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    model TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (org_id, account_id, day, model, unit)
) STRICT, WITHOUT ROWID;

CREATE TABLE booked (
    instance_id BLOB NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
