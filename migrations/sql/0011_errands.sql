-- What staff ask of a worker, sealed. Staff insert an errand and read its answer; what was asked goes as
-- soon as a worker has it.
CREATE TABLE errands (
    id uuid PRIMARY KEY,
    kind varchar(30) NOT NULL,
    scheme_id uuid NOT NULL REFERENCES schemes (id),
    sealed bytea,
    asked_by varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    taken_at timestamptz,
    answered_at timestamptz,
    answer jsonb,
    sealed_answer bytea,
    CONSTRAINT errand_kind CHECK (kind IN ('test-send', 'known-details')),
    CONSTRAINT what_was_asked_goes_when_taken CHECK ((taken_at IS NULL) = (sealed IS NOT NULL)),
    CONSTRAINT answered_after_it_was_taken CHECK (answered_at IS NULL OR taken_at IS NOT NULL),
    CONSTRAINT an_answer_is_open_or_sealed CHECK (
        num_nonnulls(answer, sealed_answer) = CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END
    )
);
CREATE INDEX errands_to_do ON errands (kind, asked_at) WHERE taken_at IS NULL;
CREATE INDEX errands_of_somebody ON errands (asked_by, kind, asked_at);

-- Somebody's details stood in a draft.
ALTER TABLE incidents DROP CONSTRAINT incident_kind, ADD CONSTRAINT incident_kind
    CHECK (kind IN ('duplicate', 'unowned-message', 'missing-message', 'guard', 'detail-in-draft'));
