-- What each process may do, in one place; taken away and given anew by every `kept migrate`.
-- A right that is not here is not there. Promise 3 and 8 rest on what is missing.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, kept_public, kept_staff, kept_callbacks, kept_worker;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, kept_public, kept_staff, kept_callbacks, kept_worker;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, kept_public, kept_staff, kept_callbacks, kept_worker;
REVOKE ALL ON SCHEMA public FROM PUBLIC, kept_public, kept_staff, kept_callbacks, kept_worker;
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO kept_public, kept_staff, kept_callbacks, kept_worker',
        current_database()
    );
END
$$;
GRANT USAGE ON SCHEMA public TO kept_public, kept_staff, kept_callbacks, kept_worker;

-- The public process: it can put a sealed thing into the letterbox, and act on a link it was shown.
GRANT SELECT ON schemes, scheme_topics, sealing_keys, published_updates TO kept_public;
GRANT INSERT (id, scheme_id, sealed, received_at) ON intake TO kept_public;
GRANT EXECUTE ON FUNCTION
    look_at_link(bytea), use_link(bytea, text), use_code(bytea, bytea), language_of_registration(bytea),
    leave(bytea),
    look_at_preferences(bytea),
    change_preferences(bytea, text, text[], text[], text[], timestamptz),
    leave_managed(bytea), return_managed(bytea), ask_for_copy(bytea), erase_registration(bytea),
    look_at_choices(bytea), change_choices(bytea, text, text[]), undo_leaving(bytea),
    journey_put(bytea, bytea), journey_get(bytea), journey_end(bytea)
    TO kept_public;

-- The staff process: updates, approvals, holds. No table of a person's.
GRANT SELECT ON schemes, scheme_topics, scheme_public_details, sealing_keys TO kept_staff;
GRANT SELECT, INSERT ON updates TO kept_staff;
GRANT UPDATE (state, version, submitted_by, submitted_at, audience_sha256, planned, approved_at, not_before,
    sending_since, resumed_at, word_by, word_at, halted_why, sent_back_why) ON updates TO kept_staff;
GRANT SELECT, INSERT ON update_versions, submissions, approvals TO kept_staff;
GRANT SELECT ON notify_templates, audience_members, deliveries, duplicates, passed_on, fulfilments TO kept_staff;
GRANT UPDATE (done_at, done_by) ON fulfilments TO kept_staff;
GRANT SELECT, INSERT ON certificates TO kept_staff;
GRANT UPDATE (asked_at) ON certificates TO kept_staff;
GRANT SELECT, INSERT ON holds TO kept_staff;
GRANT UPDATE (lifted_by, lifted_at) ON holds TO kept_staff;
-- That there is something to look into, of which kind; not what it is about.
GRANT SELECT (kind, opened_at) ON incidents TO kept_staff;
GRANT SELECT, INSERT, UPDATE ON staff_members TO kept_staff;
GRANT SELECT, INSERT, DELETE ON staff_sessions, used_sign_ins, held_forms TO kept_staff;
GRANT UPDATE (seen_at) ON staff_sessions TO kept_staff;
-- They ask, and read what was answered; what was asked they cannot read again.
GRANT INSERT (id, kind, scheme_id, sealed, asked_by, asked_at, expires_at) ON errands TO kept_staff;
GRANT SELECT (id, kind, asked_by, asked_at, answered_at, answer, sealed_answer) ON errands TO kept_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_deputies TO kept_staff;
GRANT SELECT ON audit_events TO kept_staff;
-- When what was handed over, for a chart; and counts of people, of whom they see none.
GRANT SELECT (delivery_id, started_at, outcome) ON attempts TO kept_staff;
GRANT EXECUTE ON FUNCTION
    audit_append(text),
    awaiting_notice(uuid),
    count_reachable(uuid, text[], text[], text[], uuid[], uuid, uuid, text[], timestamptz),
    count_frozen(uuid, timestamptz),
    registrations_numbered(uuid, text[])
    TO kept_staff;
