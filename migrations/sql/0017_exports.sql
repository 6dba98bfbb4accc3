-- Lists out. Each rule of the ceremony that a mistake in the code could break is here, too.

CREATE TABLE recipient_keys (
    id uuid PRIMARY KEY,
    subject varchar NOT NULL,
    recipient varchar NOT NULL,
    fingerprint varchar NOT NULL,
    enrolled_at timestamptz NOT NULL,
    confirmed_by varchar,
    confirmed_at timestamptz,
    revoked_by varchar,
    revoked_at timestamptz,
    CONSTRAINT a_key_is_enrolled_once UNIQUE (recipient),
    CONSTRAINT a_recipient_is_of_age CHECK (recipient ~ '^age1[02-9ac-hj-np-z]{58}$'),
    CONSTRAINT another_person_confirms_a_key CHECK (confirmed_by <> subject),
    CONSTRAINT a_key_is_confirmed_by_somebody CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT a_key_is_revoked_by_somebody CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
);
CREATE UNIQUE INDEX one_key_in_use_a_person ON recipient_keys (subject)
    WHERE confirmed_at IS NOT NULL AND revoked_at IS NULL;
CREATE UNIQUE INDEX one_key_waits_a_person ON recipient_keys (subject)
    WHERE confirmed_at IS NULL AND revoked_at IS NULL;

CREATE TABLE exports (
    id uuid PRIMARY KEY,
    scheme_id uuid NOT NULL REFERENCES schemes (id),
    purpose varchar(30) NOT NULL,
    reference varchar NOT NULL,
    columns text[] NOT NULL,
    filter jsonb NOT NULL,
    row_cap integer NOT NULL,
    people integer NOT NULL,
    key_id uuid NOT NULL REFERENCES recipient_keys (id),
    fingerprint varchar NOT NULL,
    requested_by varchar NOT NULL,
    requested_at timestamptz NOT NULL,
    request_sha256 varchar NOT NULL,
    state varchar(30) NOT NULL,
    decided_by varchar,
    decided_at timestamptz,
    refused_why varchar(30),
    build uuid,
    lease_until timestamptz,
    rows integer,
    sha256 varchar,
    built_at timestamptz,
    expires_at timestamptz,
    manifest jsonb,
    signature bytea,
    downloaded_at timestamptz,
    released_at timestamptz,
    CONSTRAINT export_purpose CHECK (purpose IN ('case-matching', 'call-back', 'post', 'legal', 'regulator')),
    CONSTRAINT export_state CHECK (state IN
        ('requested', 'approved', 'building', 'ready', 'downloaded', 'released', 'expired', 'refused')),
    CONSTRAINT export_refusal CHECK (refused_why IN ('declined', 'key-changed', 'too-many', 'cannot-open')),
    CONSTRAINT a_cap_is_a_count CHECK (row_cap BETWEEN 1 AND 1000000),
    CONSTRAINT a_list_has_columns CHECK (cardinality(columns) > 0),
    CONSTRAINT a_request_hash_is_hex CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT another_person_decides CHECK (decided_by <> requested_by),
    CONSTRAINT a_list_is_decided_by_somebody CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT a_refusal_says_why CHECK ((state = 'refused') = (refused_why IS NOT NULL)),
    CONSTRAINT a_list_is_approved_first CHECK (state IN ('requested', 'refused') OR decided_by IS NOT NULL),
    CONSTRAINT one_worker_builds_a_list CHECK (
        (state = 'building') = (build IS NOT NULL) AND (state = 'building') = (lease_until IS NOT NULL)
    ),
    CONSTRAINT a_list_is_built_whole CHECK (
        num_nulls(rows, sha256, built_at, expires_at, manifest, signature) IN (0, 6)
    ),
    CONSTRAINT what_is_ready_was_built CHECK (
        state NOT IN ('ready', 'downloaded', 'released', 'expired') OR built_at IS NOT NULL
    ),
    CONSTRAINT downloaded_when_it_was_downloaded CHECK (
        state NOT IN ('downloaded', 'released') OR downloaded_at IS NOT NULL
    ),
    CONSTRAINT released_when_it_was_released CHECK ((state = 'released') <= (released_at IS NOT NULL)),
    CONSTRAINT released_after_the_download CHECK ((released_at IS NOT NULL) <= (downloaded_at IS NOT NULL))
);
CREATE INDEX exports_of_a_scheme ON exports (scheme_id, id);
CREATE INDEX exports_to_a_key ON exports (key_id);
CREATE INDEX exports_under_way ON exports (state) WHERE state NOT IN ('expired', 'refused');

CREATE TABLE export_chunks (
    export_id uuid NOT NULL REFERENCES exports (id),
    n integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (export_id, n)
);
-- It is encrypted: to try to compress it costs time and wins nothing.
ALTER TABLE export_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE canaries (
    blind_index bytea NOT NULL,
    export_id uuid NOT NULL REFERENCES exports (id),
    person smallint NOT NULL,
    PRIMARY KEY (blind_index, export_id),
    CONSTRAINT a_canarys_index_is_a_mac CHECK (octet_length(blind_index) = 32)
);

