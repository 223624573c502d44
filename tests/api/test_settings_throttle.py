"""How often a password may be tried: never more than the throttle says, and its owner is let in.

Most tests talk to the workers past nginx, to come from any address. The people here have hashes of a
lower cost, since a wrong try costs one.
"""

import concurrent.futures
import hashlib
import itertools
import os
import uuid

import pytest

from harness import Company, Visitor, settings
from harness.settings import BROWSER, SESSION

LOOKED_AT, THROTTLED = (401, "sign_in_failed"), (429, "sign_in_throttled")

_addresses = itertools.count(1)


def fresh_address():
    """Of the networks that are kept for documentation and tests; none twice."""
    number = next(_addresses)
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture(scope="module")
def company(stack):
    return Company(stack)


@pytest.fixture
def victim(stack, company):
    """Somebody whose password is being guessed."""
    return cheap(stack, company.person())


def cheap(stack, person):
    """Stores the password at the least cost that the table takes."""
    salt = os.urandom(16)
    stored = hashlib.scrypt(person.password.encode(), salt=salt, n=16384, r=8, p=1, dklen=32)
    stack.sql("UPDATE users SET password_salt = %s, password_hash = %s, scrypt_n = 16384, scrypt_p = 1 "
              "WHERE email = %s", [salt, stored, person.email])
    return person


def attempt(stack, email, address, password="not the password", cookie=None):
    """A try to sign in from an address, with the cookie of a browser that has before. Tries anew where
    too many hash passwords at once."""
    cookies = {BROWSER: cookie} if cookie is not None else None
    answer = None
    while answer is None or answer.status_code == 503:
        answer = settings.past_nginx(stack, "POST", "/session", {"email": email, "password": password},
                                     address, cookies)
    return answer


def told(answer):
    return answer.status_code, answer.json().get("code")


def attempts(stack, count, email, address, **options):
    """So many wrong ones, one after the other; what each was told."""
    return [told(attempt(stack, email, address, **options)) for _ in range(count)]


def pass_time(stack, seconds):
    """What so many seconds would do to every bucket."""
    stack.sql("UPDATE sign_in_buckets SET empty_at = empty_at - make_interval(secs => %s)", [seconds])


def known_browser(stack, person):
    """The cookie of a browser that the person has signed in with."""
    answer = attempt(stack, person.email, fresh_address(), person.password)
    assert answer.status_code == 201, answer.content
    stack.tokens.add(answer.set_cookies[SESSION].split(";")[0])
    cheap(stack, person)  # which a right password has mended
    return answer.set_cookies[BROWSER].split(";")[0]


# --- By whom and for whom ----------------------------------------------------------------------


def test_an_address_may_try_an_account_ten_times(stack, victim):
    address = fresh_address()
    assert attempts(stack, 11, victim.email, address) == [LOOKED_AT] * 10 + [THROTTLED]
    answer = attempt(stack, victim.email, address, victim.password)
    assert told(answer) == THROTTLED
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.set_cookies == {}
    body = answer.json()
    assert set(body) == {"error", "code", "request_id"}
    seconds = int(answer.headers["retry-after"])
    assert body["error"] == (f"Too many tries to sign in. Try again in {seconds} "
                             f"second{'s' if seconds > 1 else ''}.")


def test_and_others_may_go_on(stack, company, victim):
    """Another address with this account, and this address with another account."""
    address, other = fresh_address(), cheap(stack, company.person())
    attempts(stack, 10, victim.email, address)
    assert attempts(stack, 2, victim.email, address) == [THROTTLED] * 2
    assert attempts(stack, 1, victim.email, fresh_address()) == [LOOKED_AT]
    assert attempts(stack, 1, other.email, address) == [LOOKED_AT]


