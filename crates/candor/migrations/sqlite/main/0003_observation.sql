-- What probes saw: equal looks in a row are one row, the highest number is the last.
CREATE TABLE observation (
    probe TEXT NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    why TEXT,
    considered INTEGER NOT NULL,
    figure TEXT,
    since INTEGER NOT NULL,
    at INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    PRIMARY KEY (probe, number)
) STRICT, WITHOUT ROWID;
