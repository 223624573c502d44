"""What no test may leave behind, looked for when a stack has served: sanitizers' reports and secrets."""

import re
import subprocess

from . import keys

SANITIZER = re.compile(r"^.*(AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior).*$", re.M)


def sanitizer_reports(text):
    return [match[0] for match in SANITIZER.finditer(text)]


def dump(stack):
    """The whole database as SQL."""
    return subprocess.run(
        ["pg_dump", "--no-password"], check=True, stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"],
             "PGUSER": stack.env["PGUSER"], "PGDATABASE": stack.env["PGDATABASE"]}).stdout


def secrets_in(stack, content):
    """Prefixes of the keys whose secret stands in these bytes, as text or as PostgreSQL's bytea."""
    return [keys.prefix(key) for key in stack.keys
            if keys.secret(key).encode() in content
            or keys.secret(key).encode().hex().encode() in content.lower()]


def inspect(stack):
    """Fails for what the stack's logs hold and must not."""
    faults = []
    for path in sorted(stack.logs.iterdir()):
        content = path.read_bytes()
        faults += [f"{path.name}: {line}"
                   for line in sanitizer_reports(content.decode(errors="replace"))]
        faults += [f"{path.name}: the secret of {prefix}" for prefix in secrets_in(stack, content)]
    assert not faults, "\n".join(faults)
