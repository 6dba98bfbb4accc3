-- Finding, seeing and serving one person.
SELECT 1;
