-- A scheme's public list is what the guard lets pass, so that nobody adds to it alone.

CREATE TABLE public_list_changes (
    id uuid PRIMARY KEY,
    scheme_id uuid NOT NULL REFERENCES schemes (id),
    kind varchar(30) NOT NULL,
    value varchar,
    adds boolean NOT NULL,
    why varchar NOT NULL,
    proposed_by varchar NOT NULL,
    proposed_at timestamptz NOT NULL,
    decision varchar,
    decided_by varchar,
    decided_at timestamptz,
    CONSTRAINT proposed_detail_kind CHECK (kind IN ('email', 'phone', 'host', 'postcode', 'reference')),
    CONSTRAINT a_decision_is_whole CHECK (
        (decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)
    ),
    CONSTRAINT a_change_is_agreed_or_refused CHECK (decision IN ('agree', 'refuse')),
    -- To take one's own proposal back is to refuse it.
    CONSTRAINT two_people_agree CHECK (decision IS DISTINCT FROM 'agree' OR decided_by <> proposed_by),
    -- What was refused may be anybody's address: it is not kept.
    CONSTRAINT what_was_refused_is_not_kept CHECK ((value IS NULL) = (decision IS NOT DISTINCT FROM 'refuse'))
);
CREATE INDEX public_list_changes_waiting ON public_list_changes (scheme_id) WHERE decision IS NULL;
CREATE UNIQUE INDEX one_proposal_of_a_kind ON public_list_changes (scheme_id, kind, value, adds)
    WHERE decision IS NULL;

-- The only way in which the staff process changes a public list: with a proposal of somebody else's. False
-- where there is none that waits. Raises check_violation where it is their own.
CREATE FUNCTION decide_public_list_change(change uuid, chosen text, who text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposal public_list_changes;
BEGIN
    SELECT * INTO proposal FROM public_list_changes WHERE id = change AND decision IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE public_list_changes SET decision = chosen, decided_by = who, decided_at = at,
        value = CASE WHEN chosen = 'agree' THEN value END
    WHERE id = change;
    IF chosen = 'agree' AND proposal.adds THEN
        INSERT INTO scheme_public_details (scheme_id, kind, value)
        VALUES (proposal.scheme_id, proposal.kind, proposal.value) ON CONFLICT DO NOTHING;
    ELSIF chosen = 'agree' THEN
        DELETE FROM scheme_public_details
        WHERE scheme_id = proposal.scheme_id AND kind = proposal.kind AND value = proposal.value;
    END IF;
    RETURN true;
END
$$;
