-- What an update is sent by: texts, letters, the next channel after a bounce, and what Notify cannot do.

-- A delivery that is made after people are frozen names one of the same update that can never arrive, and
-- somebody who is passed on from it to this very contact.
CREATE FUNCTION deliveries_come_while_preparing_or_instead() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM changed c JOIN updates u ON u.id = c.update_id
        WHERE NOT (u.state = 'preparing' AND c.instead_of IS NULL)
            AND NOT (c.state = 'planned' AND u.state IN ('sending', 'halted', 'sent') AND EXISTS (
                SELECT FROM passed_on p
                WHERE p.from_delivery = c.instead_of
                    AND p.update_id = c.update_id AND p.contact_id = c.contact_id AND p.channel = c.channel
            ))
    ) THEN
        RAISE EXCEPTION 'people are frozen' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER deliveries_join_while_preparing ON deliveries;
CREATE TRIGGER deliveries_join_while_preparing AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION deliveries_come_while_preparing_or_instead();
DROP TRIGGER deliveries_are_for_ever_to_one_contact ON deliveries;
CREATE TRIGGER deliveries_are_for_ever_to_one_contact
    BEFORE UPDATE OF id, update_id, contact_id, channel, instead_of
    ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Once (the primary key), from a delivery that failed for good, of a person who was to be told by it, to
-- another contact of theirs that its holder has confirmed.
CREATE FUNCTION people_are_passed_on_as_they_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM changed c
        WHERE NOT EXISTS (
            SELECT FROM deliveries d JOIN updates u ON u.id = d.update_id
            WHERE d.id = c.from_delivery AND d.update_id = c.update_id AND d.contact_id <> c.contact_id
                AND d.state IN ('bounced', 'refused') AND u.state IN ('sending', 'halted', 'sent')
                AND (
                    EXISTS (
                        SELECT FROM audience_members m WHERE m.update_id = c.update_id
                            AND m.registration_id = c.registration_id AND m.contact_id = d.contact_id
                    ) OR EXISTS (
                        SELECT FROM passed_on p WHERE p.update_id = c.update_id
                            AND p.registration_id = c.registration_id AND p.contact_id = d.contact_id
                    )
                )
        ) OR NOT EXISTS (
            SELECT FROM registration_contacts rc
            WHERE rc.registration_id = c.registration_id AND rc.contact_id = c.contact_id
                AND rc.channel = c.channel AND rc.confirmed_at IS NOT NULL
        )
    ) THEN
        RAISE EXCEPTION 'nobody is passed on so' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER people_are_passed_on AFTER INSERT ON passed_on
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION people_are_passed_on_as_they_may();
CREATE TRIGGER passed_on_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON passed_on
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER fulfilments_join_while_preparing AFTER INSERT ON fulfilments
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER fulfilments_go_while_preparing AFTER DELETE ON fulfilments
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER fulfilments_are_for_ever_of_one_person BEFORE UPDATE OF update_id, registration_id, need
    ON fulfilments FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was sent is being sent again where somebody was passed on, and then counts them.
CREATE OR REPLACE FUNCTION guard_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'an update begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.scheme_id, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.scheme_id, OLD.created_by, OLD.created_at) THEN
        RAISE EXCEPTION 'what identifies an update is never changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'preparing'),
        ('preparing', 'awaiting_approval'), ('preparing', 'approved'), ('preparing', 'draft'),
        ('awaiting_approval', 'approved'), ('awaiting_approval', 'draft'),
        ('approved', 'sending'), ('approved', 'draft'), ('approved', 'halted'),
        ('sending', 'sent'), ('sending', 'halted'),
        ('sent', 'sending'),
        ('halted', 'sending')
    ) THEN
        RAISE EXCEPTION 'an update that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'sent' AND NEW.state = 'sending' AND NOT EXISTS (
        SELECT FROM deliveries WHERE update_id = NEW.id AND state = 'planned'
    ) THEN
        RAISE EXCEPTION 'there is nothing left to send' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'words change in a draft only' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.audience_sha256, NEW.planned) IS DISTINCT FROM (OLD.audience_sha256, OLD.planned)
        AND OLD.state <> 'preparing' AND NEW.state <> 'draft' AND (
            NEW.audience_sha256 IS DISTINCT FROM OLD.audience_sha256 OR NEW.planned < OLD.planned
            OR NEW.planned <> (SELECT count(*) FROM deliveries WHERE update_id = NEW.id)
        ) THEN
        RAISE EXCEPTION 'people are frozen while preparing only' USING ERRCODE = 'check_violation';
    END IF;
    -- One recipient needs no senior. Everything else needs an approval of these very words and people,
    -- given after this submission: one that was followed by a sending back does not count again.
    IF NEW.state IN ('approved', 'sending') AND NEW.state <> OLD.state AND NOT EXISTS (
        SELECT FROM approvals a
        JOIN update_versions v ON v.update_id = a.update_id AND v.version = a.version
        WHERE a.update_id = NEW.id AND a.version = NEW.version AND a.decision = 'approve'
            AND a.content_sha256 = v.content_sha256 AND a.audience_sha256 = NEW.audience_sha256
            AND a.decided_at >= NEW.submitted_at
    ) AND (SELECT count(*) FROM audience_members WHERE update_id = NEW.id) <> 1 THEN
        RAISE EXCEPTION 'no approval of these words and these people' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
