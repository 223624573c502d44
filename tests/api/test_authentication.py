"""Who is asking: every way to get the Authorization header wrong, and what is told to whom."""

import random

import pytest

from harness import keys, refused, wait_until, without_id

NO_CREDENTIALS = 'Bearer realm="kabaido"'
WRONG_CREDENTIALS = 'Bearer realm="kabaido", error="invalid_token"'
QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"


def ask(stack, *authorizations, path="/api/v1/key"):
    """A request with these Authorization headers, byte by byte."""
    headers = b"".join(b"Authorization:" + value + b"\r\n" for value in authorizations)
    return stack.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + headers +
                     b"Connection: close\r\n\r\n")


def ask_over_http_2(stack, *authorizations):
    return stack.curl("/api/v1/key", "--http2",
                      *[word for value in authorizations for word in ("--header", value)])


@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key()


def other_digit(character):
    return keys.DIGITS[(keys.DIGITS.index(character) + 1) % 62]


# What can be wrong with a header, made of a key that is good.
WRONG = {
    "another scheme": lambda key: b" Basic dXNlcjpwYXNzd29yZA==",
    "a scheme that begins alike": lambda key: b" Bearers " + key,
    "no scheme": lambda key: b" " + key,
    "the scheme alone": lambda key: b" Bearer",
    "the scheme and a space": lambda key: b" Bearer ",
    "no space after the scheme": lambda key: b" Bearer" + key,
    "a tab after the scheme": lambda key: b" Bearer\t" + key,
    "a colon after the scheme": lambda key: b" Bearer: " + key,
    "quotes around the key": lambda key: b' Bearer "' + key + b'"',
    "a comma after the key": lambda key: b" Bearer " + key + b",",
    "two keys": lambda key: b" Bearer " + key + b" " + key,
    "two keys with a comma": lambda key: b" Bearer " + key + b", Bearer " + key,
    "a space in the key": lambda key: b" Bearer " + key[:20] + b" " + key[20:],
    "a key that is cut off": lambda key: b" Bearer " + key[:-1],
    "a key with one more": lambda key: b" Bearer " + key + b"0",
    "the prefix alone": lambda key: b" Bearer " + key[:17],
    "the documented placeholder": lambda key: b" Bearer kbd_your_key_here",
    "another kind of key": lambda key: b" Bearer " + key.replace(b"live", b"test"),
    "the scheme of keys in capitals": lambda key: b" Bearer " + key.replace(b"kbd", b"KBD"),
    "a bad checksum": lambda key: b" Bearer " + key[:-1] + other_digit(chr(key[-1])).encode(),
    "two letters swapped": lambda key: b" Bearer " + swapped(key),
    "a letter of another case": lambda key: b" Bearer " + key.swapcase(),
    "bytes over 127": lambda key: b" Bearer " + bytes(range(128, 256)),
    "bytes over 127 in the key": lambda key: b" Bearer " + key[:20] + b"\xc3\xa9" + key[22:],
    "bytes over 127 in the scheme": lambda key: b" B\xe9arer " + key,
    "control characters": lambda key: b" Bearer \x01\x02\x1f\x7f",
    "an encoded NUL": lambda key: b" Bearer " + key + b"%00",
    "an encoded key": lambda key: b" Bearer " + b"".join(b"%%%02x" % byte for byte in key),
    "8 kB": lambda key: b" Bearer " + b"x" * 8192,
    "8 kB that begin with the key": lambda key: b" Bearer " + key + b"0" * 8137,
    "8 kB of spaces and no key": lambda key: b" Bearer" + b" " * 8192 + b"x",
    "only punctuation": lambda key: b' ,;="',
    "a format string": lambda key: b" Bearer %s%s%s%n",
    "a statement": lambda key: b" Bearer ' OR 1=1 --",
}


def swapped(key):
    """Two neighbours of the secret that differ, the wrong way round."""
    place = next(i for i in range(20, 48) if key[i] != key[i + 1])
    return key[:place] + bytes([key[place + 1], key[place]]) + key[place + 2:]


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_credentials(stack, key, fault):
    answer = ask(stack, WRONG[fault](key.encode()))
    refused(answer, 401, "invalid_key")
    assert answer.headers["www-authenticate"] == WRONG_CREDENTIALS


@pytest.mark.parametrize("fault", [
    fault for fault in WRONG if "byte" not in fault and "control" not in fault])
def test_wrong_credentials_over_http_2(stack, key, fault):
    answer = ask_over_http_2(stack, "Authorization:" + WRONG[fault](key.encode()).decode())
    refused(answer, 401, "invalid_key")
    assert answer.headers["www-authenticate"] == WRONG_CREDENTIALS


def test_a_nul_is_no_header(stack, key):
    """nginx ends it; what matters is that no part of it is taken for the whole."""
    for value in (b" Bearer " + key.encode() + b"\0", b" Bearer \0" + key.encode(), b"\0"):
        answer = ask(stack, value)
        assert answer.status_code in (400, 401)
        refused(answer, answer.status_code, "malformed_request" if answer.status_code == 400
                else "invalid_key")


def test_no_credentials(stack):
    answer = ask(stack)
    refused(answer, 401, "missing_key")
    assert answer.headers["www-authenticate"] == NO_CREDENTIALS


