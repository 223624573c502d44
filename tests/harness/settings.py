"""People who sign in to Settings, and the browsers that they do it with."""

import base64
import hashlib
import itertools
import json
import secrets
import uuid
from collections import namedtuple

import requests

from . import fastcgi, keys

API = "/settings/api"
SESSION, BROWSER = "__Host-kabaido_session", "__Host-kabaido_browser"

Person = namedtuple("Person", "email password role")

_addresses = itertools.count(256)


def fresh_address():
    """An address of this machine that no client of the tests has had: 127.0.1.0 and on. Whoever is
    throttled by address is so for one test only."""
    number = next(_addresses)
    return f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def fresh_password():
    return secrets.token_hex(12)


def cookies_of(answer):
    """What an answer sets, as text by name: everything behind the first '='."""
    return dict(line.split("=", 1) for line in answer.raw.headers.getlist("Set-Cookie"))


def token_hash(cookie):
    """What the database keeps of a session's cookie."""
    return hashlib.sha256(token_of(cookie)).digest()


def token_of(cookie):
    return base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))


def forged(org_id, random=None):
    """A session's cookie of an organisation, of the right form."""
    token = uuid.UUID(str(org_id)).bytes + (random or secrets.token_bytes(32))
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


class _From(requests.adapters.HTTPAdapter):
    """Connects from an address of one's choice."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


class Visitor:
    """A browser on one of the stack's pages: keeps cookies and sends Origin. Paths are below
    /settings/api. Whatever is secret in an answer is noted, so that logs can be searched for it."""

    def __init__(self, stack, address=None):
        self.stack = stack
        self.address = address or fresh_address()
        self.session = stack.session()
        self.session.mount("https://", _From(self.address))
        self.session.headers["Origin"] = stack.url

    def request(self, method, path, body=None, headers=None, **parameters):
        """body: what is sent as JSON, or bytes that are sent as they are. A header that is None is
        not sent."""
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.session.request(method, f"{self.stack.url}{API}{path}", data=body,
                                      headers=headers, params=parameters, timeout=60)
        self.stack.keys.update(match[0] for match in keys.WHOLE_KEY.finditer(answer.text))
        if self.cookie(SESSION):
            self.stack.tokens.add(self.cookie(SESSION))
        return answer

    def get(self, path, **parameters):
        return self.request("GET", path, **parameters)

    def post(self, path, body, **options):
        return self.request("POST", path, body, **options)

    def patch(self, path, body, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def sign_in(self, email, password, **options):
        return self.post("/session", {"email": email, "password": password}, **options)

    def cookie(self, name):
        """Its value, or None."""
        return next((one.value for one in self.session.cookies if one.name == name), None)

    def put_cookie(self, name, value):
        """In place of the one that the server has set."""
        for one in [one for one in self.session.cookies if one.name == name]:
            self.session.cookies.clear(one.domain, one.path, one.name)
        if value is not None:
            self.session.cookies.set(name, value, domain="localhost.local", path="/", secure=True)

    def is_signed_in(self):
        answer = self.get("/session")
        assert answer.status_code in (200, 401), answer.content
        return answer.status_code == 200

    def create_key(self, name="Shop", scopes=("quotes:read",), **members):
        """Returns the key as it is shown and the whole of it."""
        answer = self.post("/keys", {"name": name, "scopes": list(scopes), **members})
        assert answer.status_code == 201, answer.content
        made = answer.json()
        return made["key"], made["secret"]

    def key(self, key_id):
        """One of the list."""
        found, = [one for one in self.get("/keys").json()["keys"] if one["id"] == key_id]
        return found


class SignedIn(Visitor):
    """The browser of somebody who has signed in."""

    def __init__(self, stack, person, address=None):
        super().__init__(stack, address)
        self.person = person
        answer = self.sign_in(person.email, person.password)
        assert answer.status_code == 201, answer.content
        self.told = answer.json()


def let_in(stack, person, address=None):
    """A browser with a session that was made in the database: for tests that are not about signing
    in, which takes a slow hash."""
    visitor = Visitor(stack, address)
    (org_id, user_id), = stack.sql("SELECT org_id, user_id FROM users WHERE email = %s", [person.email])
    cookie = forged(org_id)
    stack.sql("INSERT INTO sessions (org_id, token_hash, user_id) VALUES (%s, %s, %s)",
              [org_id, token_hash(cookie), user_id])
    stack.tokens.add(cookie)
    visitor.put_cookie(SESSION, cookie)
    visitor.person = person
    return visitor


class Company:
    """An organisation of a test's own, with the people that it needs."""

    def __init__(self, stack, plan="team"):
        self.stack = stack
        self.name = f"Company {uuid.uuid4()}"
        self.org_id = stack.ctl("org", "create", self.name, "--plan", plan)["id"]

    def person(self, role="admin", email=None):
        person = Person(email or f"{uuid.uuid4().hex}@works.example", fresh_password(), role)
        self.stack.passwords.add(person.password)
        self.stack.ctl("user", "create", "--org", self.org_id, "--email", person.email, "--role", role,
                       stdin=person.password)
        return person

    def signed_in(self, role="admin"):
        return SignedIn(self.stack, self.person(role))

    def set_plan(self, plan):
        self.stack.ctl("org", "set-plan", self.name, plan)

    def trail(self, action=None, actor=None):
        """The audit's rows, oldest first."""
        return [row for row in self.stack.rows(
            "SELECT at, actor, action, subject, details, host(address) AS address FROM audit "
            "WHERE org_id = %s ORDER BY audit_id", [self.org_id])
            if action in (None, row.action) and actor in (None, row.actor)]


def past_nginx(stack, method, path, body=None, address="192.0.2.1", cookies=None,
               prefix=API):
    """A request that nginx would have passed on from this address; the worker's own answer."""
    content = b"" if body is None else json.dumps(body).encode()
    parameters = {
        "REQUEST_METHOD": method, "REQUEST_URI": prefix + path, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)), "HTTP_HOST": "localhost",
        "HTTP_ORIGIN": "https://localhost", "KABAIDO_REQUEST_ID": "by-hand"}
    if address is not None:
        parameters["REMOTE_ADDR"] = address
    if cookies:
        parameters["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return fastcgi.exchange(stack, parameters, content)
