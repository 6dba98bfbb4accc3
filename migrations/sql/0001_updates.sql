-- Promise 4 in the database: the staff process's own role cannot get around it with plain SQL.

CREATE FUNCTION guard_update() RETURNS trigger
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
CREATE TRIGGER updates_are_guarded BEFORE INSERT OR UPDATE ON updates
    FOR EACH ROW EXECUTE FUNCTION guard_update();

CREATE FUNCTION guard_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    u updates;
BEGIN
    SELECT * INTO u FROM updates WHERE id = NEW.update_id FOR NO KEY UPDATE;
    IF u.state IS DISTINCT FROM 'awaiting_approval' OR u.version <> NEW.version THEN
        RAISE EXCEPTION 'there is nothing to approve' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.audience_sha256 <> u.audience_sha256 OR NEW.content_sha256 <>
        (SELECT content_sha256 FROM update_versions WHERE update_id = u.id AND version = u.version) THEN
        RAISE EXCEPTION 'the approval is over other words or people' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by = u.created_by OR NEW.decided_by = u.submitted_by OR NEW.decided_by IN
        (SELECT edited_by FROM update_versions WHERE update_id = u.id) THEN
        RAISE EXCEPTION 'nobody approves their own update' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM staff_members WHERE subject = NEW.decided_by AND 'senior' = ANY (roles)) THEN
        RAISE EXCEPTION 'only a senior approves' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER approvals_are_guarded BEFORE INSERT ON approvals
    FOR EACH ROW EXECUTE FUNCTION guard_approval();
