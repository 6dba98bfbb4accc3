DROP FUNCTION decide_public_list_change(uuid, text, text, timestamptz);
DROP TABLE public_list_changes;
