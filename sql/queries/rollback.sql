-- Ends it; what it did is taken back.
ROLLBACK;
