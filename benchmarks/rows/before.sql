CREATE TEMPORARY TABLE dropped (n serial, definition text);

DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT conrelid::regclass AS owner, conname, contype, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE contype IN ('f', 'u', 'p') AND connamespace = 'public'::regnamespace
        ORDER BY contype = 'f' DESC
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.owner, found.conname);
        IF found.contype <> 'f' THEN
            INSERT INTO dropped (definition)
            VALUES (format('ALTER TABLE %s ADD CONSTRAINT %I %s', found.owner, found.conname, found.definition));
        END IF;
    END LOOP;
    FOR found IN SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP INDEX %I', found.indexname);
        INSERT INTO dropped (definition) VALUES (found.indexdef);
    END LOOP;
END $$;
