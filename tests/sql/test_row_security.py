"""Tenants are kept apart by the database, whatever the program in front of it does."""
import pytest
from psycopg import errors, sql

import rows

ROLES = ["kabaido_worker", "kabaido_tool", "kabaido_application"]

# What each role may do with each table, in the letters of psql's \\dp. a: INSERT, d: DELETE,
# r: SELECT, w: UPDATE; with a star where it is only for some columns.
GRANTS = {
    "kabaido_worker": {
        "plans": "r", "organisations": "r", "api_keys": "a*rw*", "credentials": "a*r*w*",
        "key_window": "a*r", "usage_hourly": "r", "users": "r*w*", "sessions": "a*dr", "audit": "a*r", "products": "arw", "customers": "arw",
        "contacts": "arw", "quotes": "r", "quote_lines": "r", "orders": "r", "order_lines": "r",
        "requests": "arw*", "messages": "ar", "idempotency": "adrw",
    },
    "kabaido_tool": {
        "plans": "r", "organisations": "arw*", "api_keys": "arw*", "credentials": "arw*",
        "key_window": "ar", "usage_hourly": "r", "users": "arw*", "sessions": "dr",
        "audit": "ar",
    },
    "kabaido_application": {
        "plans": "r", "organisations": "r", "products": "arw", "customers": "arw",
        "contacts": "arw", "quotes": "adrw", "quote_lines": "adrw", "orders": "adrw",
        "order_lines": "adrw", "requests": "arw", "messages": "arw",
    },
    "kabaido_definer": {
        "plans": "rw*", "organisations": "rw*", "api_keys": "rw*", "credentials": "r",
        "key_window": "rw", "usage_hourly": "arw", "change_clock": "arw", "products": "r*",
        "customers": "r*", "users": "rw*", "sessions": "drw*", "sign_ins": "adr",
        "sign_in_buckets": "adrw",
    },
}

# What passes row security; with the role that may call it, where it is not every writer.
DEFINED = {"admit": "kabaido_worker", "api_keys_learn_plan": None, "change_time": None,
           "credential_find": "kabaido_worker", "customers_search": None,
           "organisations_tell_keys": None, "plans_tell_keys": None, "products_search": None,
           "session_admit": "kabaido_worker", "sign_in_attempt": "kabaido_worker",
           "sign_in_hold": "kabaido_worker", "sign_in_refund": "kabaido_worker",
           "users_keep_sign_in": None}
# What those call, and nobody else may.
BEHIND = ["customers_containing", "customers_step", "customers_walk", "products_containing",
          "products_step", "products_walk", "window_mend", "window_regroup", "window_used"]
# For all who write records. The functions of triggers need no grant.
WRITERS = ["kabaido_application", "kabaido_worker"]
OF_WRITERS = ["change_time", "customers_search", "products_search", "search_fold",
              "search_has_trigrams", "search_pattern"]

# The tables that kabaidoctl manages for all organisations.
MANAGED = {"organisations", "api_keys", "credentials", "key_window", "usage_hourly", "users",
           "sessions", "audit"}

# Keys that do not begin with org_id, and why.
KEYS_ACROSS_ORGANISATIONS = {
    "credentials_pkey": "a public id is looked up before any organisation is known",
    "sign_ins_pkey": "an e-mail address is looked up before any organisation is known",
    "sign_in_buckets_pkey": "who tries a password belongs to nobody yet",
    "organisations_name_unique": "--org takes a name, which must mean one organisation",
}

TENANT_TABLES = list(rows.of_organisation("any"))
# A tenant's as well, whose rows a trigger makes and only functions read.
KEPT_BY_TRIGGER = {"sign_ins"}
OF_NOBODY = {"plans", "sign_in_buckets"}

# What takes away from a worker again where nobody is signed in who may: name, command, USING, CHECK.
ADMINS, ONESELF = "current_user_manages_keys()", "(user_id = current_user_id())"
MADE, CHANGED = ("made_by_admins", "INSERT", None, ADMINS), ("changed_by_admins", "UPDATE", ADMINS, None)
RESTRICTED = {
    "api_keys": [MADE, CHANGED], "credentials": [MADE, CHANGED], "key_window": [MADE],
    "audit": [("read_by_admins", "SELECT", ADMINS, None)],
    "users": [("oneself", "ALL", ONESELF, None)], "sessions": [("oneself", "ALL", ONESELF, None)],
}


@pytest.fixture(scope="module")
def organisations(superuser):
    return {name: rows.insert_organisation(superuser, name) for name in ("A", "B")}


