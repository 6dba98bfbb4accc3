-- Without what caseworkers do for one person. Who saw whose details is gone with it.
DROP FUNCTION settle_call(text, uuid, text);
DROP FUNCTION calls_to_make();
DROP INDEX confirmations_to_ring;
DROP FUNCTION erase_for_somebody(text, uuid);
DROP FUNCTION correct_registration(text, uuid, text, text[], text[], text[], timestamptz, boolean);
DROP FUNCTION close_registration(text, uuid, boolean);
DROP FUNCTION records_of(uuid[]);
DROP FUNCTION be_caseworker(text);
DROP FUNCTION report_reveals(text, uuid, timestamptz);
DROP TABLE reveals;

CREATE OR REPLACE FUNCTION change_preferences(hash bytea, chosen_language text, chosen_topics text[],
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

CREATE OR REPLACE FUNCTION erase_registration(hash bytea) RETURNS boolean
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

DROP FUNCTION change_preferences_of(uuid, text, text[], text[], text[], timestamptz);
DROP FUNCTION erase_registration_of(uuid);

DELETE FROM incidents WHERE kind = 'too-many-reveals';
ALTER TABLE incidents DROP CONSTRAINT incident_kind, ADD CONSTRAINT incident_kind
    CHECK (kind IN ('duplicate', 'unowned-message', 'missing-message', 'guard', 'detail-in-draft'));
DELETE FROM errands WHERE kind = 'replace';
ALTER TABLE errands DROP CONSTRAINT errand_kind, ADD CONSTRAINT errand_kind
    CHECK (kind IN ('test-send', 'known-details', 'search', 'reveal', 'assist', 'release'));
ALTER TABLE registrations DROP COLUMN given_by;
