-- Ends it; what it did stands.
COMMIT;
