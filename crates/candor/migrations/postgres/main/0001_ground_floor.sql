-- People. A subject is a person, an account a login, an organisation who pays; every account has a personal organisation.
CREATE TABLE subject (
    subject_id BYTEA NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen')),
    created_at BIGINT NOT NULL
);

CREATE TABLE organisation (
    org_id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('personal')),
    created_at BIGINT NOT NULL
);

CREATE TABLE account (
    account_id BYTEA NOT NULL PRIMARY KEY,
    subject_id BYTEA NOT NULL UNIQUE REFERENCES subject (subject_id),
    personal_org_id BYTEA NOT NULL UNIQUE REFERENCES organisation (org_id),
    role TEXT NOT NULL CHECK (role IN ('member', 'operator')),
    email BYTEA NOT NULL,
    email_week BIGINT NOT NULL,
    email_tag BYTEA NOT NULL UNIQUE,
    username BYTEA,
    password BYTEA,
    created_at BIGINT NOT NULL
);

CREATE TABLE membership (
    org_id BYTEA NOT NULL REFERENCES organisation (org_id),
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    role TEXT NOT NULL CHECK (role IN ('owner')),
    PRIMARY KEY (org_id, account_id)
);
CREATE INDEX membership_by_account ON membership (account_id);

CREATE TABLE api_key (
    org_id BYTEA NOT NULL REFERENCES organisation (org_id),
    key_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    token_hash BYTEA NOT NULL UNIQUE,
    name BYTEA NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'sandbox')),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (org_id, key_id)
);
CREATE INDEX api_key_by_account ON api_key (account_id);

-- One row, counted up by every change that all processes must see within `auth.stale`; its lock puts them in one order.
CREATE TABLE change (
    topic TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);
INSERT INTO change (topic, sequence) VALUES ('people', 1);

-- Money. A posting has at least two entries that add up to nothing.
CREATE TABLE price_version (
    version BIGINT NOT NULL,
    unit TEXT NOT NULL,
    model TEXT NOT NULL,
    currency TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    PRIMARY KEY (version, unit)
);

CREATE TABLE ledger_account (
    org_id BYTEA NOT NULL PRIMARY KEY,
    currency TEXT NOT NULL
);

CREATE TABLE ledger_posting (
    org_id BYTEA NOT NULL REFERENCES ledger_account (org_id),
    posting_id BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'usage')),
    day BIGINT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (org_id, posting_id)
);

CREATE TABLE ledger_entry (
    org_id BYTEA NOT NULL,
    pot TEXT NOT NULL CHECK (pot IN ('credit', 'granted', 'used')),
    posting_id BYTEA NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (org_id, pot, posting_id),
    FOREIGN KEY (org_id, posting_id) REFERENCES ledger_posting (org_id, posting_id)
);

CREATE TABLE process (
    instance_id BYTEA NOT NULL PRIMARY KEY,
    beats BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE credit_lease (
    org_id BYTEA NOT NULL REFERENCES ledger_account (org_id),
    instance_id BYTEA NOT NULL REFERENCES process (instance_id),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    in_use BIGINT NOT NULL CHECK (in_use >= 0),
    PRIMARY KEY (org_id, instance_id)
);
CREATE INDEX credit_lease_by_instance ON credit_lease (instance_id);

-- Records: what is billed (no request, no key, no time of day), and how far each process's spool was booked.
CREATE TABLE usage_line (
    org_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    day BIGINT NOT NULL,
    model TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (org_id, account_id, day, model, unit)
);

CREATE TABLE booked (
    instance_id BYTEA NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);
