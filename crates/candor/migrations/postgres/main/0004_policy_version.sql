-- Versions of the policy by which this installation has run: a page's date is when its hash first ran.
CREATE TABLE policy_version (
    hash BYTEA NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    first_ran_at BIGINT NOT NULL
);