-- One person at a time: without a detail; and what a caseworker may do for them.
GRANT SELECT, INSERT ON reveals TO kept_staff;
GRANT EXECUTE ON FUNCTION
    records_of(uuid[]), report_reveals(text, uuid, timestamptz), close_registration(text, uuid, boolean),
    correct_registration(text, uuid, text, text[], text[], text[], timestamptz, boolean),
    erase_for_somebody(text, uuid), calls_to_make(), settle_call(text, uuid, text)
    TO kept_staff;

-- Work sessions: who may be opened one by one, by bare ids. What was asked for is never changed.
GRANT SELECT, INSERT ON work_sessions, work_items, work_openings TO kept_staff;
GRANT UPDATE (state, decided_by, decided_at, approved_sha256, ends_at) ON work_sessions TO kept_staff;
GRANT UPDATE (state, opened_by, opened_at, lease_until, outcome, settled_by, settled_at, call_back_at, no_message)
    ON work_items TO kept_staff;
GRANT EXECUTE ON FUNCTION people_for_work(uuid, uuid[]), people_without_a_way(uuid) TO kept_staff;

-- Lists out: they ask, decide, and hand the encrypted file on. What it is made of they never see.
GRANT SELECT ON recipient_keys TO kept_staff;
GRANT INSERT (id, subject, recipient, fingerprint, enrolled_at) ON recipient_keys TO kept_staff;
GRANT UPDATE (confirmed_by, confirmed_at, revoked_by, revoked_at) ON recipient_keys TO kept_staff;
GRANT SELECT ON exports TO kept_staff;
GRANT INSERT (id, scheme_id, purpose, reference, columns, filter, row_cap, people, key_id, fingerprint,
    requested_by, requested_at, request_sha256, state) ON exports TO kept_staff;
GRANT UPDATE (state, decided_by, decided_at, refused_why, build, lease_until, downloaded_at, released_at)
    ON exports TO kept_staff;
GRANT SELECT, DELETE ON export_chunks TO kept_staff;
GRANT EXECUTE ON FUNCTION count_meant(uuid, text[], text[], text[], uuid[]) TO kept_staff;

-- Lists in: they hand a sealed file in, say what its columns are, and see what became of each line. Never a row.
GRANT SELECT, INSERT ON imports TO kept_staff;
GRANT UPDATE (state, bytes, matching, matched_by, counts, done_line, committed_by, committed_at, ended_at)
    ON imports TO kept_staff;
GRANT INSERT ON import_chunks TO kept_staff;
GRANT SELECT (import_id, line, verdict, duplicate_of, field, rule) ON import_rows TO kept_staff;

-- A scheme's settings; never its public list, which one person alone cannot change.
GRANT UPDATE (name_en, name_cy, open, closed_on, privacy_notice, privacy_notice_version, lawful_basis, reply_to_id,
    about) ON schemes TO kept_staff;
GRANT INSERT ON scheme_topics TO kept_staff;
GRANT UPDATE (en, cy, position) ON scheme_topics TO kept_staff;
GRANT SELECT, INSERT ON public_list_changes TO kept_staff;
GRANT EXECUTE ON FUNCTION decide_public_list_change(uuid, text, text, timestamptz) TO kept_staff;

-- What hears from Notify: it can say what happened to a reference, and seal a text that somebody sent. It
-- sees nothing.
GRANT EXECUTE ON FUNCTION record_receipt(uuid, text, uuid, text) TO kept_callbacks;
GRANT SELECT ON sealing_keys TO kept_callbacks;
GRANT INSERT (id, sealed, received_at) ON received_texts TO kept_callbacks;

-- The workers: the only ones that see a sealed contact.
GRANT SELECT ON schemes, scheme_topics, scheme_public_details, sealing_keys TO kept_worker;
GRANT SELECT, DELETE ON intake TO kept_worker;
GRANT UPDATE (set_aside_at) ON intake TO kept_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON registrations, registration_topics, contacts, registration_contacts,
    confirmations TO kept_worker;
