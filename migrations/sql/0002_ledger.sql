-- A delivery that is planned in an older copy of the database may have been handed over since: what
-- Notify has is adopted (service/deliveries/comparing.py).
CREATE OR REPLACE FUNCTION deliveries_move_as_they_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM was JOIN became USING (id)
        WHERE was.state <> became.state AND (was.state, became.state) NOT IN (
            ('planned', 'claimed'), ('planned', 'accepted'),
            ('claimed', 'accepted'), ('claimed', 'planned'), ('claimed', 'withdrawn'),
            ('claimed', 'suppressed'), ('claimed', 'refused'), ('claimed', 'set_aside'),
            ('claimed', 'uncertain'),
            ('uncertain', 'accepted'), ('uncertain', 'planned'), ('uncertain', 'set_aside'),
            ('accepted', 'delivered'), ('accepted', 'bounced'), ('accepted', 'failed')
        )
    ) THEN
        RAISE EXCEPTION 'a delivery does not move so' USING ERRCODE = 'check_violation';
    END IF;
    -- Without an attempt nothing was handed over.
    IF EXISTS (
        SELECT FROM was JOIN became USING (id)
        WHERE was.state = 'planned' AND became.state = 'accepted' AND NOT EXISTS (
            SELECT FROM attempts a
            WHERE a.delivery_id = became.id AND a.number = became.attempts AND a.outcome = 'accepted'
        )
    ) THEN
        RAISE EXCEPTION 'a delivery is adopted with its attempt' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM became JOIN was USING (id) JOIN updates u ON u.id = became.update_id
        WHERE became.state = 'claimed' AND was.state = 'planned' AND u.state <> 'sending'
    ) THEN
        RAISE EXCEPTION 'nothing is claimed of an update that is not being sent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- What was handed over and is deleted leaves its bare id, so that Notify's list can be compared with it.
CREATE FUNCTION remember_ended_confirmations() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO ended_confirmations (id, ended_at)
    SELECT id, now() FROM gone WHERE attempt > 0
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER confirmations_leave_their_ids AFTER DELETE ON confirmations
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION remember_ended_confirmations();