def test_a_try_that_is_refused_does_not_count(stack, victim):
    """Or who tries on and on would never be looked at again."""
    address = fresh_address()
    attempts(stack, 10, victim.email, address)
    first = int(attempt(stack, victim.email, address).headers["retry-after"])
    attempts(stack, 20, victim.email, address)
    assert int(attempt(stack, victim.email, address).headers["retry-after"]) <= first


def test_an_account_is_tried_twenty_times_from_however_many_addresses(stack, victim):
    answers = [told(attempt(stack, victim.email, fresh_address())) for _ in range(21)]
    assert answers == [LOOKED_AT] * 20 + [THROTTLED]
    answer = attempt(stack, victim.email, fresh_address())
    assert told(answer) == THROTTLED
    assert 1 <= int(answer.headers["retry-after"]) <= 180


def test_an_address_tries_thirty_times_whatever_the_accounts(stack, company):
    address = fresh_address()
    for _ in range(3):
        person = cheap(stack, company.person())
        assert attempts(stack, 10, person.email, address) == [LOOKED_AT] * 10
    person = cheap(stack, company.person())
    answer = attempt(stack, person.email, address)
    assert told(answer) == THROTTLED
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert attempts(stack, 1, person.email, fresh_address()) == [LOOKED_AT]


def test_an_account_in_other_letters_is_the_same(stack, victim):
    address = fresh_address()
    attempts(stack, 5, victim.email, address)
    attempts(stack, 5, victim.email.upper(), address)
    assert attempts(stack, 1, victim.email.title(), address) == [THROTTLED]


@pytest.mark.parametrize("same", [True, False])
def test_a_network_of_ipv6_is_one_address(stack, victim, same):
    """Whoever has one address there has 2^64 of them."""
    network = uuid.uuid4().hex[:4]
    for host in range(10):
        address = f"2001:db8:0:{network}:{host:x}::{host:x}"
        assert attempts(stack, 1, victim.email, address) == [LOOKED_AT]
    other = network if same else f"{int(network, 16) ^ 1:x}"
    assert attempts(stack, 1, victim.email, f"2001:db8:0:{other}::ffff") \
        == [THROTTLED if same else LOOKED_AT]


def test_addresses_of_ipv4_within_ipv6_are_not_one_network(stack, victim):
    """As a web server says them that listens to both by one socket."""
    one, other = (f"::ffff:{fresh_address()}" for _ in range(2))
    attempts(stack, 10, victim.email, one)
    assert attempts(stack, 1, victim.email, one) == [THROTTLED]
    assert attempts(stack, 1, victim.email, other) == [LOOKED_AT]


@pytest.mark.parametrize("address", [None, "", "unix:", "no address"])
def test_who_has_no_address_is_throttled_too(stack, victim, address):
    answers = attempts(stack, 11, victim.email, address)
    assert answers == [LOOKED_AT] * 10 + [THROTTLED]
    pass_time(stack, 1000)


def test_nobody_is_throttled_as_somebody_is(stack, victim):
    """Or the throttle would tell which addresses have an account."""
    seen = []
    for email in (victim.email, f"{uuid.uuid4().hex}@works.example"):
        address = fresh_address()
        answers = [attempt(stack, email, address) for _ in range(11)]
        pass_time(stack, 60)
        answers += [attempt(stack, email, address) for _ in range(2)]
        seen.append([told(answer) for answer in answers])
    assert seen[0] == seen[1] == [LOOKED_AT] * 10 + [THROTTLED, LOOKED_AT, THROTTLED]


# --- Time --------------------------------------------------------------------------------------


def test_a_minute_makes_room_for_one(stack, victim):
    address = fresh_address()
    attempts(stack, 10, victim.email, address)
    for _ in range(3):
        assert attempts(stack, 1, victim.email, address) == [THROTTLED]
        pass_time(stack, 60)
        assert attempts(stack, 2, victim.email, address) == [LOOKED_AT, THROTTLED]


