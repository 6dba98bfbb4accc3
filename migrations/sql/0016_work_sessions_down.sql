DROP FUNCTION people_without_a_way(uuid);
DROP FUNCTION people_for_work(uuid, uuid[]);
DROP TABLE work_openings;
DROP TABLE work_items;
DROP TABLE work_sessions;
DROP FUNCTION guard_work_item();
DROP FUNCTION people_join_work_at_once();
DROP FUNCTION guard_work_session();
DELETE FROM errands WHERE kind = 'work-item';
ALTER TABLE errands DROP CONSTRAINT errand_kind, ADD CONSTRAINT errand_kind
    CHECK (kind IN ('test-send', 'known-details', 'search', 'reveal', 'assist', 'replace', 'release'));
