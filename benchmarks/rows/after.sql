DO $$
DECLARE
    missing text;
BEGIN
    FOR missing IN SELECT definition FROM dropped ORDER BY n LOOP
        EXECUTE missing;
    END LOOP;
END $$;

DROP TABLE dropped;
