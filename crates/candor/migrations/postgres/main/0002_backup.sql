-- Backups that were made, so that it is known where copies lie and when the last of them opens nobody.
CREATE TABLE backup (
    backup_id BYTEA NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    restores_until BIGINT NOT NULL,
    dead_at BIGINT NOT NULL
);
