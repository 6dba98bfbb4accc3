-- Staff who sign in on pages. The rows of a session and of a held form are named by a hash of a secret
-- that only the browser's cookie has, and encrypted under a key that follows from it.

ALTER TABLE staff_members
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN sealed_email bytea,
    ADD CONSTRAINT staff_members_id_key UNIQUE (id);

CREATE TABLE staff_sessions (
    id_hash bytea PRIMARY KEY,
    subject varchar NOT NULL,
    roles text[] NOT NULL,
    encrypted bytea NOT NULL,
    auth_time timestamptz,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX ix_staff_sessions_subject ON staff_sessions (subject);
CREATE INDEX ix_staff_sessions_started_at ON staff_sessions (started_at);

CREATE TABLE used_sign_ins (
    state_hash bytea PRIMARY KEY,
    used_at timestamptz NOT NULL
);
CREATE INDEX ix_used_sign_ins_used_at ON used_sign_ins (used_at);

CREATE TABLE held_forms (
    id_hash bytea PRIMARY KEY,
    subject varchar NOT NULL,
    encrypted bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_held_forms_expires_at ON held_forms (expires_at);
