-- Finding, seeing and serving one person: what the staff process may do about somebody's registration. It
-- still reads no table of a person's. It calls these with who acts, and they refuse whoever is no caseworker.

-- How somebody registered who did not do it themselves: they rang, wrote, or came.
ALTER TABLE registrations ADD COLUMN given_by varchar(30),
    ADD CONSTRAINT registration_given_by CHECK (given_by IN ('phone', 'letter', 'in-person'));

-- Another address of theirs that somebody told a caseworker goes to the workers, as an errand.
ALTER TABLE errands DROP CONSTRAINT errand_kind, ADD CONSTRAINT errand_kind
    CHECK (kind IN ('test-send', 'known-details', 'search', 'reveal', 'assist', 'replace', 'release'));

-- Somebody saw as many people's details as they may in a day, and asked for more.
ALTER TABLE incidents DROP CONSTRAINT incident_kind, ADD CONSTRAINT incident_kind CHECK (kind IN (
    'duplicate', 'unowned-message', 'missing-message', 'guard', 'detail-in-draft', 'too-many-reveals'
));

-- Who saw whose details, why, and when. It outlives an erasure, as a bare id.
CREATE TABLE reveals (
    id uuid PRIMARY KEY,
    registration_id uuid NOT NULL,
    revealed_to varchar NOT NULL,
    purpose varchar(30) NOT NULL,
    reference varchar NOT NULL,
    revealed_at timestamptz NOT NULL,
    CONSTRAINT reveal_purpose CHECK (purpose IN (
        'call-back', 'identity-check', 'correction', 'complaint', 'safeguarding', 'legal'
    )),
    CONSTRAINT a_reference_is_short CHECK (reference ~ '^[A-Za-z0-9][A-Za-z0-9/ ._-]{0,39}$')
);
CREATE INDEX reveals_to_somebody ON reveals (revealed_to, revealed_at);
CREATE INDEX reveals_of_a_registration ON reveals (registration_id, revealed_at);
CREATE TRIGGER reveals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON reveals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The data-protection officer is told of an incident. It is about the last reveal that they were given: however
-- often they ask, there is one until they are given another.
CREATE FUNCTION report_reveals(who text, incident uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO incidents (id, kind, subject, opened_at)
    SELECT incident, 'too-many-reveals', id, at FROM reveals
    WHERE revealed_to = who ORDER BY revealed_at DESC, id DESC LIMIT 1
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Refuses whoever is no caseworker, by what the issuer last said of them.
CREATE FUNCTION be_caseworker(who text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM staff_members WHERE subject = who AND 'caseworker' = ANY (roles)) THEN
        RAISE EXCEPTION 'only a caseworker does this' USING ERRCODE = 'check_violation';
    END IF;
END
$$;

-- Registrations as a caseworker sees them before a reveal: no address is in it, and no name.
CREATE FUNCTION records_of(these uuid[])
RETURNS TABLE (id uuid, scheme text, number text, state text, kind text, relationship text, language text,
    topics text[], contact_by text[], formats text[], given_by text, registered_at timestamptz,
    confirmed_at timestamptz, left_at timestamptz, paused_until timestamptz, belongs boolean, ways jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF cardinality(these) > 100 THEN
        RAISE EXCEPTION 'at most 100 at once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN QUERY SELECT r.id, s.slug::text, r.number::text, r.state::text, r.kind::text,
        r.relationship::text, r.language::text,
        ARRAY(SELECT t.code::text FROM registration_topics t
            JOIN scheme_topics st ON st.scheme_id = r.scheme_id AND st.code = t.code
            WHERE t.registration_id = r.id ORDER BY st.position),
        r.contact_by, r.formats, r.given_by::text, r.created_at, r.confirmed_at, r.left_at,
        CASE WHEN r.paused_until > now() THEN r.paused_until END,
        r.belongs_to IS NOT NULL,
        coalesce((SELECT jsonb_agg(jsonb_build_object(
                'channel', rc.channel, 'confirmed', rc.confirmed_at IS NOT NULL, 'stopped', k.suppressed_why)
                ORDER BY rc.position, rc.confirmed_at, k.id)
            FROM registration_contacts rc JOIN contacts k ON k.id = rc.contact_id
            WHERE rc.registration_id = r.id), '[]')
    FROM registrations r JOIN schemes s ON s.id = r.scheme_id
    WHERE r.id = ANY (these) ORDER BY r.created_at, r.id;
END
$$;

CREATE FUNCTION change_preferences_of(whose uuid, chosen_language text, chosen_topics text[],
    chosen_ways text[], chosen_formats text[], pause_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE registrations
    SET contact_by = chosen_ways, formats = chosen_formats, paused_until = pause_until
    WHERE id = whose AND state = 'confirmed';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM choose(whose, chosen_language, chosen_topics);
    DELETE FROM registration_contacts rc
    WHERE rc.registration_id = whose AND rc.channel <> ALL (chosen_ways) AND (
        rc.confirmed_at IS NULL OR EXISTS (
            SELECT FROM registration_contacts stays
            WHERE stays.registration_id = whose AND stays.confirmed_at IS NOT NULL
                AND stays.channel = ANY (chosen_ways)
        )
    );
    UPDATE registration_contacts
    SET position = coalesce(array_position(chosen_ways, channel::text) - 1, cardinality(chosen_ways))
    WHERE registration_id = whose;
    -- Nobody is asked any more to confirm what is not wanted.
    DELETE FROM confirmations c
    WHERE c.registration_id = whose AND c.purpose = 'confirm' AND c.state IN ('due', 'to_ring')
        AND NOT EXISTS (
            SELECT FROM registration_contacts rc
            WHERE rc.registration_id = whose AND rc.contact_id = c.contact_id
        );
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION change_preferences(hash bytea, chosen_language text, chosen_topics text[],
    chosen_ways text[], chosen_formats text[], pause_until timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT change_preferences_of(managed_by(hash), chosen_language, chosen_topics, chosen_ways, chosen_formats,
        pause_until);
$$;

CREATE FUNCTION erase_registration_of(whose uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    theirs uuid[];
    unused uuid[];
BEGIN
    PERFORM FROM registrations WHERE id = whose FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    theirs := ARRAY(
        SELECT contact_id FROM registration_contacts WHERE registration_id = whose
        UNION SELECT contact_id FROM confirmations WHERE registration_id = whose
    );
    PERFORM FROM contacts WHERE id = ANY (theirs) ORDER BY id FOR UPDATE;
    DELETE FROM registrations WHERE id = whose;
    -- An earlier registration that was left, at these very addresses, is theirs, too.
    DELETE FROM registrations r
    WHERE r.state = 'left'
        AND EXISTS (
            SELECT FROM registration_contacts rc
            WHERE rc.registration_id = r.id AND rc.contact_id = ANY (theirs)
        )
        AND NOT EXISTS (
            SELECT FROM registration_contacts rc
            WHERE rc.registration_id = r.id AND rc.contact_id <> ALL (theirs)
        );
    unused := ARRAY(
        SELECT k.id FROM contacts k
        WHERE k.id = ANY (theirs)
            AND NOT EXISTS (SELECT FROM registration_contacts rc WHERE rc.contact_id = k.id)
    );
    -- What somebody else typed about these addresses, and what was about to be sent there.
    DELETE FROM confirmations WHERE contact_id = ANY (unused);
    UPDATE contacts SET sealed = '', asked_at = '{}',
        place_index = CASE WHEN place_index IS NOT NULL THEN blind_index END
    WHERE id = ANY (unused) AND suppressed_why = 'do-not-contact';
    DELETE FROM contacts WHERE id = ANY (unused) AND suppressed_why IS DISTINCT FROM 'do-not-contact';
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION erase_registration(hash bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT erase_registration_of(managed_by(hash));
$$;

-- Somebody rang: nothing is sent to them any more. With `never_again` nobody can have them written to at these
-- addresses, until they ask; but for those that somebody shares who still wants to be told.
CREATE FUNCTION close_registration(who text, whose uuid, never_again boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM be_caseworker(who);
    UPDATE registrations SET state = 'left', left_at = coalesce(left_at, now()) WHERE id = whose;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE contacts k SET suppressed_at = now(), suppressed_why = 'do-not-contact'
    WHERE never_again
        AND EXISTS (SELECT FROM registration_contacts rc WHERE rc.registration_id = whose AND rc.contact_id = k.id)
        AND NOT EXISTS (
            SELECT FROM registration_contacts rc JOIN registrations r ON r.id = rc.registration_id
            WHERE rc.contact_id = k.id AND rc.registration_id <> whose AND r.state = 'confirmed'
                AND rc.confirmed_at IS NOT NULL
        );
    RETURN true;
END
$$;

-- False where they have left, or nobody has confirmed yet.
CREATE FUNCTION correct_registration(who text, whose uuid, chosen_language text, chosen_topics text[],
    chosen_ways text[], chosen_formats text[], pause_until timestamptz, write_again boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM be_caseworker(who);
    IF NOT change_preferences_of(whose, chosen_language, chosen_topics, chosen_ways, chosen_formats, pause_until)
    THEN
        RETURN false;
    END IF;
    UPDATE contacts SET suppressed_at = NULL, suppressed_why = NULL
    WHERE write_again AND suppressed_at IS NOT NULL
        AND id IN (SELECT contact_id FROM registration_contacts WHERE registration_id = whose);
    RETURN true;
END
$$;

CREATE FUNCTION erase_for_somebody(who text, whose uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM be_caseworker(who);
    RETURN erase_registration_of(whose);
END
$$;

CREATE INDEX confirmations_to_ring ON confirmations (try_at) WHERE state = 'to_ring' AND used_at IS NULL;

-- Who is to be rung, because no message can do it: a number for calls is confirmed so, and whoever is told by
-- calls alone is read the copy of what is held. Of a change that somebody asked for it is the first who is
-- registered at the number.
CREATE FUNCTION calls_to_make()
RETURNS TABLE (id uuid, scheme uuid, registration uuid, number text, language text, purpose text,
    since timestamptz, tried integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id, c.scheme_id, r.id, r.number, r.language, c.purpose, c.created_at, c.misses
    FROM confirmations c
    JOIN LATERAL (
        SELECT g.* FROM registrations g
        WHERE g.id IN (
            SELECT c.registration_id
            UNION ALL SELECT rc.registration_id FROM registration_contacts rc
                WHERE c.registration_id IS NULL AND rc.contact_id = c.contact_id AND rc.confirmed_at IS NOT NULL
        ) AND (c.registration_id IS NOT NULL OR g.state = 'confirmed')
        ORDER BY g.created_at LIMIT 1
    ) r ON r.state <> 'left' OR c.purpose = 'copy'
    WHERE c.state = 'to_ring' AND c.used_at IS NULL AND c.try_at <= now()
    ORDER BY c.try_at, c.id LIMIT 200;
$$;

-- What became of a call. `said`: `done`, or of a change what its holder chose; null where nobody was reached,
-- and somebody rings again after some hours. False where it was done already, or the registration is gone.
CREATE FUNCTION settle_call(who text, call uuid, said text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c confirmations;
BEGIN
    PERFORM be_caseworker(who);
    IF said IS NULL THEN
        UPDATE confirmations SET misses = misses + 1, try_at = now() + interval '4 hours'
        WHERE id = call AND state = 'to_ring' AND used_at IS NULL;
        RETURN FOUND;
    END IF;
    UPDATE confirmations SET state = 'sent', sent_at = now(), used_at = now(), expires_at = now(),
        choice = CASE WHEN purpose = 'change' THEN said END
    WHERE id = call AND state = 'to_ring' AND used_at IS NULL
        AND (purpose = 'change') = (said IN ('mine', 'another', 'not-me'))
    RETURNING * INTO c;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    RETURN c.purpose <> 'confirm' OR confirm_contact(c);
END
$$;