@pytest.fixture
def session(cluster, connect):
    """Opens a connection as a role, acting for an organisation or for none, its owner signed in."""
    def open_as(role, organisation=None, signed_in=True):
        # The application's role is a group; its members' login roles are the operator's to make.
        connection = connect("postgres" if role == "kabaido_application" else role)
        if role == "kabaido_application":
            connection.execute("SET ROLE kabaido_application")
        if organisation is not None:
            connection.execute("SELECT set_config('kabaido.org_id', %s, false)",
                               [str(organisation["organisations"]["org_id"])])
            if signed_in:
                connection.execute("SELECT set_config('kabaido.user_id', %s, false), "
                                   "set_config('kabaido.user_role', 'owner', false)",
                                   [str(organisation["users"]["user_id"])])
        return connection
    return open_as


def may(role, table, right):
    return right in GRANTS[role].get(table, "")


def cases(right):
    """Each pair of role and tenant table of which the role holds the right."""
    return [(role, table) for role in ROLES for table in TENANT_TABLES if may(role, table, right)]


def granted(connection, table, right):
    """The table's columns of which the connection's role holds the right."""
    return [name for name, in connection.execute("""
        SELECT attname::text FROM pg_attribute
         WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
           AND has_column_privilege(attrelid, attnum, %s) ORDER BY attnum""", [table, right])]


# The schema


def test_every_table_but_plans_belongs_to_tenants(superuser):
    tables = superuser.execute("""
        SELECT relname::text, EXISTS (SELECT FROM pg_attribute
                                 WHERE attrelid = c.oid AND attname = 'org_id' AND attnotnull)
          FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        """).fetchall()
    assert {name for name, has_org in tables if not has_org} == OF_NOBODY
    assert {name for name, has_org in tables if has_org} == {*TENANT_TABLES, *KEPT_BY_TRIGGER}


def test_nothing_but_tables_holds_rows(superuser):
    """A view or a foreign table would go round the row security that is tested here."""
    assert superuser.execute("""
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i', 'S')
        """).fetchall() == []


def test_no_table_forgets_in_a_crash(superuser):
    """An unlogged one is empty after it, and on a standby that takes over: nobody would be limited."""
    assert superuser.execute("SELECT relname FROM pg_class WHERE relpersistence <> 'p' "
                             "AND relnamespace = 'public'::regnamespace").fetchall() == []


@pytest.mark.parametrize("table", [*TENANT_TABLES, *KEPT_BY_TRIGGER])
def test_row_security_is_enabled_and_forced(superuser, table):
    assert superuser.execute("SELECT relrowsecurity, relforcerowsecurity FROM pg_class "
                             "WHERE oid = %s::regclass", [table]).fetchone() == (True, True)


@pytest.mark.parametrize("table", [*TENANT_TABLES, *KEPT_BY_TRIGGER])
def test_policies_are_the_own_organisation_and_the_tools(superuser, table):
    policies = superuser.execute("""
        SELECT policyname::text, permissive, roles::text[], cmd, qual, with_check FROM pg_policies
         WHERE schemaname = 'public' AND tablename = %s ORDER BY 2, 1 DESC""", [table]).fetchall()
    own = ("own", "PERMISSIVE", ["public"], "ALL", "(org_id = current_org_id())", None)
    managed = ("managed", "PERMISSIVE", ["kabaido_tool"], "ALL", "true", None)
    restricted = [(name, "RESTRICTIVE", ["kabaido_worker"], command, using, check)
                  for name, command, using, check in RESTRICTED.get(table, [])]
    assert policies == ([own, managed] if table in MANAGED else [own]) + restricted


def test_primary_keys_and_unique_indexes_begin_with_the_organisation(superuser):
    found = superuser.execute("""
        SELECT i.indexrelid::regclass::text, a.attname::text
          FROM pg_index i
          JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace
          LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND t.relname <> 'plans'""").fetchall()
    assert len(found) > len(TENANT_TABLES)
    assert {index for index, first in found if first != "org_id"} == set(KEYS_ACROSS_ORGANISATIONS)


def test_every_tenant_table_has_a_primary_key(superuser):
    keys = superuser.execute("""
        SELECT conrelid::regclass::text FROM pg_constraint
         WHERE contype = 'p' AND connamespace = 'public'::regnamespace""").fetchall()
    assert {table for table, in keys} == {*TENANT_TABLES, *KEPT_BY_TRIGGER, *OF_NOBODY}


