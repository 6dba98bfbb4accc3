-- The moves as they were before.
CREATE OR REPLACE FUNCTION deliveries_move_as_they_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM was JOIN became USING (id)
        WHERE was.state <> became.state AND (was.state, became.state) NOT IN (
            ('planned', 'claimed'),
            ('claimed', 'accepted'), ('claimed', 'planned'), ('claimed', 'withdrawn'),
            ('claimed', 'suppressed'), ('claimed', 'refused'), ('claimed', 'set_aside'),
            ('claimed', 'uncertain'),
            ('uncertain', 'accepted'), ('uncertain', 'planned'), ('uncertain', 'set_aside'),
            ('accepted', 'delivered'), ('accepted', 'bounced'), ('accepted', 'failed')
        )
    ) THEN
        RAISE EXCEPTION 'a delivery does not move so' USING ERRCODE = 'check_violation';
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
