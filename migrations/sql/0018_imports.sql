-- Lists in: a file that lies sealed until it is read, what became of each of its rows, and those who were
-- brought in and have not been told yet.

CREATE TABLE imports (
    id uuid PRIMARY KEY,
    scheme_id uuid NOT NULL REFERENCES schemes (id),
    reference varchar NOT NULL,
    state varchar(30) NOT NULL,
    handed_in_by varchar NOT NULL,
    handed_in_at timestamptz NOT NULL,
    bytes integer NOT NULL,
    seen jsonb,
    why varchar,
    matching jsonb,
    matched_by varchar,
    counts jsonb,
    done_line integer NOT NULL,
    lease_until timestamptz,
    committed_by varchar,
    committed_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT import_state CHECK (state IN ('arriving', 'arrived', 'read', 'matched', 'checked', 'committed',
        'done', 'refused', 'given_up')),
    CONSTRAINT what_was_committed_is_somebodys CHECK ((committed_by IS NULL) = (committed_at IS NULL)),
    CONSTRAINT committed_by_somebody CHECK (state NOT IN ('committed', 'done') OR committed_by IS NOT NULL),
    CONSTRAINT ended_when_it_ended CHECK ((state IN ('done', 'refused', 'given_up')) = (ended_at IS NOT NULL))
);
CREATE INDEX imports_of_a_scheme ON imports (scheme_id, handed_in_at);
CREATE INDEX imports_to_do ON imports (handed_in_at) WHERE state IN ('arrived', 'matched', 'committed');

CREATE TABLE import_chunks (
    import_id uuid NOT NULL REFERENCES imports (id),
    number integer NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (import_id, number)
);

CREATE TABLE import_rows (
    import_id uuid NOT NULL REFERENCES imports (id),
    line integer NOT NULL,
    id uuid NOT NULL,
    verdict varchar(30) NOT NULL,
    duplicate_of integer,
    field varchar,
    rule varchar,
    sealed bytea,
    PRIMARY KEY (import_id, line),
    CONSTRAINT import_verdict CHECK (verdict IN ('new', 'registered', 'known', 'asked', 'duplicate', 'left',
        'do-not-contact', 'unusable')),
    CONSTRAINT only_who_is_new_is_kept CHECK ((verdict = 'new') OR sealed IS NULL),
    CONSTRAINT a_duplicate_is_of_a_line CHECK ((verdict = 'duplicate') = (duplicate_of IS NOT NULL)),
    CONSTRAINT what_cannot_be_used_breaks_a_rule CHECK (
        (verdict = 'unusable') = (field IS NOT NULL) AND (field IS NULL) = (rule IS NULL)
    )
);

-- Which line had an address first: blind indexes, gone when the import ends.
CREATE TABLE import_addresses (
    import_id uuid NOT NULL REFERENCES imports (id),
    blind_index bytea NOT NULL,
    line integer NOT NULL,
    PRIMARY KEY (import_id, blind_index),
    CONSTRAINT an_imported_index_is_a_mac CHECK (octet_length(blind_index) = 32)
);

-- Those who were brought in: nothing is sent to them before the notice that says so.
ALTER TABLE registrations ADD COLUMN imported_in uuid, ADD COLUMN awaits_notice boolean NOT NULL DEFAULT false;
ALTER TABLE registrations ADD CONSTRAINT only_the_imported_await_a_notice
    CHECK (imported_in IS NOT NULL OR NOT awaits_notice);
CREATE INDEX registrations_that_await_a_notice ON registrations (imported_in) WHERE awaits_notice;

-- A person decides twice, of columns and of the whole; and what has ended stays as it is.
CREATE FUNCTION imports_move_as_they_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (OLD.state || ' ' || NEW.state) = ANY (ARRAY[
        'arriving arrived', 'arriving given_up',
        'arrived read', 'arrived refused', 'arrived given_up',
        'read matched', 'read given_up',
        'matched checked', 'matched refused', 'matched given_up',
        'checked matched', 'checked committed', 'checked given_up',
        'committed done'
    ]) THEN
        RAISE EXCEPTION 'an import does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'committed' AND OLD.state <> 'committed' AND NOT EXISTS (
        SELECT FROM staff_members WHERE subject = NEW.committed_by AND roles && '{caseworker}'
    ) THEN
        RAISE EXCEPTION 'only a caseworker commits an import' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER imports_move BEFORE UPDATE ON imports
    FOR EACH ROW EXECUTE FUNCTION imports_move_as_they_may();

