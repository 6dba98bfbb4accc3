-- When an update may leave, whom its correction is for, and how many people a rule means.

ALTER TABLE updates ADD COLUMN word_by varchar, ADD COLUMN word_at timestamptz;
ALTER TABLE updates ADD CONSTRAINT a_word_is_somebodys CHECK ((word_by IS NULL) = (word_at IS NULL));
ALTER TABLE approvals ADD COLUMN held_until timestamptz, ADD COLUMN urgent_reason varchar;
ALTER TABLE approvals ADD CONSTRAINT what_is_urgent_has_a_reason
    CHECK (urgent_reason IS NULL OR (decision = 'approve' AND urgent_reason <> ''));
-- Who is not to be written to is looked for among these few, and not among all.
CREATE INDEX contacts_suppressed ON contacts (id) WHERE suppressed_at IS NOT NULL;

-- An update that waits for somebody's word is not sent before it; the word is given once, of what is
-- approved, by somebody who may. No clock here or there is more than half a minute off: Notify itself
-- refuses those that are.
CREATE FUNCTION guard_window() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    waits boolean;
BEGIN
    SELECT content -> 'window' @> '{"on_word": true}' INTO waits
    FROM update_versions WHERE update_id = NEW.id AND version = NEW.version;
    IF NEW.word_at IS NOT NULL AND (NEW.word_at, NEW.word_by) IS DISTINCT FROM (OLD.word_at, OLD.word_by) THEN
        IF OLD.word_at IS NOT NULL OR waits IS NOT TRUE OR NEW.state NOT IN ('approved', 'halted') THEN
            RAISE EXCEPTION 'nobody''s word is awaited' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM staff_members WHERE subject = NEW.word_by AND roles && '{comms,senior}'
        ) THEN
            RAISE EXCEPTION 'only comms or a senior give the word' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.word_at IS NULL AND OLD.word_at IS NOT NULL AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'a word is not taken back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.word_at IS NOT NULL AND NEW.state IN ('draft', 'preparing', 'awaiting_approval') THEN
        RAISE EXCEPTION 'a word is given of what is approved' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'sending' AND OLD.state <> 'sending' THEN
        IF waits AND NEW.word_at IS NULL THEN
            RAISE EXCEPTION 'it waits for somebody''s word' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.state = 'approved' AND NEW.not_before > now() + interval '30 seconds' THEN
            RAISE EXCEPTION 'its time has not come' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER updates_leave_when_they_may BEFORE UPDATE ON updates
    FOR EACH ROW EXECUTE FUNCTION guard_window();

-- Everybody whom an update reached, or may have: Notify has the message, or it is not known whether it has;
-- or somebody rang. One that was set aside while it was uncertain may have arrived, too.
CREATE FUNCTION people_reached(of_update uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public, pg_temp AS $$
    WITH reached AS (
        SELECT contact_id FROM deliveries d
        WHERE update_id = of_update AND (
            state IN ('claimed', 'accepted', 'delivered', 'uncertain')
            OR (state = 'set_aside' AND EXISTS (
                SELECT FROM attempts a
                WHERE a.delivery_id = d.id AND a.number = d.attempts AND a.outcome <> 'not-sent'
            ))
        )
    )
    SELECT registration_id FROM audience_members JOIN reached USING (contact_id) WHERE update_id = of_update
    UNION
    SELECT registration_id FROM passed_on JOIN reached USING (contact_id) WHERE update_id = of_update
    UNION
    SELECT registration_id FROM fulfilments
    WHERE update_id = of_update AND need = 'phone' AND done_at IS NOT NULL;
$$;

-- How many people a rule means now and can be told, by all that they are counted by: the same people as
-- `reachable_people` in service/registrations/recipients.py, each with the first of `by_channels` in their own
-- order. Arrays in, counts out: staff see nobody's row. One pass, at a million too: planned anew for each rule,
-- so that what was not asked costs nothing, and each person's topics are bits, read in the index's order.
CREATE FUNCTION count_reachable(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[],
    these uuid[], reached_by uuid, by_channels text[], at timestamptz)
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
                    AND (r.paused_until IS NULL OR r.paused_until <= $8)
                    AND rc.confirmed_at IS NOT NULL AND rc.channel = ANY ($7)
                    AND NOT EXISTS (
                        SELECT FROM contacts k WHERE k.id = rc.contact_id AND k.suppressed_at IS NOT NULL
                    )
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
    USING of_scheme, of_kinds, of_topics, of_languages, these, reached_by, by_channels, at;
END
$$;

-- The same of the frozen people of an update, and how many of them have joined since a moment.
CREATE FUNCTION count_frozen(of_update uuid, since timestamptz)
RETURNS TABLE (kind text, language text, channel text, formats text[], topics text[], people bigint, joined bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE '
        WITH topic AS (
            SELECT array_agg(code::text ORDER BY code) AS codes FROM scheme_topics
            WHERE scheme_id = (SELECT scheme_id FROM updates WHERE id = $1)
        ), chosen AS (
            SELECT registration_id, bit_or(1::bigint << array_position(codes, code::text)) AS bits
            FROM (SELECT * FROM registration_topics ORDER BY registration_id) AS in_order, topic
            GROUP BY registration_id
        ), cells AS (
            SELECT r.kind, m.language, m.channel, r.formats, c.bits, count(*) AS people,
                count(*) FILTER (WHERE r.confirmed_at > $2) AS joined
            FROM audience_members m
            JOIN registrations r ON r.id = m.registration_id
            LEFT JOIN chosen c ON c.registration_id = r.id
            WHERE m.update_id = $1
            GROUP BY r.kind, m.language, m.channel, r.formats, c.bits
        )
        SELECT kind::text, language::text, channel::text, formats,
            ARRAY(SELECT code FROM topic, unnest(codes) WITH ORDINALITY AS o (code, bit)
                WHERE bits & (1::bigint << bit::int) <> 0),
            people, joined
        FROM cells'
    USING of_update, since;
END
$$;

-- Registrations by their numbers, which people say on the telephone: that there is one, and its id.
CREATE FUNCTION registrations_numbered(of_scheme uuid, numbers text[]) RETURNS TABLE (number text, id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF cardinality(numbers) > 500 THEN
        RAISE EXCEPTION 'at most 500 numbers at once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN QUERY SELECT r.number::text, r.id FROM registrations r
        WHERE r.scheme_id = of_scheme AND r.number = ANY (numbers);
END
$$;
