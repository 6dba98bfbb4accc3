-- Lists in.
SELECT 1;
