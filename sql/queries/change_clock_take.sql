-- Takes the organisation's change clock until the transaction ends: who has it is the only writer.
SELECT change_time(current_org_id());
