-- What the public process may do with a link: look at it, use it once, leave. It never reads a row.

CREATE FUNCTION look_at_link(hash bytea)
RETURNS TABLE (scheme text, purpose text, kind text, language text, topics text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.slug, CASE WHEN c.sealed_change IS NULL THEN 'registration' ELSE 'change' END,
        r.kind, coalesce(r.language, c.language),
        (SELECT array_agg(t.code ORDER BY st.position) FROM registration_topics t
            JOIN scheme_topics st ON st.scheme_id = c.scheme_id AND st.code = t.code
            WHERE t.registration_id = r.id)
    FROM confirmations c
    JOIN schemes s ON s.id = c.scheme_id
    LEFT JOIN registrations r ON r.id = c.registration_id
    WHERE c.token_hash = hash AND c.used_at IS NULL AND c.expires_at > now();
$$;

-- One atomic UPDATE uses a link up. Used, expired and unknown links all give no row.
CREATE FUNCTION use_link(hash bytea, chosen text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c confirmations;
BEGIN
    UPDATE confirmations SET used_at = now(), choice = CASE WHEN sealed_change IS NOT NULL THEN chosen END
    WHERE token_hash = hash AND used_at IS NULL AND expires_at > now()
    RETURNING * INTO c;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF c.registration_id IS NULL THEN
        RETURN 'change';
    END IF;
    UPDATE registrations SET state = 'confirmed', confirmed_at = now()
    WHERE id = c.registration_id AND state = 'pending';
    UPDATE registration_contacts rc SET confirmed_at = now() FROM registrations r
    WHERE rc.registration_id = c.registration_id AND rc.contact_id = c.contact_id
        AND rc.confirmed_at IS NULL AND r.id = rc.registration_id AND r.state = 'confirmed';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- Its holder has just answered there: the address exists again.
    UPDATE contacts SET suppressed_at = NULL, suppressed_why = NULL
    WHERE id = c.contact_id AND suppressed_why = 'permanent-failure';
    RETURN 'registration';
END
$$;

CREATE FUNCTION language_of_registration(hash bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT language FROM registrations WHERE unsubscribe_hash = hash;
$$;

-- RFC 8058: whoever holds the link leaves, at once, and nothing comes back.
CREATE FUNCTION leave(hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE registrations SET state = 'left', left_at = now()
    WHERE unsubscribe_hash = hash AND state <> 'left';
$$;

-- Answers on their way through a form: encrypted by the public process, the key only in the browser.
CREATE FUNCTION journey_put(hash bytea, answers bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO journey_answers (id_hash, encrypted, expires_at)
    VALUES (hash, answers, now() + interval '1 hour')
    ON CONFLICT (id_hash) DO UPDATE SET encrypted = excluded.encrypted, expires_at = excluded.expires_at;
$$;

CREATE FUNCTION journey_get(hash bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT encrypted FROM journey_answers WHERE id_hash = hash AND expires_at > now();
$$;

CREATE FUNCTION journey_end(hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM journey_answers WHERE id_hash = hash;
$$;
