-- One day of the generation log. In the clear: a random id that begins with the day, the day, the order, and a tag that means
-- nothing once the day's key is gone. The big values come last, so that look-ups don't walk over them.
CREATE TABLE generation (
    day BIGINT NOT NULL,
    id BYTEA NOT NULL,
    place BIGINT NOT NULL,
    owner_tag BYTEA NOT NULL,
    meta BYTEA,
    content BYTEA,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX generation_by_owner ON generation (day, owner_tag, place);

CREATE TABLE key_usage (
    day BIGINT NOT NULL,
    key_tag BYTEA NOT NULL,
    requests BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (day, key_tag)
) PARTITION BY RANGE (day);

-- The last place that was given out in the day: places order the rows and tell no time.
CREATE TABLE day_place (
    day BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) PARTITION BY RANGE (day);

-- How far each process's spool was written into this day.
CREATE TABLE day_recorded (
    day BIGINT NOT NULL,
    instance_id BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (day, instance_id)
) PARTITION BY RANGE (day);
