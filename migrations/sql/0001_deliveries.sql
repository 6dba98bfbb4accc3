-- Promises 1 and 5 in the database: who gets what is frozen, and a delivery moves only as it may.

CREATE FUNCTION frozen_people_come_and_go_while_preparing() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM changed c JOIN updates u ON u.id = c.update_id
        WHERE u.state <> 'preparing' AND NOT (TG_OP = 'DELETE' AND u.state = 'draft')
    ) THEN
        RAISE EXCEPTION 'people are frozen' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER audience_members_join_while_preparing AFTER INSERT ON audience_members
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER audience_members_go_while_preparing AFTER DELETE ON audience_members
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER audience_members_stay BEFORE UPDATE OR TRUNCATE ON audience_members
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deliveries_join_while_preparing AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER deliveries_go_while_preparing AFTER DELETE ON deliveries
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION frozen_people_come_and_go_while_preparing();
CREATE TRIGGER deliveries_are_for_ever_to_one_contact BEFORE UPDATE OF id, update_id, contact_id, channel
    ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION deliveries_move_as_they_may() RETURNS trigger
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
CREATE TRIGGER deliveries_are_guarded AFTER UPDATE ON deliveries
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION deliveries_move_as_they_may();

-- Notify's callbacks. A receipt can be here before our own 201 is. One with a reference that was never
-- ours (an upload by hand can have any, somebody's name too) is not kept.
CREATE FUNCTION record_receipt(receipt_id uuid, reference text, notify_id uuid, status text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO receipts (id, reference, notify_id, status, received_at)
    SELECT receipt_id, reference, notify_id, status, now()
    WHERE reference ~ '^[cd]-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{1,9}$';
$$;
