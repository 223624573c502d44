"""What no test may leave behind, looked for when a stack has served: sanitizers' reports and secrets."""

import base64
import re
import subprocess

from . import keys

SANITIZER = re.compile(r"^.*(AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:).*$", re.M)


def sanitizer_reports(text):
    return [match[0] for match in SANITIZER.finditer(text)]


def dump(stack):
    """The whole database as SQL."""
    return subprocess.run(
        ["pg_dump", "--no-password"], check=True, stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"],
             "PGUSER": stack.env["PGUSER"], "PGDATABASE": stack.env["PGDATABASE"]}).stdout


def secrets_in(stack, *paths, content=None):
    """Where the secret of any key stands that the stack has shown, a password of its people, or the
    cookie of a session: in these files and folders or in these bytes, as text or in hexadecimal, as
    PostgreSQL prints bytes. A list of "file: prefix", "file: password" and "file: session"."""
    named = {keys.secret(key): keys.prefix(key) for key in stack.keys}
    named.update((password, "password") for password in stack.passwords)
    named.update((token, "session") for token in stack.tokens)
    forms = {base64.urlsafe_b64decode(token).hex(): "session" for token in stack.tokens}
    for secret, name in named.items():
        for form in (secret, secret.encode().hex(), secret.encode().hex().upper()):
            forms[form] = name
    patterns = stack.folder / "secrets"
    patterns.write_text("\n".join(forms) + "\n")
    # grep finds thousands of words in one pass.
    found = subprocess.run(
        ["grep", "--recursive", "--text", "--only-matching", "--with-filename", "--fixed-strings",
         f"--file={patterns}", *(paths or ["-"])], input=content, stdout=subprocess.PIPE)
    patterns.unlink()
    assert found.returncode in (0, 1), "grep failed"
    lines = [line.rpartition(":") for line in found.stdout.decode().splitlines()]
    return sorted({f"{place}: {forms[form]}" for place, _, form in lines})


def inspect(stack):
    """Fails for what the stack's logs hold and must not."""
    faults = [f"a secret is in {place}" for place in secrets_in(stack, stack.logs)]
    for path in sorted(stack.logs.iterdir()):
        faults += [f"{path.name}: {report}"
                   for report in sanitizer_reports(path.read_text(errors="replace"))]
    assert not faults, "\n".join(faults)
