"""The workloads: what clients send, and what the database is asked for it.

A workload's statements are the API's own files of sql/queries, with expressions in the place of their
parameters. pgbench knows only numbers, so an expression makes the identifier of a number, which costs
about a microsecond; what stands for a NULL or a constant is hidden from the planner, as it is when the
workers send it.
"""

import pathlib
import random
import re
import urllib.parse
from dataclasses import dataclass, field

from data import public_id_of, uuid_of
from harness import ROOT, keys
from load import get, request
from million_products import SEARCHES

QUERIES = ROOT / "sql/queries"

PREPARED = 20000  # requests that a client chooses from

TERMS = [term for term, where in SEARCHES if len(term) >= 3 and "no trigram" not in where]
FAMILIES = ("BB", "CH", "DR", "EM", "FM", "GB", "HX", "IN", "KL", "LB", "MS", "OR", "PN", "RM", "SK",
            "TP", "VL", "WS", "XT", "ZN")


@dataclass
class Workload:
    """requests: what clients choose from; status: what each must be answered. script and variables:
    pgbench's, None where the database has no part in it. sample: the request whose answer F gives."""

    name: str
    requests: list
    script: str | None = None
    variables: dict = field(default_factory=dict)
    status: int = 200
    rare: tuple = ()  # (status, most): other answers of which there may be a few
    peer: bool = False
    alone: bool = False  # measured on one connection as well

    @property
    def sample(self):
        return self.requests[0]


# --- Statements -----------------------------------------------------------------------------------