def test_foreign_keys_between_tenant_tables_carry_the_organisation(superuser):
    """Column by column, so that org_id refers to org_id: a row cannot point at another tenant's."""
    found = superuser.execute("""
        SELECT c.conname, c.confrelid::regclass::text,
               array_agg((a.attname::text, f.attname::text)::text) AS pairs
          FROM pg_constraint c, unnest(c.conkey, c.confkey) AS k (mine, theirs)
          JOIN pg_attribute a ON true
          JOIN pg_attribute f ON true
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
           AND a.attrelid = c.conrelid AND a.attnum = k.mine
           AND f.attrelid = c.confrelid AND f.attnum = k.theirs
         GROUP BY c.oid""").fetchall()
    assert len(found) > 10
    assert [name for name, target, pairs in found
            if target != "plans" and "(org_id,org_id)" not in pairs] == []


def test_every_tenant_table_is_tied_to_an_organisation(superuser):
    """Through its foreign keys, if not directly: no row without its tenant."""
    pairs = superuser.execute("""
        SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace""").fetchall()
    tied = {"organisations"}
    while more := {table for table, target in pairs if target in tied} - tied:
        tied |= more
    assert tied == {*TENANT_TABLES, *KEPT_BY_TRIGGER}


# The roles


@pytest.mark.parametrize("role", GRANTS)
def test_role_holds_these_grants_and_no_others(superuser, role):
    whole = superuser.execute("""
        SELECT relname::text, privilege_type FROM pg_class, aclexplode(relacl)
         WHERE relnamespace = 'public'::regnamespace AND grantee IN (%s::regrole, 0)""",
        [role]).fetchall()
    some = superuser.execute("""
        SELECT DISTINCT relname::text, privilege_type
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(attacl)
         WHERE relnamespace = 'public'::regnamespace AND grantee IN (%s::regrole, 0)""",
        [role]).fetchall()
    letters = {"INSERT": "a", "SELECT": "r", "UPDATE": "w", "DELETE": "d"}
    found = {}
    for star, grants in (("", whole), ("*", some)):
        for table, privilege in grants:
            found.setdefault(table, set()).add(letters.get(privilege, privilege) + star)
    assert {table: "".join(sorted(rights)) for table, rights in found.items()} == GRANTS[role]


@pytest.mark.parametrize("role", [*GRANTS, "kabaido_owner"])
def test_role_has_no_power_beyond_its_grants(superuser, role):
    powers = superuser.execute("""
        SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin
          FROM pg_roles WHERE rolname = %s""", [role]).fetchone()
    definer = role == "kabaido_definer"
    login = role in ("kabaido_worker", "kabaido_tool", "kabaido_owner")
    assert powers == (False, False, False, False, definer, login)


@pytest.mark.parametrize("role", ROLES)
def test_role_owns_nothing(superuser, role):
    assert superuser.execute("""
        SELECT classid::regclass, objid FROM pg_shdepend
         WHERE refclassid = 'pg_authid'::regclass AND refobjid = %s::regrole AND deptype = 'o'""",
        [role]).fetchall() == []


def test_definer_owns_functions_only(superuser):
    owned = superuser.execute("""
        SELECT classid::regclass::text, objid::regproc::text FROM pg_shdepend
         WHERE refclassid = 'pg_authid'::regclass AND refobjid = 'kabaido_definer'::regrole
           AND deptype = 'o' AND dbid = (SELECT oid FROM pg_database
                                          WHERE datname = current_database())
         ORDER BY 2""").fetchall()
    assert owned == [("pg_proc", name) for name in sorted([*DEFINED, *BEHIND])]


def test_definer_cannot_log_in(cluster, database):
    with pytest.raises(errors.OperationalError, match="not permitted to log in"):
        cluster.connect(database, "kabaido_definer")


@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_tool"])
def test_login_role_can_become_nobody_else(superuser, connect, role):
    connection = connect(role)
    others = [name for name, in superuser.execute(
        "SELECT rolname::text FROM pg_roles WHERE rolname <> %s", [role])]
    assert "kabaido_definer" in others and "kabaido_owner" in others
    for other in others:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(other)))


@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_tool"])
def test_login_role_makes_nothing_in_the_schema(connect, role):
    connection = connect(role)
    for statement in ("CREATE TABLE public.mine ()", "CREATE FUNCTION public.mine() RETURNS int "
                      "LANGUAGE sql RETURN 1", "CREATE SCHEMA mine"):
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


# The functions that pass row security


