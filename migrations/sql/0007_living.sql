-- What people do with a link that they hold: see their choices, change them, pause, leave, come back,
-- have a copy of what is held, be forgotten. The public process calls these, and reads no row.

-- Whose a manage link is; nobody's where it has ended, or never was. It works many times.
CREATE FUNCTION managed_by(hash bytea) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.id FROM confirmations c JOIN registrations r ON r.id = c.registration_id
    WHERE c.token_hash = hash AND c.purpose = 'manage' AND c.expires_at > now()
        AND r.state IN ('confirmed', 'left');
$$;

-- Whose the link below every message is. Thirty days after they left it brings nobody back.
CREATE FUNCTION told_with(hash bytea) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT id FROM registrations
    WHERE unsubscribe_hash = hash AND confirmed_at IS NOT NULL
        AND (state = 'confirmed' OR (state = 'left' AND left_at > now() - interval '30 days'));
$$;

-- No address is in it, and no name.
CREATE FUNCTION preferences_of(whose uuid)
RETURNS TABLE (scheme text, number text, status text, kind text, language text, topics text[],
    contact_by text[], formats text[], paused_until timestamptz, confirmed_ways text[], waiting_ways text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.slug, r.number, r.state, r.kind, r.language,
        (SELECT array_agg(t.code ORDER BY st.position) FROM registration_topics t
            JOIN scheme_topics st ON st.scheme_id = r.scheme_id AND st.code = t.code
            WHERE t.registration_id = r.id),
        r.contact_by, r.formats,
        CASE WHEN r.paused_until > now() THEN r.paused_until END,
        (SELECT array_agg(rc.channel) FROM registration_contacts rc
            WHERE rc.registration_id = r.id AND rc.confirmed_at IS NOT NULL),
        (SELECT array_agg(rc.channel) FROM registration_contacts rc
            WHERE rc.registration_id = r.id AND rc.confirmed_at IS NULL)
    FROM registrations r JOIN schemes s ON s.id = r.scheme_id
    WHERE r.id = whose;
$$;

CREATE FUNCTION look_at_preferences(hash bytea)
RETURNS TABLE (scheme text, number text, status text, kind text, language text, topics text[],
    contact_by text[], formats text[], paused_until timestamptz, confirmed_ways text[], waiting_ways text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM preferences_of(managed_by(hash));
$$;

CREATE FUNCTION look_at_choices(hash bytea)
RETURNS TABLE (scheme text, status text, language text, topics text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT scheme, status, language, topics FROM preferences_of(told_with(hash));
$$;

CREATE FUNCTION choose(whose uuid, chosen_language text, chosen_topics text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE registrations SET language = chosen_language WHERE id = whose;
    DELETE FROM registration_topics WHERE registration_id = whose AND code <> ALL (chosen_topics);
    INSERT INTO registration_topics (registration_id, code)
    SELECT r.id, t.code FROM registrations r JOIN scheme_topics t ON t.scheme_id = r.scheme_id
    WHERE r.id = whose AND t.code = ANY (chosen_topics)
    ON CONFLICT DO NOTHING;
END
$$;

-- A way that is not wanted any more goes at once where another one stays that its holder has confirmed;
-- else when the first of the new ones is confirmed (confirm_contact): nobody is lost in between.
CREATE FUNCTION change_preferences(hash bytea, chosen_language text, chosen_topics text[],
    chosen_ways text[], chosen_formats text[], pause_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose uuid := managed_by(hash);
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

-- By the link below a message: who left comes back with what they chose instead.
CREATE FUNCTION change_choices(hash bytea, chosen_language text, chosen_topics text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose uuid := told_with(hash);
BEGIN
    UPDATE registrations SET state = 'confirmed', left_at = NULL WHERE id = whose;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM choose(whose, chosen_language, chosen_topics);
    RETURN true;
END
$$;

CREATE FUNCTION undo_leaving(hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE registrations SET state = 'confirmed', left_at = NULL WHERE id = told_with(hash);
    RETURN FOUND;
END
$$;

CREATE FUNCTION leave_managed(hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE registrations SET state = 'left', left_at = coalesce(left_at, now()) WHERE id = managed_by(hash);
    RETURN FOUND;
END
$$;

CREATE FUNCTION return_managed(hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE registrations SET state = 'confirmed', left_at = NULL WHERE id = managed_by(hash);
    RETURN FOUND;
END
$$;

-- To the person alone: by their first email, else by letter; else a caseworker rings. Once a day.
CREATE FUNCTION ask_for_copy(hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose uuid := managed_by(hash);
BEGIN
    -- Two that come at once are one.
    PERFORM FROM registrations WHERE id = whose FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO confirmations (id, scheme_id, contact_id, registration_id, purpose, language, state,
        attempt, misses, tries, reminded, reminds, try_at, created_at)
    SELECT gen_random_uuid(), r.scheme_id, k.id, r.id, 'copy', r.language,
        CASE WHEN k.channel IN ('email', 'letter') THEN 'due' ELSE 'to_ring' END,
        0, 0, 0, true, false, now(), now()
    FROM registrations r
    JOIN registration_contacts rc ON rc.registration_id = r.id AND rc.confirmed_at IS NOT NULL
    JOIN contacts k ON k.id = rc.contact_id AND k.suppressed_at IS NULL
    WHERE r.id = whose AND NOT EXISTS (
        SELECT FROM confirmations c
        WHERE c.registration_id = whose AND c.purpose = 'copy' AND c.created_at > now() - interval '1 day'
    )
    ORDER BY array_position(ARRAY['email', 'letter', 'phone', 'sms'], k.channel::text)
    LIMIT 1;
    RETURN true;
END
$$;

-- Everything of a person goes, at once. What stays: deliveries and frozen people, as bare ids; and of an
-- address that must never be written to the blind index alone, so that it is known when it is typed again.
CREATE FUNCTION erase_registration(hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose uuid := managed_by(hash);
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
