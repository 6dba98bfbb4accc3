-- Without what people do with their links; confirming as it was.

DROP FUNCTION erase_registration(bytea);
DROP FUNCTION ask_for_copy(bytea);
DROP FUNCTION return_managed(bytea);
DROP FUNCTION leave_managed(bytea);
DROP FUNCTION undo_leaving(bytea);
DROP FUNCTION change_choices(bytea, text, text[]);
DROP FUNCTION change_preferences(bytea, text, text[], text[], text[], timestamptz);
DROP FUNCTION choose(uuid, text, text[]);
DROP FUNCTION look_at_choices(bytea);
DROP FUNCTION look_at_preferences(bytea);
DROP FUNCTION preferences_of(uuid);
DROP FUNCTION told_with(bytea);
DROP FUNCTION managed_by(bytea);

-- The holder of a contact has answered there. False where the registration is gone, or they have left.
CREATE OR REPLACE FUNCTION confirm_contact(c confirmations) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    confirmed_channel text;
BEGIN
    UPDATE registrations SET state = 'confirmed', confirmed_at = now()
    WHERE id = c.registration_id AND state = 'pending';
    PERFORM FROM registrations WHERE id = c.registration_id AND state = 'confirmed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT channel INTO confirmed_channel FROM registration_contacts
    WHERE registration_id = c.registration_id AND contact_id = c.contact_id AND confirmed_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- It takes the place of the one before, whose holder is told.
    WITH before AS (
        DELETE FROM registration_contacts
        WHERE registration_id = c.registration_id AND channel = confirmed_channel AND confirmed_at IS NOT NULL
        RETURNING contact_id
    )
    INSERT INTO confirmations (id, scheme_id, contact_id, registration_id, purpose, language, state,
        attempt, misses, tries, reminded, reminds, try_at, created_at)
    SELECT gen_random_uuid(), c.scheme_id, b.contact_id, c.registration_id, 'moved', r.language, 'due',
        0, 0, 0, true, false, now(), now()
    FROM before b
    JOIN contacts k ON k.id = b.contact_id AND k.suppressed_at IS NULL AND k.channel <> 'phone'
    JOIN registrations r ON r.id = c.registration_id;
    UPDATE registration_contacts SET confirmed_at = now()
    WHERE registration_id = c.registration_id AND contact_id = c.contact_id;
    IF c.becomes IS NOT NULL THEN
        UPDATE registrations SET kind = 'representative', relationship = c.becomes
        WHERE id = c.registration_id;
    END IF;
    -- It exists again, if it had bounced.
    UPDATE contacts SET suppressed_at = NULL, suppressed_why = NULL
    WHERE id = c.contact_id AND suppressed_why = 'permanent-failure';
    -- Of several links to one contact one confirms: the others, a reminder's too, have had their time.
    UPDATE confirmations o SET used_at = now()
    FROM registrations r
    WHERE o.contact_id = c.contact_id AND o.purpose = 'confirm' AND o.used_at IS NULL AND o.id <> c.id
        AND r.id = o.registration_id AND (r.id = c.registration_id OR r.state = 'pending');
    RETURN true;
END
$$;
