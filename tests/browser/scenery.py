"""An organisation as it might be after some months: keys with names, uses and ends that are always the same."""

from settings_page import Organisation

DAY = 24 * 60

# Requests in each of the last 24 hours, oldest first.
OFFICE_HOURS = [0, 0, 0, 0, 0, 0, 12, 41, 118, 164, 171, 150, 96, 143, 177, 169, 122, 64, 18, 7, 0, 0, 0, 3]
NIGHT_RUN = [0, 0, 940, 1210, 388, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
ALL_DAY = [212, 198, 190, 187, 195, 221, 304, 412, 488, 530, 522, 497, 461, 509, 541, 533, 470, 398, 342, 301, 280,
           251, 236, 119]
IDLE = [0] * 24

READ_ALL = ["products:read", "quotes:read", "orders:read", "customers:read", "requests:read"]

# name, public id, scopes, a former public id, then minutes ago: made, last used; minutes from now: end;
# minutes ago: revoked; limit, hours
KEYS = [
    ("Shop sync, production", "7QmT2xVb", ["products:read", "products:write", "orders:read"], None,
     92 * DAY, 1, 273 * DAY, None, 600, ALL_DAY),
    ("Warehouse dashboard", "c4ZpLw9E", ["products:read", "orders:read"], None,
     61 * DAY, 26, None, None, 300, OFFICE_HOURS),
    ("Quotes to the data warehouse", "Rk81fHsd", READ_ALL, "mB5yN0qA",
     204 * DAY, 19 * 60, 161 * DAY, None, 600, NIGHT_RUN),
    ("Customer portal, staging", "u2GdX6Tj", ["quotes:read", "requests:read", "requests:write"], None,
     26 * DAY, 5 * DAY, 4 * DAY, None, 60, IDLE),
    ("New integration, not live yet", "P9vWe3Kz", ["customers:read"], None,
     2 * DAY, None, 88 * DAY, None, 600, IDLE),
    ("Shop sync, before the move", "h6YjA1Cs", ["products:read"], None,
     380 * DAY, 93 * DAY, None, 92 * DAY, 600, IDLE),
    ("Trade fair tablet", "D0nMu7Lr", ["products:read"], None,
     150 * DAY, 121 * DAY, -120 * DAY, None, 120, IDLE),
]

SEED = """
WITH key AS (
    INSERT INTO api_keys (org_id, name, scopes, requests_per_minute, created_by, created_at, expires_at, revoked_at)
    SELECT %(org)s, %(name)s, %(scopes)s, %(limit)s, %(by)s, now() - %(made)s * interval '1 minute',
           now() + %(end)s::int * interval '1 minute', now() - %(revoked)s::int * interval '1 minute'
    RETURNING org_id, key_id, created_at
), log AS (
    INSERT INTO key_window (org_id, key_id, last_at)
    SELECT org_id, key_id, now() - %(used)s::int * interval '1 minute' FROM key
), used AS (
    INSERT INTO usage_hourly (org_id, key_id, hour, requests)
    SELECT org_id, key_id, date_trunc('hour', now()) - (24 - n) * interval '1 hour', requests
      FROM key, unnest(%(hours)s::int[]) WITH ORDINALITY AS h (requests, n)
     WHERE requests > 0
), former AS (
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash, created_at, expires_at)
    SELECT %(former)s, org_id, key_id, substr(sha256('salt'), 1, 16), sha256('none'), created_at, now() + interval '20 hours'
      FROM key WHERE %(former)s::text IS NOT NULL
)
INSERT INTO credentials (public_id, org_id, key_id, salt, hash, created_at)
SELECT %(id)s, org_id, key_id, substr(sha256('salt'), 1, 16), sha256('none'),
       CASE WHEN %(former)s::text IS NULL THEN created_at ELSE now() END
  FROM key
"""

# minutes ago, who, what, to what, details, from where
TRAIL = [
    (380 * DAY, "owner", "key.create", "kbd_live_h6YjA1Cs", '{"name": "Shop sync, before the move"}', "2001:db8:40::12"),
    (92 * DAY, "owner", "key.revoke", "kbd_live_h6YjA1Cs", '{"name": "Shop sync, before the move"}', "2001:db8:40::12"),
    (61 * DAY, "admin", "key.create", "kbd_live_c4ZpLw9E", '{"name": "Warehouse dashboard", "scopes": '
     '["products:read", "orders:read"], "limit": 600, "expires_at": null}', "203.0.113.17"),
    (12 * DAY, "admin", "key.update", "kbd_live_c4ZpLw9E", '{"name": "Warehouse dashboard", "limit": 300, '
     '"former_limit": 600}', "203.0.113.17"),
    (3 * DAY, "owner", "user.sign_in_failed", None, "{}", "198.51.100.204"),
    (2 * DAY, "owner", "key.create", "kbd_live_P9vWe3Kz", '{"name": "New integration, not live yet", "scopes": '
     '["customers:read"], "limit": 600}', "2001:db8:40::12"),
    (4 * 60, "admin", "key.rotate", "kbd_live_Rk81fHsd", '{"name": "Quotes to the data warehouse", '
     '"previous": "kbd_live_mB5yN0qA"}', "203.0.113.17"),
]


class Scenery:
    """works: with keys and a trail; free: with a key, and a plan that no longer includes any; empty: new."""

    def __init__(self, stack):
        self.works = Organisation(stack, name="Aldgate Fasteners", domain="aldgate-fasteners.example")
        self.free = Organisation(stack, name="Lindgren Lager", domain="lindgren-lager.example", people=("owner",))
        self.empty = Organisation(stack, name="Kiln and Clay", domain="kiln-and-clay.example", people=("owner",))
        self.stack = stack
        # Nobody but the database's own superuser may put the trail's times where we want them.
        with stack.connect("postgres") as connection:
            connection.execute("UPDATE audit SET at = now() - interval '400 days' WHERE org_id = %s",
                               [self.works.org_id])
            for key in KEYS:
                self.seed(connection, self.works, key)
            for minutes, person, action, subject, details, address in TRAIL:
                connection.execute(
                    "INSERT INTO audit (org_id, at, actor, action, subject, details, address) "
                    "VALUES (%s, now() - %s * interval '1 minute', %s, %s, %s, %s, %s)",
                    [self.works.org_id, minutes, self.works.email(person), action,
                     subject or self.works.email(person), details, address])
            self.seed(connection, self.free, (
                "Price list export", "x3BqF8Nv", ["products:read"], None, 130 * DAY, 9 * DAY, None, None, 600, IDLE))
        stack.ctl("org", "set-plan", self.free.name, "free")

    @staticmethod
    def seed(connection, organisation, key):
        name, public_id, scopes, former, made, used, end, revoked, limit, hours = key
        connection.execute(SEED, {
            "org": organisation.org_id, "name": name, "id": public_id, "scopes": scopes, "former": former,
            "made": made, "used": used, "end": end, "revoked": revoked, "limit": limit, "hours": hours,
            "by": organisation.email("owner")})

    def forget_key(self, name):
        """As if it had never been made."""
        with self.stack.connect() as connection:
            (key_id,), = connection.execute("SELECT key_id FROM api_keys WHERE name = %s", [name]).fetchall()
            for table in ("credentials", "key_window", "usage_hourly", "api_keys"):
                connection.execute(f"DELETE FROM {table} WHERE key_id = %s", [key_id])

    def forget_the_last_hour(self):
        """Takes what the tests did themselves out of the trail, but for their last sign-in."""
        self.stack.sql("""
            DELETE FROM audit WHERE org_id = %s AND at > now() - interval '1 hour'
               AND audit_id < (SELECT max(audit_id) FROM audit WHERE org_id = %s AND action = 'user.sign_in')""",
                       [self.works.org_id] * 2, user="postgres")