def test_retry_after_is_enough(stack, victim):
    """And the second before is not."""
    address = fresh_address()
    attempts(stack, 10, victim.email, address)
    for _ in range(3):
        seconds = int(attempt(stack, victim.email, address).headers["retry-after"])
        pass_time(stack, seconds)
        assert attempts(stack, 1, victim.email, address) == [LOOKED_AT]


def test_ten_minutes_of_peace_make_room_for_ten_and_no_more(stack, victim):
    address = fresh_address()
    attempts(stack, 10, victim.email, address)
    pass_time(stack, 24 * 3600)
    assert attempts(stack, 11, victim.email, address) == [LOOKED_AT] * 10 + [THROTTLED]


def test_an_account_has_room_for_one_more_each_three_minutes(stack, victim):
    for _ in range(20):
        attempt(stack, victim.email, fresh_address())
    seconds = int(attempt(stack, victim.email, fresh_address()).headers["retry-after"])
    assert seconds > 60
    pass_time(stack, seconds)
    assert attempts(stack, 1, victim.email, fresh_address()) == [LOOKED_AT]
    assert attempts(stack, 1, victim.email, fresh_address()) == [THROTTLED]


# --- Who is let in -----------------------------------------------------------------------------


def test_a_right_password_does_not_count(stack, company):
    """Twelve people behind one address, or one who signs in all day."""
    person, address = company.person(), fresh_address()
    for _ in range(12):
        answer = attempt(stack, person.email, address, person.password)
        assert answer.status_code == 201
        stack.tokens.add(answer.set_cookies[SESSION].split(";")[0])
    cheap(stack, person)
    assert attempts(stack, 11, person.email, address) == [LOOKED_AT] * 10 + [THROTTLED]


def test_who_has_signed_in_before_is_let_in_while_somebody_attacks(stack, victim):
    cookie = known_browser(stack, victim)
    while told(attempt(stack, victim.email, fresh_address())) != THROTTLED:
        pass
    assert told(attempt(stack, victim.email, fresh_address(), victim.password)) == THROTTLED
    answer = attempt(stack, victim.email, fresh_address(), victim.password, cookie)
    assert answer.status_code == 201
    stack.tokens.add(answer.set_cookies[SESSION].split(";")[0])


def test_the_cookie_knows_the_address_in_any_letters(stack, victim):
    cookie = known_browser(stack, victim)
    address = fresh_address()
    attempts(stack, 10, victim.email, address)
    answer = attempt(stack, victim.email.upper(), address, victim.password, cookie)
    assert answer.status_code == 201
    stack.tokens.add(answer.set_cookies[SESSION].split(";")[0])


def altered(cookie, place):
    return cookie[:place] + ("A" if cookie[place] != "A" else "B") + cookie[place + 1:]


FORGERIES = {
    "nothing": lambda own, others: "", "garbage": lambda own, others: "garbage",
    "another person's": lambda own, others: others,
    "another number": lambda own, others: altered(own, 3),
    "another signature": lambda own, others: altered(own, 30),
    "half of one": lambda own, others: own[:22],
    "the half of one and of another": lambda own, others: own[:22] + others[22:],
    "zeros": lambda own, others: "A" * len(own),
    "a longer one": lambda own, others: own + "AAAA",
}


@pytest.fixture(scope="module")
def under_attack(stack, company):
    """Somebody whose account takes no more tries from unknown browsers, with the cookie of a known
    one; and the cookie of somebody else."""
    person, other = cheap(stack, company.person()), company.person()
    cookies = known_browser(stack, person), known_browser(stack, other)
    while told(attempt(stack, person.email, fresh_address())) != THROTTLED:
        pass
    return person, *cookies


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_cookie_does_not_help(stack, under_attack, forgery):
    person, own, others = under_attack
    for _ in range(20 - 1):  # whatever time other tests have passed
        if told(attempt(stack, person.email, fresh_address())) == THROTTLED:
            break
    cookie = FORGERIES[forgery](own, others)
    assert told(attempt(stack, person.email, fresh_address(), person.password, cookie)) == THROTTLED