def test_security_definer_functions_pin_their_search_path(superuser):
    functions = superuser.execute("""
        SELECT proname::text, proowner::regrole::text, proconfig FROM pg_proc
         WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1""").fetchall()
    assert functions == [(name, "kabaido_definer", ["search_path=pg_catalog, public, pg_temp"])
                         for name in DEFINED]


def test_functions_are_executable_by_those_who_need_them(superuser):
    grants = superuser.execute("""
        SELECT proname::text, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
          FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
         WHERE pronamespace = 'public'::regnamespace AND grantee <> proowner
           AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass
                              AND objid = pg_proc.oid AND deptype = 'e')""").fetchall()
    assert sorted(grants) == sorted(
        [(f"current_{name}", "PUBLIC") for name in ("org_id", "user_id", "user_manages_keys")]
        + [(name, role) for name, role in DEFINED.items() if role is not None]
        + [(name, role) for name in OF_WRITERS for role in WRITERS]
        + [(name, "kabaido_definer") for name in OF_WRITERS if name.startswith("search_")])


@pytest.mark.parametrize("call", [
    "window_used('{1}', 1, 1, 0)", "window_regroup('{1}', 1, 1, 2)",
    "window_mend(gen_random_uuid(), gen_random_uuid(), now())",
])
def test_worker_does_not_reach_behind_the_admission(connect, call):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        connect("kabaido_worker").execute(f"SELECT * FROM {call}")


def test_temporary_tables_do_not_stand_in_for_ours(organisations, session):
    """A worker may make temporary tables; its admission must go on reading the real ones."""
    key = organisations["A"]["credentials"]
    worker = session("kabaido_worker")
    worker.execute("CREATE TEMPORARY TABLE credentials (public_id text, org_id uuid, key_id uuid, "
                   "salt bytea, hash bytea, expires_at timestamptz)")
    for table in ("api_keys", "key_window", "organisations", "plans"):
        worker.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table})")
    verdict = worker.execute("SELECT verdict FROM public.admit(%s, %s, %s, 'quotes:read', true)",
                             [key["org_id"], key["key_id"], key["public_id"]]).fetchone()
    assert verdict == ("admitted",)
    assert worker.execute("SELECT count(*) FROM public.credential_find(%s)",
                          [key["public_id"]]).fetchone() == (1,)


# The rows


@pytest.mark.parametrize("role, table", [case for case in cases("r") if case[0] != "kabaido_tool"])
def test_no_rows_without_an_organisation(organisations, session, role, table):
    assert session(role).execute(f"SELECT org_id FROM {table}").fetchall() == []


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_owner_is_bound_by_row_security_as_well(organisations, session, table):
    assert session("kabaido_owner").execute(f"SELECT org_id FROM {table}").fetchall() == []


@pytest.mark.parametrize("setting", ["", "00000000-0000-0000-0000-000000000000"])
def test_no_rows_for_an_organisation_that_is_none(organisations, session, setting):
    worker = session("kabaido_worker")
    worker.execute("SELECT set_config('kabaido.org_id', %s, false)", [setting])
    assert worker.execute("SELECT count(*) FROM quotes").fetchone() == (0,)


@pytest.mark.parametrize("role, table", [case for case in cases("r") if case[0] != "kabaido_tool"])
def test_an_organisation_sees_its_rows_and_no_others(organisations, session, role, table):
    connection = session(role, organisations["A"])
    found = connection.execute(f"SELECT DISTINCT org_id FROM {table}").fetchall()
    assert found == [(organisations["A"]["organisations"]["org_id"],)]


@pytest.mark.parametrize("table", sorted(MANAGED))
def test_tool_sees_what_it_manages_of_every_organisation(organisations, session, table):
    found = session("kabaido_tool").execute(f"SELECT DISTINCT org_id FROM {table}").fetchall()
    assert set(found) == {(organisation["organisations"]["org_id"],)
                          for organisation in organisations.values()}


@pytest.mark.parametrize("table", sorted(set(TENANT_TABLES) - MANAGED))
def test_tool_sees_no_trade(organisations, session, table):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table"):
        session("kabaido_tool", organisations["A"]).execute(f"SELECT org_id FROM {table}")


@pytest.mark.parametrize("role, table", [case for case in cases("a") if case[0] != "kabaido_tool"])
def test_no_row_is_inserted_for_another_organisation(superuser, organisations, session, role, table):
    """The rows of a third organisation, so that neither key nor constraint is what refuses them."""
    connection = session(role, organisations["A"])
    row = rows.of_organisation("C")[table]
    columns = granted(connection, table, "INSERT")
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"):
        rows.insert(connection, table, {name: row[name] for name in row if name in columns})
    superuser.execute("BEGIN")
    rows.insert_organisation(superuser, "C")  # and nothing else is wrong with them
    superuser.execute("ROLLBACK")


