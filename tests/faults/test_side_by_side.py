"""Two stacks on one machine, as two checkouts have them: what befalls one is nothing to the other."""

import signal

from harness import Crowd, refused


def test_what_befalls_one_is_nothing_to_the_other(stack, own_stack, busy):
    other = own_stack(KABAIDO_WORKERS=2)
    assert other.port != stack.port
    # Each knows its own keys only, though the data is the same.
    refused(other.get("/api/v1/key", stack.key), 401, "invalid_key")
    refused(stack.get("/api/v1/key", other.key), 401, "invalid_key")
    quote = f"/api/v1/quotes/{stack.quote_id}"
    assert other.get(quote, other.key).content == stack.get(quote, stack.key).content
    before = [stack.pid(service) for service in ("postgres", "api", "nginx")], stack.worker_pids()
    with busy() as crowd:
        other.reload_workers()
        other.stop_postgres("immediate")
        refused(other.get(quote, other.key), 503, "unavailable")
        other.signal("api", signal.SIGKILL)
        other.stop("nginx")
        crowd.wait_for(50)
        other.up()
        with Crowd(other, 2, quote, other.new_key(limit=1000000)) as others:
            others.wait_for(50)
        other.down()
        crowd.wait_for(50)
    assert {seen.status for seen in crowd.seen} == {200}
    assert {seen.status for seen in others.seen} == {200}
    assert ([stack.pid(service) for service in ("postgres", "api", "nginx")],
            stack.worker_pids()) == before