-- The registration numbers of those of an import who have not been told: numbers give no access.
CREATE FUNCTION awaiting_notice(of_import uuid) RETURNS TABLE (number text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.number::text FROM registrations r
    WHERE r.imported_in = of_import AND r.awaits_notice AND r.state = 'confirmed'
    ORDER BY r.number;
$$;

-- As in 0010, without those who await their notice: unless it is for one import, and for these alone.
DROP FUNCTION count_reachable(uuid, text[], text[], text[], uuid[], uuid, text[], timestamptz);
CREATE FUNCTION count_reachable(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[],
    these uuid[], reached_by uuid, of_import uuid, by_channels text[], at timestamptz)
RETURNS TABLE (kind text, language text, channel text, formats text[], topics text[], people bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE '
        WITH topic AS (
            SELECT array_agg(code::text ORDER BY code) AS codes FROM scheme_topics WHERE scheme_id = $1
        ), chosen AS (
            SELECT registration_id, bit_or(1::bigint << array_position(codes, code::text)) AS bits
            FROM (SELECT * FROM registration_topics ORDER BY registration_id) AS in_order, topic
            GROUP BY registration_id
        ), cells AS (
            SELECT kind, language, channel, formats, bits, count(*) AS people
            FROM (
                SELECT DISTINCT ON (r.id) r.kind, r.language, rc.channel, r.formats, c.bits
                FROM registrations r
                JOIN registration_contacts rc ON rc.registration_id = r.id
                LEFT JOIN chosen c ON c.registration_id = r.id
                WHERE r.scheme_id = $1 AND r.state = ''confirmed''
                    AND (r.paused_until IS NULL OR r.paused_until <= $9)
                    AND rc.confirmed_at IS NOT NULL AND rc.channel = ANY ($8)
                    AND NOT EXISTS (
                        SELECT FROM contacts k WHERE k.id = rc.contact_id AND k.suppressed_at IS NOT NULL
                    )
                    AND r.awaits_notice = ($7 IS NOT NULL)
                    AND ($7 IS NULL OR r.imported_in = $7)
                    AND ($2 IS NULL OR r.kind = ANY ($2))
                    AND ($3 IS NULL OR c.bits & (
                        SELECT bit_or(1::bigint << array_position(codes, one)) FROM topic, unnest($3) AS one
                    ) <> 0)
                    AND ($4 IS NULL OR r.language = ANY ($4))
                    AND ($5 IS NULL OR r.id IN (SELECT unnest($5)))
                    AND ($6 IS NULL OR r.id IN (SELECT people_reached($6)))
                ORDER BY r.id, rc.position
            ) AS told
            GROUP BY kind, language, channel, formats, bits
        )
        SELECT kind::text, language::text, channel::text, formats,
            ARRAY(SELECT code FROM topic, unnest(codes) WITH ORDINALITY AS o (code, bit)
                WHERE bits & (1::bigint << bit::int) <> 0),
            people
        FROM cells'
    USING of_scheme, of_kinds, of_topics, of_languages, these, reached_by, of_import, by_channels, at;
END
$$;

-- Nobody is in a list out who has not been told that they are held.
CREATE OR REPLACE FUNCTION count_meant(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[], these uuid[])
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM registrations r
    WHERE r.scheme_id = of_scheme AND r.state = 'confirmed' AND NOT r.awaits_notice
        AND (of_kinds IS NULL OR r.kind = ANY (of_kinds))
        AND (of_languages IS NULL OR r.language = ANY (of_languages))
        AND (these IS NULL OR r.id = ANY (these))
        AND (of_topics IS NULL OR EXISTS (
            SELECT FROM registration_topics t WHERE t.registration_id = r.id AND t.code = ANY (of_topics)
        ))
$$;
