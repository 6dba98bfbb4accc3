DROP TABLE held_forms, used_sign_ins, staff_sessions;
ALTER TABLE staff_members DROP COLUMN sealed_email, DROP COLUMN id;
