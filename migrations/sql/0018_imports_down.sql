-- Without lists in. Not while somebody awaits their notice: they would be told something else first.
DO $$
BEGIN
    IF EXISTS (SELECT FROM registrations WHERE awaits_notice AND state = 'confirmed') THEN
        RAISE EXCEPTION 'somebody who was brought in awaits a notice' USING ERRCODE = 'check_violation';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION count_meant(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[], these uuid[])
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
DROP FUNCTION count_reachable(uuid, text[], text[], text[], uuid[], uuid, uuid, text[], timestamptz);
CREATE FUNCTION count_reachable(of_scheme uuid, of_kinds text[], of_topics text[], of_languages text[],
    these uuid[], reached_by uuid, by_channels text[], at timestamptz)
RETURNS TABLE (kind text, language text, channel text, formats text[], topics text[], people bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE '
        WITH topic AS (
            SELECT array_agg(code::text ORDER BY code) AS codes FROM scheme_topics WHERE scheme_id = $1
        ), chosen AS (
            SELECT registration_id, bit_or(1::bigint << array_position(codes, code::text)) AS bits
            FROM (SELECT * FROM registration_topics ORDER BY registration_id) AS in_order, topic
            GROUP BY registration_id
        ), cells AS (
            SELECT kind, language, channel, formats, bits, count(*) AS people
            FROM (
                SELECT DISTINCT ON (r.id) r.kind, r.language, rc.channel, r.formats, c.bits
                FROM registrations r
                JOIN registration_contacts rc ON rc.registration_id = r.id
                LEFT JOIN chosen c ON c.registration_id = r.id
                WHERE r.scheme_id = $1 AND r.state = ''confirmed''
                    AND (r.paused_until IS NULL OR r.paused_until <= $8)
                    AND rc.confirmed_at IS NOT NULL AND rc.channel = ANY ($7)
                    AND NOT EXISTS (
                        SELECT FROM contacts k WHERE k.id = rc.contact_id AND k.suppressed_at IS NOT NULL
                    )
                    AND ($2 IS NULL OR r.kind = ANY ($2))
                    AND ($3 IS NULL OR c.bits & (
                        SELECT bit_or(1::bigint << array_position(codes, one)) FROM topic, unnest($3) AS one
                    ) <> 0)
                    AND ($4 IS NULL OR r.language = ANY ($4))
                    AND ($5 IS NULL OR r.id IN (SELECT unnest($5)))
                    AND ($6 IS NULL OR r.id IN (SELECT people_reached($6)))
                ORDER BY r.id, rc.position
            ) AS told
            GROUP BY kind, language, channel, formats, bits
        )
        SELECT kind::text, language::text, channel::text, formats,
            ARRAY(SELECT code FROM topic, unnest(codes) WITH ORDINALITY AS o (code, bit)
                WHERE bits & (1::bigint << bit::int) <> 0),
            people
        FROM cells'
    USING of_scheme, of_kinds, of_topics, of_languages, these, reached_by, by_channels, at;
END
$$;
DROP FUNCTION awaiting_notice(uuid);
DROP INDEX registrations_that_await_a_notice;
ALTER TABLE registrations DROP CONSTRAINT only_the_imported_await_a_notice, DROP COLUMN awaits_notice,
    DROP COLUMN imported_in;
DROP TABLE import_addresses, import_rows, import_chunks, imports;
DROP FUNCTION imports_move_as_they_may();