GRANT SELECT, DELETE ON journey_answers TO kept_worker;
GRANT SELECT ON updates, update_versions, approvals TO kept_worker;
GRANT UPDATE (state, audience_sha256, planned, approved_at, not_before, sending_since, sent_at, halted_why,
    sent_back_why, ramp_percent, ramp_since) ON updates TO kept_worker;
GRANT SELECT, INSERT, DELETE ON audience_members TO kept_worker;
GRANT SELECT, INSERT, DELETE ON deliveries TO kept_worker;
GRANT UPDATE (state, attempts, lease_until, changed_at) ON deliveries TO kept_worker;
GRANT SELECT, INSERT ON passed_on TO kept_worker;
GRANT SELECT, INSERT, DELETE ON fulfilments TO kept_worker;
GRANT SELECT, DELETE ON received_texts TO kept_worker;
GRANT UPDATE (read_at, scheme_id) ON received_texts TO kept_worker;
GRANT SELECT, INSERT ON attempts TO kept_worker;
GRANT UPDATE (outcome, notify_id, ask_at, misses, notify_erred, seen_at) ON attempts TO kept_worker;
GRANT SELECT, INSERT ON receipts TO kept_worker;
GRANT UPDATE (applied_at) ON receipts TO kept_worker;
GRANT SELECT, INSERT ON duplicates TO kept_worker;
GRANT SELECT, INSERT, UPDATE ON certificates TO kept_worker;
-- They may stop sending, and never let it go on.
GRANT SELECT, INSERT ON holds TO kept_worker;
GRANT UPDATE (compared_at) ON holds TO kept_worker;
GRANT SELECT, INSERT ON incidents, comparisons TO kept_worker;
GRANT SELECT, INSERT, DELETE ON ended_confirmations TO kept_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeats TO kept_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON notify_templates TO kept_worker;
GRANT SELECT, DELETE ON errands TO kept_worker;
-- Nobody is shown anything that was not recorded.
GRANT SELECT ON reveals TO kept_worker;
GRANT UPDATE (sealed, taken_at, answered_at, answer, sealed_answer) ON errands TO kept_worker;
GRANT SELECT ON staff_members, staff_deputies TO kept_worker;
-- Whom they may open for whom; that it is over they say themselves.
GRANT SELECT ON work_sessions, work_items TO kept_worker;
GRANT UPDATE (state) ON work_sessions TO kept_worker;
GRANT SELECT, INSERT, DELETE ON matters, notices TO kept_worker;
GRANT UPDATE (over_at) ON matters TO kept_worker;
GRANT UPDATE (state, attempt, reference, notify_id, misses, try_at, sent_at) ON notices TO kept_worker;
GRANT SELECT ON imports TO kept_worker;
GRANT UPDATE (state, seen, why, counts, done_line, lease_until, ended_at) ON imports TO kept_worker;
GRANT SELECT, DELETE ON import_chunks TO kept_worker;
GRANT SELECT, INSERT, DELETE ON import_rows TO kept_worker;
GRANT UPDATE (verdict, field, rule, sealed) ON import_rows TO kept_worker;
GRANT SELECT, INSERT, DELETE ON import_addresses TO kept_worker;
-- How far the record is, for the witness; not what it says.
GRANT SELECT (seq, hash) ON audit_events TO kept_worker;
GRANT EXECUTE ON FUNCTION audit_append(text), people_reached(uuid) TO kept_worker;

-- Lists out: they build what was approved, and open what is in the record as released.
GRANT SELECT ON recipient_keys, exports TO kept_worker;
GRANT UPDATE (state, refused_why, build, lease_until, rows, sha256, built_at, expires_at, manifest, signature)
    ON exports TO kept_worker;
GRANT SELECT (export_id, n), INSERT, DELETE ON export_chunks TO kept_worker;
GRANT SELECT, INSERT, DELETE ON canaries TO kept_worker;
GRANT EXECUTE ON FUNCTION release_is_recorded(uuid) TO kept_worker;