@pytest.mark.parametrize("value", [b"", b" ", b"     "])
def test_an_empty_header_is_no_credentials(stack, value):
    answer = ask(stack, value)
    refused(answer, 401, "missing_key")
    assert answer.headers["www-authenticate"] == NO_CREDENTIALS


def test_no_credentials_over_http_2(stack):
    for headers in ([], ["Authorization;"]):  # curl's way to send an empty one
        answer = ask_over_http_2(stack, *headers)
        refused(answer, 401, "missing_key")
        assert answer.headers["www-authenticate"] == NO_CREDENTIALS


@pytest.mark.parametrize("path", ["/api/v1/key", QUOTE])
def test_two_headers_are_wrong_whatever_they_hold(stack, key, path):
    good = b" Bearer " + key.encode()
    for values in ((good, good), (good, b" x"), (b" x", good), (good, b""), (good,) * 3):
        answer = ask(stack, *values, path=path)
        body = refused(answer, 401, "invalid_key")
        assert answer.headers["www-authenticate"] == WRONG_CREDENTIALS
        assert "Authorization headers" in body["error"]


def test_two_headers_are_wrong_over_http_2(stack, key):
    good = f"Authorization: Bearer {key}"
    for values in ((good, good), (good, "Authorization: x"), ("Authorization: x", good)):
        answer = ask_over_http_2(stack, *values)
        refused(answer, 401, "invalid_key")
        assert answer.headers["www-authenticate"] == WRONG_CREDENTIALS


def test_credentials_count_in_the_authorization_header_only(stack, key):
    answer = stack.get(f"/api/v1/key?access_token={key}&key={key}", auth=None, headers={
        "X-Api-Key": key, "Cookie": f"key={key}", "Proxy-Authorization": f"Bearer {key}",
        "X-Authorization": f"Bearer {key}", "Authorization_": f"Bearer {key}"})
    refused(answer, 401, "missing_key")


@pytest.mark.parametrize("value", [" Bearer {}", " bearer {}", " BEARER {}", " bEaReR {}",
                                   " Bearer   {}", "Bearer {}", " Bearer {}  ", " Bearer {}\t"])
def test_case_of_the_scheme_and_white_space_do_not_matter(stack, key, value):
    assert ask(stack, value.format(key).encode()).status_code == 200


def test_a_good_key_is_good_over_http_2(stack, key):
    assert ask_over_http_2(stack, f"authorization: Bearer {key}").status_code == 200


# Who may know what


def forged(key):
    """The same public id, a secret of one's own, and the checksum that goes with it."""
    return keys.make(keys.public_id(key), "".join(random.choices(keys.DIGITS, k=32)))


def unknown():
    return keys.make("".join(random.choices(keys.DIGITS, k=8)),
                     "".join(random.choices(keys.DIGITS, k=32)))


def nearly(key):
    """All of the secret but its last character."""
    secret = keys.secret(key)
    return keys.make(keys.public_id(key), secret[:-1] + other_digit(secret[-1]))


def test_our_own_checksum_is_the_tools(key):
    assert keys.make(keys.public_id(key), keys.secret(key)) == key


@pytest.mark.parametrize("forge", [forged, nearly])
def test_a_wrong_secret_and_an_unknown_key_get_the_same_answer(stack, forge):
    """Before and after the workers have come to know the key."""
    good = stack.new_key()
    for _ in range(2):
        wrong, nobody = stack.get(QUOTE, forge(good)), stack.get(QUOTE, unknown())
        refused(wrong, 401, "invalid_key")
        assert wrong.headers["www-authenticate"] == WRONG_CREDENTIALS
        assert without_id(wrong) == without_id(nobody)
        for _ in range(4 * len(stack.worker_pids())):
            assert stack.get(QUOTE, good).status_code == 200


def ended(stack, how):
    """A key that was good and is no longer."""
    key = stack.new_key(expires="30d")
    assert stack.get(QUOTE, key).status_code == 200
    if how == "revoked":
        stack.ctl("key", "revoke", keys.prefix(key))
    if how == "expired":
        stack.sql("UPDATE api_keys SET expires_at = clock_timestamp() FROM credentials c "
                  "WHERE c.key_id = api_keys.key_id AND public_id = %s", [keys.public_id(key)])
    if how == "rotated":
        stack.ctl("key", "rotate", keys.prefix(key), "--grace", "0")
    return key


@pytest.mark.parametrize("how, code", [("revoked", "revoked_key"), ("expired", "expired_key"),
                                       ("rotated", "expired_key")])
def test_the_end_of_a_key_is_told_only_to_who_has_the_whole_secret(stack, how, code):
    key = ended(stack, how)
    for path in (QUOTE, "/api/v1/key"):
        answer = stack.get(path, key)
        refused(answer, 401, code)
        assert answer.headers["www-authenticate"] == WRONG_CREDENTIALS
        assert "ratelimit" not in answer.headers
        for forge in (forged, nearly):
            assert without_id(stack.get(path, forge(key))) == without_id(stack.get(path, unknown()))


def test_who_asked_is_logged_once_the_secret_is_proved(stack):
    """A forged key must not put lines under the name of the key that it imitates."""
    key = stack.new_key()
    ids = [stack.get(QUOTE, sent).headers["x-request-id"] for sent in (key, forged(key), unknown())]
    logged = lambda: {line["request_id"]: line["key"] for line in stack.access_log()}
    wait_until(lambda: logged().keys() >= set(ids))
    assert [logged()[request_id] for request_id in ids] == [keys.prefix(key), "", ""]
