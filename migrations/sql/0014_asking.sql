-- What caseworkers ask of a worker: it alone has the index, and opens.
ALTER TABLE errands DROP CONSTRAINT errand_kind, ADD CONSTRAINT errand_kind
    CHECK (kind IN ('test-send', 'known-details', 'search', 'reveal', 'assist', 'release'));
