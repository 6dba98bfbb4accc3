-- The functions as they were before codes and several contacts.

DROP FUNCTION use_code(bytea, bytea);
DROP FUNCTION look_at_link(bytea);
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

CREATE OR REPLACE FUNCTION use_link(hash bytea, chosen text) RETURNS text
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
DROP FUNCTION confirm_contact(confirmations);
