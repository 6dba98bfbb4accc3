-- Telling staff that something waits for them: what waits, who was told of it when, who stands in for whom.
CREATE TABLE matters (
    id uuid PRIMARY KEY,
    kind varchar(30) NOT NULL,
    object_id uuid NOT NULL,
    since timestamptz NOT NULL,
    incidents integer,
    over_at timestamptz,
    CONSTRAINT matter_kind CHECK (kind IN ('update-waits', 'update-halted', 'incident-opened')),
    CONSTRAINT matters_of_incidents_count_them CHECK ((kind = 'incident-opened') = (incidents IS NOT NULL))
);
CREATE UNIQUE INDEX a_matter_is_open_once ON matters (kind, object_id) WHERE over_at IS NULL;

CREATE TABLE notices (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matters (id) ON DELETE CASCADE,
    subject varchar NOT NULL,
    step integer NOT NULL,
    state varchar(30) NOT NULL,
    attempt integer NOT NULL,
    reference varchar UNIQUE,
    notify_id uuid,
    misses integer NOT NULL,
    try_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    CONSTRAINT nobody_is_told_twice UNIQUE (matter_id, subject, step),
    CONSTRAINT notice_state CHECK (
        state IN ('due', 'claimed', 'sent', 'uncertain', 'refused', 'set_aside')
    )
);
CREATE INDEX notices_to_do ON notices (try_at) WHERE state IN ('due', 'claimed', 'uncertain');

CREATE TABLE staff_deputies (
    subject varchar PRIMARY KEY,
    deputy varchar NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    CONSTRAINT nobody_is_their_own_deputy CHECK (subject <> deputy),
    CONSTRAINT a_deputy_begins_before_the_end CHECK (first_day <= last_day)
);
