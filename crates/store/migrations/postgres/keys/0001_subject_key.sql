CREATE TABLE subject_key (
    subject_id BYTEA NOT NULL PRIMARY KEY CHECK (length(subject_id) = 16),
    week       BIGINT NOT NULL,
    wrapped    BYTEA NOT NULL CHECK (length(wrapped) = 61),
    created_at BIGINT NOT NULL
);

ALTER TABLE subject_key ALTER COLUMN wrapped SET STATISTICS 0;

CREATE INDEX subject_key_week ON subject_key (week);
