CREATE TABLE subject_key (
    subject_id BLOB NOT NULL PRIMARY KEY CHECK (length(subject_id) = 16),
    week       INTEGER NOT NULL,
    wrapped    BLOB NOT NULL CHECK (length(wrapped) = 61),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX subject_key_week ON subject_key (week);
