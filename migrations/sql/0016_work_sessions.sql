-- Working through many people, one by one: another person approves the work and its very people, once.
ALTER TABLE errands DROP CONSTRAINT errand_kind, ADD CONSTRAINT errand_kind
    CHECK (kind IN ('test-send', 'known-details', 'search', 'reveal', 'assist', 'replace', 'release', 'work-item'));

CREATE TABLE work_sessions (
    id uuid PRIMARY KEY,
    scheme_id uuid NOT NULL REFERENCES schemes (id),
    kind varchar(30) NOT NULL,
    update_id uuid REFERENCES updates (id),
    purpose varchar(30) NOT NULL,
    reference varchar(40) NOT NULL,
    people integer NOT NULL,
    request_sha256 varchar(64) NOT NULL,
    requested_by varchar NOT NULL,
    requested_at timestamptz NOT NULL,
    state varchar(30) NOT NULL,
    decided_by varchar,
    decided_at timestamptz,
    approved_sha256 varchar(64),
    ends_at timestamptz NOT NULL,
    CONSTRAINT work_kind CHECK (kind IN ('calls', 'formats', 'unreached', 'no-way-left')),
    CONSTRAINT work_purpose CHECK (purpose IN ('call-back', 'other-format', 'another-way', 'safeguarding')),
    CONSTRAINT work_session_state
        CHECK (state IN ('requested', 'approved', 'working', 'finished', 'refused', 'expired')),
    CONSTRAINT some_work_is_of_an_update CHECK ((kind = 'no-way-left') = (update_id IS NULL)),
    CONSTRAINT work_for_a_few_hundred CHECK (people BETWEEN 1 AND 300),
    CONSTRAINT work_is_decided_whole CHECK (
        (decided_by IS NULL) = (decided_at IS NULL)
        AND (state = 'requested') <= (decided_by IS NULL)
        AND (state IN ('approved', 'working', 'finished', 'refused')) <= (decided_by IS NOT NULL)
    ),
    -- To take one's own request back is to refuse it.
    CONSTRAINT another_person_approves_work CHECK (approved_sha256 IS NULL OR decided_by <> requested_by),
    CONSTRAINT what_is_worked_on_was_approved CHECK (
        (state NOT IN ('approved', 'working', 'finished')
            OR (approved_sha256 IS NOT NULL AND approved_sha256 = request_sha256))
        AND (state = 'refused') <= (approved_sha256 IS NULL)
    ),
    CONSTRAINT work_ends_after_seven_days
        CHECK (ends_at <= coalesce(decided_at, requested_at) + interval '7 days')
);
CREATE INDEX work_sessions_to_end ON work_sessions (ends_at) WHERE state IN ('requested', 'approved', 'working');
CREATE INDEX work_sessions_in_order ON work_sessions (requested_at);

CREATE TABLE work_items (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES work_sessions (id),
    registration_id uuid NOT NULL,
    state varchar(30) NOT NULL,
    opened_by varchar,
    opened_at timestamptz,
    lease_until timestamptz,
    outcome varchar(30),
    settled_by varchar,
    settled_at timestamptz,
    call_back_at timestamptz,
    no_message boolean NOT NULL DEFAULT false,
    CONSTRAINT work_item_state CHECK (state IN ('waiting', 'open', 'called_again', 'not_reached', 'done')),
    CONSTRAINT work_outcome CHECK (outcome IN (
        'told', 'sent', 'reached', 'no-answer', 'wrong-number', 'asked-not-to-be-called', 'asked-to-leave', 'gone'
    )),
    CONSTRAINT a_person_is_in_a_session_once UNIQUE (session_id, registration_id),
    CONSTRAINT whoever_is_opened_is_somebodys CHECK (
        (state = 'waiting') = (opened_by IS NULL) AND (opened_by IS NULL) = (opened_at IS NULL)
        AND (state = 'open') = (lease_until IS NOT NULL)
    ),
    -- Nobody says what came of a person whom somebody else opened.
    CONSTRAINT whoever_opened_says_what_came_of_it CHECK (
        (state IN ('waiting', 'open')) = (outcome IS NULL)
        AND num_nonnulls(outcome, settled_by, settled_at) IN (0, 3)
        AND (settled_by IS NULL OR settled_by = opened_by)
    ),
    CONSTRAINT whoever_is_called_again_has_a_time CHECK ((state = 'called_again') = (call_back_at IS NOT NULL))
);
CREATE INDEX work_items_of_a_person ON work_items (registration_id, settled_at);
CREATE UNIQUE INDEX one_person_open_a_caseworker ON work_items (opened_by) WHERE state = 'open';

-- Each time that somebody's details were opened, and by whom. It stays.
CREATE TABLE work_openings (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES work_items (id),
    opened_by varchar NOT NULL,
    opened_at timestamptz NOT NULL
);
CREATE INDEX work_openings_of_an_item ON work_openings (item_id);

