-- Lists out.
SELECT 1;
