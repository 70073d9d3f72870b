-- Backups that were made, so that it is known where copies lie and when the last of them opens nobody.
CREATE TABLE backup (
    backup_id BLOB NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    restores_until INTEGER NOT NULL,
    dead_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