NO_TEXT = "nullif(:none::text, 'none')"
CONSTANTS = {"none": "none", "yes": "t", "no": "f", "ever": "infinity", "start": " ",
             "last_id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}


def statement(name, *parameters):
    """A file of sql/queries, with these expressions for its parameters."""
    lines = (QUERIES / f"{name}.sql").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    return re.sub(r"\$(\d+)", lambda match: f"({parameters[int(match[1]) - 1]})", text)


def uuid_sql(kind, variable):
    return f"md5('{kind} ' || :{variable}::text)::uuid"


def admit(counted="yes"):
    return statement("admit", uuid_sql("organisation", "org"), uuid_sql("key", "key"),
                     "'K' || lpad(:key::text, 7, '0')", ":scope::text", f":{counted}::boolean")


def pipeline(*statements):
    return "\n".join(("\\startpipeline", *statements, "\\endpipeline"))


def script(choice, *pipelines):
    return "\n".join((*choice, *pipelines)) + "\n"


def list_of(texts, index):
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    return f"(ARRAY[{quoted}]::text[])[1 + :{index}::int]"


class Workloads:
    """Makes the workloads for a stack's data."""

    def __init__(self, data, seed=1):
        self.data = data
        self.random = random.Random(seed)

    def variables(self, scope):
        return {**CONSTANTS, "scope": scope}

    # --- Choosing ----------------------------------------------------------------------------

    def choose(self, group):
        """A key and an organisation: their numbers."""
        number = self.random.choice(group.numbers)
        return number, self.data.organisation_of(group, number)

    def choose_sql(self, group):
        """The same for pgbench."""
        lines = [f"\\set key random({group.first}, {group.first + group.count - 1})"]
        if group.organisation is None:
            lines.append(f"\\set org :key % {self.data.scale.organisations}")
        else:
            lines.append(f"\\set org {group.organisation}")
        return lines

    def quote_of(self, organisation):
        scale = self.data.scale
        place = self.random.randrange(scale.quotes // scale.organisations)
        return organisation + scale.organisations * place

    def quote_sql(self):
        scale = self.data.scale
        last = scale.quotes // scale.organisations - 1
        return [f"\\set quote :org + {scale.organisations} * random(0, {last})"]

    def make(self, group, path, *headers):
        """Requests of many keys; path: a function of an organisation's number."""
        chosen = [self.choose(group) for _ in range(PREPARED)]
        return [get(path(org), self.data.key(key), *headers) for key, org in chosen]

    # --- The table ---------------------------------------------------------------------------

    def quote_by_id(self, group=None, name="quote_by_id"):
        group = group or self.data.many
        return Workload(
            name,
            self.make(group, lambda org: f"/api/v1/quotes/{uuid_of('quote', self.quote_of(org))}"),
            script((*self.choose_sql(group), *self.quote_sql()),
                   pipeline(admit(), statement("quote_read", uuid_sql("quote", "quote")),
                            statement("quote_lines", uuid_sql("quote", "quote")))),
            self.variables("quotes:read"), peer=name == "quote_by_id")

    def quotes_list_50(self):
        return Workload(
            "quotes_list_50", self.make(self.data.many, lambda org: "/api/v1/quotes?limit=50"),
            script(self.choose_sql(self.data.many),
                   pipeline(admit(), statement("quotes_list", ":ever::timestamptz",
                                               ":last_id::uuid", ":rows::int",
                                               f"{NO_TEXT}::text[]"))),
            {**self.variables("quotes:read"), "rows": "51"})

    def products_list_100(self, cursors):
        """cursors: of the list's pages, for any key of the catalogue's organisation."""
        paths = ["/api/v1/products?limit=100"] + [
            f"/api/v1/products?limit=100&cursor={cursor}" for cursor in cursors]
        largest = self.data.largest_product_number
        return Workload(
            "products_list_100",
            # The first goes without a cursor, and so to the peer as well.
            [get(paths[0], self.data.key(self.data.walker.first))]
            + self.make(self.data.buyers, lambda org: self.random.choice(paths)),
            script((*self.choose_sql(self.data.buyers), "\\set family random(0, 18)",
                    f"\\set number random(0, {largest})"),
                   pipeline(admit(), statement(
                       "products_list",
                       list_of(FAMILIES, "family") + " || '-' || lpad(:number::text, 7, '0')",
                       ":rows::int"))),
            {**self.variables("products:read"), "rows": "101"}, peer=True)

    def search(self):
        def path(org):
            term = urllib.parse.quote(self.random.choice(TERMS))
            return f"/api/v1/products?search={term}"

        return Workload(
            "search", self.make(self.data.buyers, path),
            script((*self.choose_sql(self.data.buyers), f"\\set term random(0, {len(TERMS) - 1})"),
                   pipeline(admit(), statement("products_found", "ltrim(:start::text)", ":rows::int",
                                               NO_TEXT, list_of(TERMS, "term")))),
            {**self.variables("products:read"), "rows": "101"}, alone=True)

    def requests_post(self):
        """The database's part is as the API does it: the count commits first; then the work."""
        def post(key, number):
            body = ('{"title":"Brackets, 200 off","text":"Please quote 200 brackets as drawing '
                    f'{number}, stainless, by the end of the month.","external_ref":"RFQ-{number}"}}')
            return request("POST", "/api/v1/requests", self.data.key(key), body=body)

        chosen = [self.choose(self.data.many) for _ in range(PREPARED)]
        text = ("'Please quote 200 brackets as drawing ' || :quote::text || ', stainless, by the end "
                "of the month.'")
        return Workload(
            "requests_post", [post(key, number) for number, (key, _) in enumerate(chosen)],
            script((*self.choose_sql(self.data.many), *self.quote_sql()),
                   pipeline(admit()),
                   pipeline(statement("begin"), admit("no"),
                            statement("request_open", ":title::text", f"{NO_TEXT}::uuid",
                                      "'RFQ-' || :quote::text", text),
                            statement("request_read", uuid_sql("quote", "quote")),
                            statement("request_messages", uuid_sql("quote", "quote")),
                            statement("commit"))),
            {**self.variables("requests:write"), "title": "Brackets, 200 off"}, status=201)

    def one_hot_key(self):
        return self.quote_by_id(self.data.hot, "one_hot_key")

    def limited_flood(self):
        """A key that may make one request a minute, and makes as many as it can."""
        key = self.data.key(self.data.spent.first)
        path = f"/api/v1/quotes/{uuid_of('quote', 0)}"
        return Workload("limited_flood", [get(path, key)], status=429, rare=((200, 60),))

    def unknown_flood(self):
        """Keys of the right form that nobody has."""
        def unknown(number):
            return keys.make("U" + public_id_of(number)[1:], f"{number:032}")

        path = f"/api/v1/quotes/{uuid_of('quote', 0)}"
        return Workload("unknown_flood", [get(path, unknown(number)) for number in range(PREPARED)],
                        status=401)

    def not_modified(self, tagged):
        """tagged: (key, path, tag) of answers that the clients have already."""
        base = self.quote_by_id(name="not_modified")
        base.requests = [get(path, key, f"If-None-Match: {tag}") for key, path, tag in tagged]
        base.status = 304
        return base

    def good_key(self):
        """The one that a flood of others must not slow."""
        workload = self.quote_by_id(self.data.good, "good_key")
        return workload