@pytest.mark.parametrize("role, table", [
    (role, table) for role, table in cases("w")
    if role != "kabaido_tool" and "w*" not in GRANTS[role][table]])
def test_no_row_is_moved_to_another_organisation(organisations, session, role, table):
    connection = session(role, organisations["A"])
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"):
        connection.execute(f"UPDATE {table} SET org_id = %s",
                           [organisations["B"]["organisations"]["org_id"]])


@pytest.mark.parametrize("role, table", [case for case in cases("w") if case[0] != "kabaido_tool"])
def test_no_row_of_another_organisation_is_updated(organisations, session, role, table):
    connection = session(role, organisations["A"])
    column = granted(connection, table, "UPDATE")[0]
    changed = connection.execute(f"UPDATE {table} SET {column} = DEFAULT WHERE org_id = %s",
                                 [organisations["B"]["organisations"]["org_id"]])
    assert changed.rowcount == 0


@pytest.mark.parametrize("role, table", [case for case in cases("d") if case[0] != "kabaido_tool"])
def test_no_row_of_another_organisation_is_deleted(superuser, organisations, session, role, table):
    connection = session(role, organisations["A"])
    theirs = organisations["B"]["organisations"]["org_id"]
    assert connection.execute(f"DELETE FROM {table} WHERE org_id = %s", [theirs]).rowcount == 0
    assert superuser.execute(f"SELECT count(*) FROM {table} WHERE org_id = %s",
                             [theirs]).fetchone() == (1,)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_nobody_truncates(organisations, session, role, table):
    """Truncation does not ask row security."""
    with pytest.raises(errors.InsufficientPrivilege):
        session(role, organisations["A"]).execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("column", ["salt", "hash"])
def test_worker_does_not_read_what_proves_a_secret(organisations, session, column):
    worker = session("kabaido_worker", organisations["A"])
    with pytest.raises(errors.InsufficientPrivilege):
        worker.execute(f"SELECT {column} FROM credentials")


@pytest.mark.parametrize("statement", [
    "UPDATE key_window SET admitted = '{}'",
    "UPDATE api_keys SET scopes = '{quotes:read}'",
    "UPDATE api_keys SET expires_at = NULL",
    "UPDATE organisations SET plan = 'business'",
    "UPDATE usage_hourly SET requests = 0",
    "UPDATE quotes SET status = 'accepted'",
    "DELETE FROM key_window",
])
def test_worker_does_not_widen_a_key(organisations, session, statement):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        session("kabaido_worker", organisations["A"]).execute(statement)


@pytest.mark.parametrize("statement", [
    "UPDATE api_keys SET requests_per_minute = 1000000",
    "UPDATE api_keys SET revoked_at = NULL",
    "UPDATE credentials SET expires_at = NULL",
    "UPDATE users SET scrypt_n = 16384",
    "DELETE FROM sessions",
])
def test_worker_changes_no_key_and_nobody_where_nobody_is_signed_in(organisations, session, statement):
    try:
        changed = session("kabaido_worker", organisations["A"], signed_in=False).execute(statement)
    except errors.InsufficientPrivilege:
        return
    assert changed.rowcount == 0


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_audit_is_append_only(organisations, session, role, statement):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table audit"):
        session(role, organisations["A"]).execute(statement)


@pytest.mark.parametrize("statement", [
    "UPDATE api_keys SET scopes = '{quotes:write}'", "UPDATE api_keys SET org_id = org_id",
    "UPDATE credentials SET hash = salt || salt", "UPDATE credentials SET public_id = 'AAAAAAAA'",
    "UPDATE key_window SET admitted = '{}'", "UPDATE organisations SET org_id = org_id",
    "DELETE FROM api_keys", "DELETE FROM credentials", "DELETE FROM organisations",
])
def test_tool_changes_only_what_its_commands_change(session, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        session("kabaido_tool").execute(statement)


def test_an_admission_opens_its_organisation_for_its_transaction_only(organisations, session):
    key = organisations["A"]["credentials"]
    worker = session("kabaido_worker")
    with worker.transaction():
        worker.execute("SELECT admit(%s, %s, %s, 'quotes:read', true)",
                       [key["org_id"], key["key_id"], key["public_id"]])
        assert worker.execute("SELECT org_id FROM quotes").fetchall() == [(key["org_id"],)]
    assert worker.execute("SELECT org_id FROM quotes").fetchall() == []
