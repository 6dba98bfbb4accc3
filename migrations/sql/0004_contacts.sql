-- Every way of being told is a contact that its holder confirms: by link, by code, or, for calls, by voice.

DROP FUNCTION look_at_link(bytea);
CREATE FUNCTION look_at_link(hash bytea)
RETURNS TABLE (scheme text, purpose text, kind text, language text, topics text[], contact_by text[], channel text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.slug, c.purpose, r.kind, coalesce(r.language, c.language),
        (SELECT array_agg(t.code ORDER BY st.position) FROM registration_topics t
            JOIN scheme_topics st ON st.scheme_id = c.scheme_id AND st.code = t.code
            WHERE t.registration_id = r.id),
        r.contact_by, k.channel
    FROM confirmations c
    JOIN schemes s ON s.id = c.scheme_id
    JOIN contacts k ON k.id = c.contact_id
    LEFT JOIN registrations r ON r.id = c.registration_id
    WHERE c.token_hash = hash AND c.purpose IN ('confirm', 'change')
        AND c.used_at IS NULL AND c.expires_at > now();
$$;

-- The holder of a contact has answered there. False where the registration is gone, or they have left.
-- It takes the place of the one before, of the same channel; a registration is taken over with the one
-- contact that its new holder confirmed; a way that is not wanted any more goes once one that is has been
-- confirmed. Whoever is not written to any more is told.
CREATE FUNCTION confirm_contact(c confirmations) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    confirmed_channel text;
BEGIN
    UPDATE registrations SET state = 'confirmed', confirmed_at = now()
    WHERE id = c.registration_id AND state = 'pending';
    -- After a death messages stop at once, and whoever goes on begins with them again.
    UPDATE registrations SET state = 'confirmed', left_at = NULL
    WHERE id = c.registration_id AND state = 'left' AND c.becomes IS NOT NULL AND left_at <= c.created_at;
    PERFORM FROM registrations WHERE id = c.registration_id AND state = 'confirmed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT channel INTO confirmed_channel FROM registration_contacts
    WHERE registration_id = c.registration_id AND contact_id = c.contact_id AND confirmed_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF c.becomes IS NOT NULL THEN
        UPDATE registrations
        SET kind = 'representative', relationship = c.becomes, contact_by = ARRAY[confirmed_channel],
            paused_until = NULL
        WHERE id = c.registration_id;
        DELETE FROM registration_contacts
        WHERE registration_id = c.registration_id AND contact_id <> c.contact_id AND confirmed_at IS NULL;
    END IF;
    WITH before AS (
        DELETE FROM registration_contacts rc USING registrations r
        WHERE rc.registration_id = c.registration_id AND r.id = rc.registration_id
            AND rc.confirmed_at IS NOT NULL
            AND (rc.channel = confirmed_channel OR rc.channel <> ALL (r.contact_by))
        RETURNING rc.contact_id
    )
    INSERT INTO confirmations (id, scheme_id, contact_id, registration_id, purpose, language, state,
        attempt, misses, tries, reminded, reminds, try_at, created_at)
    SELECT gen_random_uuid(), c.scheme_id, b.contact_id, c.registration_id, 'moved', r.language, 'due',
        0, 0, 0, true, false, now(), now()
    FROM before b
    JOIN contacts k ON k.id = b.contact_id AND k.suppressed_at IS NULL AND k.channel <> 'phone'
    JOIN registrations r ON r.id = c.registration_id;
    UPDATE registration_contacts
    SET confirmed_at = now(), position = CASE WHEN c.becomes IS NULL THEN position ELSE 0 END
    WHERE registration_id = c.registration_id AND contact_id = c.contact_id;
    -- It exists again, if it had bounced.
    UPDATE contacts SET suppressed_at = NULL, suppressed_why = NULL
    WHERE id = c.contact_id AND suppressed_why = 'permanent-failure';
    -- Of several links to one contact one confirms: the others, a reminder's too, have had their time.
    UPDATE confirmations o SET used_at = now()
    FROM registrations r
    WHERE o.contact_id = c.contact_id AND o.purpose = 'confirm' AND o.used_at IS NULL AND o.id <> c.id
        AND r.id = o.registration_id AND (r.id = c.registration_id OR r.state = 'pending');
    -- A link to the choices that somebody had before it was taken over is theirs no more.
    IF c.becomes IS NOT NULL THEN
        UPDATE confirmations SET expires_at = now()
        WHERE registration_id = c.registration_id AND purpose = 'manage';
    END IF;
    RETURN true;
END
$$;

-- One atomic UPDATE uses a link up. Used, expired and unknown links all give no row.
CREATE OR REPLACE FUNCTION use_link(hash bytea, chosen text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c confirmations;
BEGIN
    UPDATE confirmations SET used_at = now(), choice = CASE WHEN purpose = 'change' THEN chosen END
    WHERE token_hash = hash AND purpose IN ('confirm', 'change') AND used_at IS NULL AND expires_at > now()
    RETURNING * INTO c;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF c.purpose = 'confirm' AND NOT confirm_contact(c) THEN
        RETURN NULL;
    END IF;
    RETURN c.purpose;
END
$$;

-- A code is tried five times. The try counts whether it was right or not, in the UPDATE that finds it.
CREATE FUNCTION use_code(find bytea, prove bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c confirmations;
BEGIN
    UPDATE confirmations SET tries = tries + 1
    WHERE tries < 5 AND used_at IS NULL AND expires_at > now() AND id = (
        SELECT id FROM confirmations
        WHERE find_hash = find AND purpose = 'confirm' AND used_at IS NULL AND expires_at > now()
        ORDER BY created_at DESC LIMIT 1
    )
    RETURNING * INTO c;
    IF NOT FOUND OR c.prove_hash <> prove THEN
        RETURN false;
    END IF;
    UPDATE confirmations SET used_at = now() WHERE id = c.id AND used_at IS NULL;
    RETURN FOUND AND confirm_contact(c);
END
$$;
