"""An organisation of a test's own, and a client that is always admitted there."""

import json
import uuid

SCOPES = ("products:read,products:write,quotes:read,quotes:write,orders:read,customers:read,"
          "customers:write,requests:read,requests:write")


class Tenant:
    """
    tenant = Tenant(stack); tenant.get("/customers", limit=5); tenant.post("/customers", {...})

    Empty at first, with a key of every scope and a limit that no test reaches. Paths are below
    /api/v1; parameters whose value is a list are given once for each.
    """

    def __init__(self, stack, plan="business", currency="GBP"):
        self.stack = stack
        self.name = f"Tenant {uuid.uuid4()}"
        stack.ctl("org", "create", self.name, "--plan", plan, "--currency", currency)
        (self.org_id,), = stack.sql("SELECT org_id FROM organisations WHERE name = %s", [self.name])
        self.key = self.new_key()
        self.session = stack.session(self.key)

    def new_key(self, scopes=SCOPES, limit=1000000):
        return self.stack.new_key(scopes, org=self.name, limit=limit)

    def request(self, method, path, **options):
        return self.session.request(method, f"{self.stack.url}/api/v1{path}", timeout=60, **options)

    def get(self, path, headers=None, **parameters):
        return self.request("GET", path, params=parameters, headers=headers)

    def post(self, path, body, headers=None, **parameters):
        """body: what is sent as JSON, or bytes that are sent as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, params=parameters, data=content,
                            headers={"Content-Type": "application/json", **(headers or {})})

    def walk(self, path, pages=10000, **parameters):
        """Yields the rows of each page of a list, until there are no more."""
        member = path.strip("/")
        for _ in range(pages):
            answer = self.get(path, **parameters)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            assert set(page) == {member, "next_cursor"}
            yield page[member]
            if page["next_cursor"] is None:
                return
            parameters["cursor"] = page["next_cursor"]
        raise AssertionError(f"{path} has more than {pages} pages")

    def connect(self, **options):
        """A connection with the Kabaido application's rights and the organisation set, as it has it."""
        connection = self.stack.connect("postgres", **options)
        connection.execute("SET ROLE kabaido_application")
        connection.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(self.org_id)])
        if not connection.autocommit:
            connection.commit()
        return connection
