-- What stays of a day: one row a released day, and its cells. No id, no time finer than the day, no exact number.
CREATE TABLE aggregate_release (
    day INTEGER NOT NULL PRIMARY KEY,
    k INTEGER NOT NULL,
    epsilon INTEGER NOT NULL,
    cells INTEGER NOT NULL,
    currency TEXT NOT NULL,
    digest BLOB NOT NULL,
    withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE aggregate_cell (
    day INTEGER NOT NULL REFERENCES aggregate_release (day),
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    ending TEXT NOT NULL,
    accounts INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (day, model, provider, ending)
) STRICT, WITHOUT ROWID;
