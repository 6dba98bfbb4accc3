-- Without words, urgent windows, corrections and counts.

DROP FUNCTION registrations_numbered(uuid, text[]);
DROP FUNCTION count_frozen(uuid, timestamptz);
DROP FUNCTION count_reachable(uuid, text[], text[], text[], uuid[], uuid, text[], timestamptz);
DROP FUNCTION people_reached(uuid);
DROP TRIGGER updates_leave_when_they_may ON updates;
DROP FUNCTION guard_window();
DROP INDEX contacts_suppressed;
ALTER TABLE approvals DROP CONSTRAINT what_is_urgent_has_a_reason, DROP COLUMN urgent_reason,
    DROP COLUMN held_until;
ALTER TABLE updates DROP CONSTRAINT a_word_is_somebodys, DROP COLUMN word_at, DROP COLUMN word_by;
