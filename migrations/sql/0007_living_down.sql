-- Without what people do with their links.

DROP FUNCTION erase_registration(bytea);
DROP FUNCTION ask_for_copy(bytea);
DROP FUNCTION return_managed(bytea);
DROP FUNCTION leave_managed(bytea);
DROP FUNCTION undo_leaving(bytea);
DROP FUNCTION change_choices(bytea, text, text[]);
DROP FUNCTION change_preferences(bytea, text, text[], text[], text[], timestamptz);
DROP FUNCTION choose(uuid, text, text[]);
DROP FUNCTION look_at_choices(bytea);
DROP FUNCTION look_at_preferences(bytea);
DROP FUNCTION preferences_of(uuid);
DROP FUNCTION told_with(bytea);
DROP FUNCTION managed_by(bytea);