CREATE FUNCTION guard_work_session() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' THEN
            RAISE EXCEPTION 'work begins with a request' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM staff_members WHERE subject = NEW.requested_by AND 'caseworker' = ANY (roles)
        ) THEN
            RAISE EXCEPTION 'only a caseworker asks for work' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'approved'), ('requested', 'refused'), ('requested', 'expired'),
        ('approved', 'working'), ('approved', 'expired'),
        ('working', 'finished'), ('working', 'expired')
    ) THEN
        RAISE EXCEPTION 'work that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'requested' AND (NEW.decided_by, NEW.decided_at, NEW.approved_sha256, NEW.ends_at)
        IS DISTINCT FROM (OLD.decided_by, OLD.decided_at, OLD.approved_sha256, OLD.ends_at) THEN
        RAISE EXCEPTION 'work is decided about once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'requested' THEN
        IF NOT EXISTS (
            SELECT FROM staff_members
            WHERE subject = NEW.decided_by AND roles && '{caseworker,senior,dpo}'
        ) THEN
            RAISE EXCEPTION 'this role does not approve work' USING ERRCODE = 'check_violation';
        END IF;
        IF (SELECT count(*) FROM work_items WHERE session_id = NEW.id) <> NEW.people THEN
            RAISE EXCEPTION 'these are not the people of the request' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER work_sessions_are_guarded BEFORE INSERT OR UPDATE ON work_sessions
    FOR EACH ROW EXECUTE FUNCTION guard_work_session();
CREATE TRIGGER what_is_asked_for_is_never_changed BEFORE UPDATE OF id, scheme_id, kind, update_id, purpose,
    reference, people, request_sha256, requested_by, requested_at
    ON work_sessions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- All people of a request come with it: in one statement, and never one more.
CREATE FUNCTION people_join_work_at_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT FROM changed c JOIN work_sessions s ON s.id = c.session_id
        WHERE s.state <> 'requested' OR c.state <> 'waiting'
            OR s.people <> (SELECT count(*) FROM work_items i WHERE i.session_id = s.id)
    ) THEN
        RAISE EXCEPTION 'the people of a request are its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER people_join_work AFTER INSERT ON work_items REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION people_join_work_at_once();
CREATE TRIGGER people_of_work_stay BEFORE DELETE OR TRUNCATE ON work_items
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER people_of_work_are_for_ever_these BEFORE UPDATE OF id, session_id, registration_id ON work_items
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A person is opened while the work is approved, by one caseworker at a time.
CREATE FUNCTION guard_work_item() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
        ('waiting', 'open'), ('called_again', 'open'), ('open', 'open'),
        ('open', 'called_again'), ('open', 'not_reached'), ('open', 'done')
    ) THEN
        RAISE EXCEPTION 'a person who is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'open' AND NOT EXISTS (
        SELECT FROM work_sessions
        WHERE id = NEW.session_id AND state IN ('approved', 'working') AND ends_at > now()
    ) THEN
        RAISE EXCEPTION 'this work is not approved, or is over' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'open' AND NOT EXISTS (
        SELECT FROM staff_members WHERE subject = NEW.opened_by AND 'caseworker' = ANY (roles)
    ) THEN
        RAISE EXCEPTION 'only a caseworker opens anybody' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'open' AND NEW.opened_by <> OLD.opened_by AND OLD.lease_until > now() THEN
        RAISE EXCEPTION 'somebody else has this person open' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER work_items_are_guarded BEFORE UPDATE ON work_items
    FOR EACH ROW EXECUTE FUNCTION guard_work_item();
CREATE TRIGGER work_openings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON work_openings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which of these may be worked through: registered with the scheme now, and neither they nor whoever shares
-- an address with them said that nobody is to contact them. Bare ids: staff see no row of theirs.
CREATE FUNCTION people_for_work(of_scheme uuid, these uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.id FROM registrations r
    WHERE r.id = ANY (these) AND r.scheme_id = of_scheme AND r.state = 'confirmed'
        AND (r.paused_until IS NULL OR r.paused_until <= now())
        AND NOT EXISTS (
            SELECT FROM registration_contacts rc JOIN contacts k ON k.id = rc.contact_id
            WHERE rc.registration_id = r.id AND k.suppressed_why = 'do-not-contact'
        );
$$;

-- Everybody of a scheme of whose confirmed addresses none can be written to any more, and who has no number
-- for calls.
CREATE FUNCTION people_without_a_way(of_scheme uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT rc.registration_id
    FROM contacts k JOIN registration_contacts rc ON rc.contact_id = k.id AND rc.confirmed_at IS NOT NULL
    WHERE k.scheme_id = of_scheme AND k.suppressed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM registration_contacts other JOIN contacts o ON o.id = other.contact_id
        WHERE other.registration_id = rc.registration_id AND other.confirmed_at IS NOT NULL
            AND o.suppressed_at IS NULL
    );
$$;
