-- What stays of a day: one row a released day, and its cells. No id, no time finer than the day, no exact number.
CREATE TABLE aggregate_release (
    day BIGINT NOT NULL PRIMARY KEY,
    k BIGINT NOT NULL,
    epsilon BIGINT NOT NULL,
    cells BIGINT NOT NULL,
    currency TEXT NOT NULL,
    digest BYTEA NOT NULL,
    withdrawn BIGINT NOT NULL CHECK (withdrawn IN (0, 1))
);

CREATE TABLE aggregate_cell (
    day BIGINT NOT NULL REFERENCES aggregate_release (day),
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    ending TEXT NOT NULL,
    accounts BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (day, model, provider, ending)
);
