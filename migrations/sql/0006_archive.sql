-- What the archive shows: the words of updates that were meant for everybody of a kind, once they are
-- being sent. It runs with its owner's rights, so that who reads it needs none to what lies beneath; no
-- count, audience or name of staff is in it. What an author has not said to publish is not there.
CREATE VIEW published_updates WITH (security_barrier) AS
SELECT u.id, u.scheme_id, u.sending_since AS published_at, v.content -> 'email' AS words
FROM updates u
JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
WHERE u.state IN ('sending', 'sent')
    AND v.content -> 'publish' = 'true'
    AND NOT v.content -> 'audience' ? 'registrations'
    AND jsonb_typeof(v.content -> 'email') = 'object' AND v.content -> 'email' <> '{}';
