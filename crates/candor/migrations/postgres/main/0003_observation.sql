-- What probes saw: equal looks in a row are one row, the highest number is the last.
CREATE TABLE observation (
    probe TEXT NOT NULL,
    number BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    why TEXT,
    considered BIGINT NOT NULL,
    figure TEXT,
    since BIGINT NOT NULL,
    at BIGINT NOT NULL,
    looks BIGINT NOT NULL,
    PRIMARY KEY (probe, number)
);
