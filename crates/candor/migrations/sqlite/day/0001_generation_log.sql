-- One day of the generation log. In the clear: a random id that begins with the day, the day, the order, and a tag that means
-- nothing once the day's key is gone. The big values come last, so that look-ups don't walk over them.
CREATE TABLE generation (
    day INTEGER NOT NULL,
    id BLOB NOT NULL,
    place INTEGER NOT NULL,
    owner_tag BLOB NOT NULL,
    meta BLOB,
    content BLOB,
    PRIMARY KEY (day, id)
) STRICT;
CREATE INDEX generation_by_owner ON generation (day, owner_tag, place);

CREATE TABLE key_usage (
    day INTEGER NOT NULL,
    key_tag BLOB NOT NULL,
    requests INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (day, key_tag)
) STRICT, WITHOUT ROWID;

-- The last place that was given out in the day: places order the rows and tell no time.
CREATE TABLE day_place (
    day INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each process's spool was written into this day.
CREATE TABLE day_recorded (
    day INTEGER NOT NULL,
    instance_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (day, instance_id)
) STRICT, WITHOUT ROWID;
