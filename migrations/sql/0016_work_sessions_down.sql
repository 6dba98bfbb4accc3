-- Working through many people, one by one.
SELECT 1;
