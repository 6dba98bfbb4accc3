-- Deliveries and updates as they were before.
DROP TRIGGER deliveries_join_while_preparing ON deliveries;
CREATE TRIGGER deliveries_join_while_preparing AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
DROP FUNCTION deliveries_come_while_preparing_or_instead();
DROP TRIGGER deliveries_are_for_ever_to_one_contact ON deliveries;
CREATE TRIGGER deliveries_are_for_ever_to_one_contact BEFORE UPDATE OF id, update_id, contact_id, channel
    ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse_change();
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
        ('halted', 'sending')
    ) THEN
        RAISE EXCEPTION 'an update that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'words change in a draft only' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.audience_sha256, NEW.planned) IS DISTINCT FROM (OLD.audience_sha256, OLD.planned)
        AND OLD.state <> 'preparing' AND NEW.state <> 'draft' THEN
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
