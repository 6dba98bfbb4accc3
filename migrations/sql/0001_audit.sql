-- The hash chain: each event's hash covers the one before it, its number and its exact text.
CREATE FUNCTION audit_append(event text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_seq bigint;
    last_hash bytea;
BEGIN
    PERFORM event::jsonb;
    -- One appender at a time, until its transaction ends: two could otherwise follow the same event.
    PERFORM pg_advisory_xact_lock(7233173);
    SELECT seq, hash INTO last_seq, last_hash FROM audit_events ORDER BY seq DESC LIMIT 1;
    last_seq := coalesce(last_seq, 0) + 1;
    last_hash := coalesce(last_hash, '\x'::bytea);
    INSERT INTO audit_events (seq, body, previous_hash, hash)
    VALUES (last_seq, event, last_hash, sha256(last_hash || int8send(last_seq) || convert_to(event, 'UTF8')));
    RETURN last_seq;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed or removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER update_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON update_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approvals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON approvals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
