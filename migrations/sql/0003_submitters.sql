-- Promise 4: whoever submitted an update has a hand in it, also when it came back and another submitted it
-- again. The database keeps them itself: `submitted_by` is only the last one.

CREATE FUNCTION keep_submitters() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    NEW.submitters := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE OLD.submitters END;
    IF NEW.submitted_by IS NOT NULL AND NEW.submitted_by <> ALL (NEW.submitters) THEN
        NEW.submitters := array_append(NEW.submitters, NEW.submitted_by);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER updates_keep_their_submitters BEFORE INSERT OR UPDATE ON updates
    FOR EACH ROW EXECUTE FUNCTION keep_submitters();

CREATE FUNCTION guard_against_submitters() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (SELECT FROM updates WHERE id = NEW.update_id AND NEW.decided_by = ANY (submitters)) THEN
        RAISE EXCEPTION 'nobody approves their own update' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER approvals_are_not_by_submitters BEFORE INSERT ON approvals
    FOR EACH ROW EXECUTE FUNCTION guard_against_submitters();
