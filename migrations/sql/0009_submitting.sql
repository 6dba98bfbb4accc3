-- What was said when an update was handed in is kept as it was said: once, by whoever handed it in, while it is
-- being handed in. Else a reason that an approver reads could be put there later, or under another's name; and
-- a row in a senior's name could keep them from approving.

CREATE FUNCTION guard_submission() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    u updates;
BEGIN
    SELECT * INTO u FROM updates WHERE id = NEW.update_id FOR NO KEY UPDATE;
    IF u.state IS DISTINCT FROM 'preparing' OR (NEW.version, NEW.submitted_by, NEW.submitted_at)
        IS DISTINCT FROM (u.version, u.submitted_by, u.submitted_at) THEN
        RAISE EXCEPTION 'this is not what the update is submitted as' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER submissions_are_guarded BEFORE INSERT ON submissions
    FOR EACH ROW EXECUTE FUNCTION guard_submission();
CREATE TRIGGER submissions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON submissions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
