DROP TRIGGER submissions_stay ON submissions;
DROP TRIGGER submissions_are_guarded ON submissions;
DROP FUNCTION guard_submission();
