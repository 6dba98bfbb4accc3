DELETE FROM incidents WHERE kind = 'canary';
ALTER TABLE incidents DROP CONSTRAINT incident_kind, ADD CONSTRAINT incident_kind
    CHECK (kind IN (
        'duplicate', 'unowned-message', 'missing-message', 'guard', 'detail-in-draft', 'too-many-reveals'
    ));
DROP FUNCTION release_is_recorded(uuid);
DROP FUNCTION count_meant(uuid, text[], text[], text[], uuid[]);
DROP TABLE canaries, export_chunks, exports, recipient_keys;
DROP FUNCTION guard_export();
DROP FUNCTION guard_recipient_key();