-- A key is what it was enrolled as; it is confirmed once, by somebody who may, and revoked once.
CREATE FUNCTION guard_recipient_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF num_nonnulls(NEW.confirmed_at, NEW.revoked_at) > 0 THEN
            RAISE EXCEPTION 'a key is enrolled before it is confirmed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.subject, NEW.recipient, NEW.fingerprint, NEW.enrolled_at)
        IS DISTINCT FROM (OLD.id, OLD.subject, OLD.recipient, OLD.fingerprint, OLD.enrolled_at) THEN
        RAISE EXCEPTION 'what identifies a key is never changed' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'a revoked key stays revoked' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.confirmed_by, NEW.confirmed_at) IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at) THEN
        IF OLD.confirmed_at IS NOT NULL THEN
            RAISE EXCEPTION 'a key is confirmed once' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM staff_members WHERE subject = NEW.confirmed_by AND roles && '{caseworker,senior,dpo}'
        ) THEN
            RAISE EXCEPTION 'only a caseworker, a senior or a data-protection officer confirms a key'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER recipient_keys_are_guarded BEFORE INSERT OR UPDATE ON recipient_keys
    FOR EACH ROW EXECUTE FUNCTION guard_recipient_key();

-- What was asked for is never changed; one person decides, once, and not over their own; contacts need a
-- senior. Every step towards an open list needs the very key that it was asked for, still in use.
CREATE FUNCTION guard_export() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    in_use boolean := EXISTS (
        SELECT FROM recipient_keys WHERE id = NEW.key_id AND subject = NEW.requested_by
            AND fingerprint = NEW.fingerprint AND confirmed_at IS NOT NULL AND revoked_at IS NULL
    );
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.decided_by IS NOT NULL OR NEW.built_at IS NOT NULL THEN
            RAISE EXCEPTION 'a list begins as a request' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT in_use THEN
            RAISE EXCEPTION 'a list is asked for to a confirmed key of one''s own' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.scheme_id, NEW.purpose, NEW.reference, NEW.columns, NEW.filter, NEW.row_cap, NEW.people,
        NEW.key_id, NEW.fingerprint, NEW.requested_by, NEW.requested_at, NEW.request_sha256)
        IS DISTINCT FROM (OLD.id, OLD.scheme_id, OLD.purpose, OLD.reference, OLD.columns, OLD.filter,
        OLD.row_cap, OLD.people, OLD.key_id, OLD.fingerprint, OLD.requested_by, OLD.requested_at,
        OLD.request_sha256) THEN
        RAISE EXCEPTION 'what was asked for is never changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'approved'), ('requested', 'refused'),
        ('approved', 'building'), ('approved', 'refused'),
        ('building', 'ready'), ('building', 'refused'),
        ('ready', 'downloaded'), ('ready', 'expired'), ('ready', 'refused'),
        ('downloaded', 'released'), ('downloaded', 'expired'),
        ('released', 'expired')
    ) THEN
        RAISE EXCEPTION 'a list that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state NOT IN ('refused', 'expired') AND NOT in_use THEN
        RAISE EXCEPTION 'the key that it was asked for is not in use any more' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at)
        AND (OLD.decided_by IS NOT NULL OR OLD.state <> 'requested') THEN
        RAISE EXCEPTION 'a list is decided about once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'requested' AND NOT EXISTS (
        SELECT FROM staff_members WHERE subject = NEW.decided_by AND CASE
            WHEN NEW.columns && '{email,mobile,postal_address}' THEN roles && '{senior}'
            ELSE roles && '{caseworker,senior,dpo}'
        END
    ) THEN
        RAISE EXCEPTION 'whoever approves a list has the role for its columns' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.built_at IS NOT NULL AND (NEW.rows, NEW.sha256, NEW.built_at, NEW.expires_at, NEW.manifest,
        NEW.signature) IS DISTINCT FROM (OLD.rows, OLD.sha256, OLD.built_at, OLD.expires_at, OLD.manifest,
        OLD.signature) THEN
        RAISE EXCEPTION 'what was built is never changed' USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.downloaded_at IS NOT NULL AND NEW.downloaded_at IS DISTINCT FROM OLD.downloaded_at)
        OR (OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at) THEN
        RAISE EXCEPTION 'what happened to a list stays' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exports_are_guarded BEFORE INSERT OR UPDATE ON exports
    FOR EACH ROW EXECUTE FUNCTION guard_export();

-- How many people a filter means now: the same as in
-- service/registrations/listing.py. Arrays in, a count out: staff see nobody's row.
CREATE FUNCTION count_meant(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[], these uuid[])
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM registrations r
    WHERE r.scheme_id = of_scheme AND r.state = 'confirmed'
        AND (of_kinds IS NULL OR r.kind = ANY (of_kinds))
        AND (of_languages IS NULL OR r.language = ANY (of_languages))
        AND (these IS NULL OR r.id = ANY (these))
        AND (of_topics IS NULL OR EXISTS (
            SELECT FROM registration_topics t WHERE t.registration_id = r.id AND t.code = ANY (of_topics)
        ))
$$;

-- Whether the handing over of a list's key is in the record, committed: a worker looks before it unwraps one.
-- From the end, where it has just been written.
CREATE FUNCTION release_is_recorded(of_export uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT true FROM audit_events
        WHERE body LIKE '%"act":"export-released"%' AND body LIKE '%"export":"' || of_export || '"%'
        ORDER BY seq DESC LIMIT 1
    ), false)
$$;

ALTER TABLE incidents DROP CONSTRAINT incident_kind, ADD CONSTRAINT incident_kind CHECK (kind IN (
    'duplicate', 'unowned-message', 'missing-message', 'guard', 'detail-in-draft', 'too-many-reveals', 'canary'
));