def test_a_known_browser_tries_ten_times_and_costs_others_nothing(stack, victim):
    """Whoever has stolen it guesses no faster, and locks nobody out."""
    stolen, another = known_browser(stack, victim), known_browser(stack, victim)
    assert stolen != another
    answers = [told(attempt(stack, victim.email, fresh_address(), cookie=stolen)) for _ in range(11)]
    assert answers == [LOOKED_AT] * 10 + [THROTTLED]
    answer = attempt(stack, victim.email, fresh_address(), victim.password, stolen)
    assert told(answer) == THROTTLED
    for cookie in (another, None):
        assert told(attempt(stack, victim.email, fresh_address(), cookie=cookie)) == LOOKED_AT


# --- At the same time --------------------------------------------------------------------------


@pytest.mark.parametrize("time_in_a_row", range(3))
def test_many_at_once_never_pass_more_than_the_burst(stack, victim, time_in_a_row):
    """The charge comes before the answer is known."""
    address = fresh_address()
    with concurrent.futures.ThreadPoolExecutor(30) as crowd:
        answers = list(crowd.map(
            lambda _: told(attempt(stack, victim.email, address)), range(30)))
    assert sorted(answers) == [LOOKED_AT] * 10 + [THROTTLED] * 20


def test_accounts_and_addresses_crosswise_lock_nobody_out(stack, company):
    """Each try takes three buckets, in one order: no deadlock, whichever meet."""
    people = [cheap(stack, company.person()) for _ in range(2)]
    addresses = [fresh_address() for _ in range(3)]
    pairs = list(itertools.product(people, addresses)) * 6
    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(
            lambda pair: told(attempt(stack, pair[0].email, pair[1])), pairs))
    assert set(answers) == {LOOKED_AT}


# --- What is kept ------------------------------------------------------------------------------


def test_the_buckets_say_nothing_of_who_tried(stack, victim):
    address = fresh_address()
    attempt(stack, victim.email, address)
    columns = stack.sql("SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute "
                        "WHERE attrelid = 'sign_in_buckets'::regclass AND attnum > 0")
    assert columns == [("bucket", "bytea"), ("empty_at", "timestamp with time zone")]
    kept = stack.sql("SELECT encode(bucket, 'escape') FROM sign_in_buckets")
    assert not any(victim.email in one or address in one for one, in kept)


def test_buckets_that_are_empty_go(stack, victim):
    stack.sql("INSERT INTO sign_in_buckets SELECT sha256(i::text::bytea), clock_timestamp() "
              "FROM generate_series(1, 20) i")
    count = ("SELECT count(*) FROM sign_in_buckets WHERE bucket IN "
             "(SELECT sha256(i::text::bytea) FROM generate_series(1, 20) i)")
    pass_time(stack, 24 * 3600)
    for _ in range(100):
        attempt(stack, victim.email, fresh_address(), victim.password + "x")
        pass_time(stack, 3600)
        if stack.sql(count) == [(0,)]:
            break
    assert stack.sql(count) == [(0,)]


# --- nginx -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/session", "/password"])
def test_the_web_server_refuses_a_flood_in_json(stack, path):
    """Bodies that are none cost no slow hash, and so are not what the workers throttle."""
    visitor = Visitor(stack)
    answers = []
    while not answers or (answers[-1].status_code != 429 and len(answers) < 2000):
        answers.append(visitor.post(path, b"{"))
    answer = answers[-1]
    assert len(answers) > 30
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_throttled")
    assert answer.json()["error"] == "Too many tries to sign in."
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert Visitor(stack).post(path, b"{").status_code in (400, 401)


def test_the_web_server_limits_nothing_else(stack):
    visitor = Visitor(stack)
    assert {visitor.get("/session").status_code for _ in range(60)} == {401}
    assert {visitor.delete("/session").status_code for _ in range(60)} == {401}
