"""The operators' server: is it well, and its figures; and that nobody else gets at them."""

import json
import os
import signal
import threading
import time
import uuid

import pytest

from harness import Stack, Tenant, fastcgi, keys, program, wait_until

PATHS = ["/healthz", "/readyz", "/metrics"]
SCHEMA = program.schema()


@pytest.fixture(scope="module")
def own():
    """A stack of this file's own, for what kills and stops."""
    with Stack(KABAIDO_WORKERS=2) as one:
        yield one


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


def said(stack, path):
    answer = stack.operate(path)
    return answer.status_code, answer.json()


# --- Who gets at it -------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_operators_get_an_answer(stack, path):
    answer = stack.operate(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not any(name.lower().startswith("x-kabaido") for name in answer.headers)
    head = stack.operate(path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_operators_can_only_read(stack, method):
    answer = stack.operate("/healthz", method, data=b"x" * 2000)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/", "/api/v1/key", "/api/v1/openapi.json", "/metrics/",
                                  "/healthz/x", "/.errors/down", "/docs"])
def test_there_is_nothing_else_for_operators(stack, path):
    assert stack.operate(path).status_code == 404


def test_a_parameter_that_does_not_exist_is_named(stack):
    answer = stack.operate("/metrics?format=json")
    assert (answer.status_code, answer.json()["field"]) == (422, "format")


def test_it_listens_on_the_loopback_address_alone(stack):
    port = f"{stack.operations_port:04X}"
    listening = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}", encoding="ascii") as lines:
            listening += [line.split()[1] for line in lines
                          if line.split()[3] == "0A" and line.split()[1].endswith(f":{port}")]
    assert listening == [f"0100007F:{port}"]


def assert_nothing_told(answer):
    assert answer.status_code in (400, 401, 404), answer.content
    for word in (b"kabaido_", b"status", b"schema"):
        assert word not in answer.content


TRICKS = [*PATHS, *(f"/api/v1{path}" for path in PATHS), "/metrics/", "//metrics", "/%6detrics",
          "/metrics%00", "/metrics;", "/METRICS", "/api/v1/../../metrics", "/api/v1/..%2f..%2fmetrics",
          "/api/v1/%2e%2e/%2e%2e/metrics", "/api/v1/./metrics", "/docs/../metrics", "/docs/metrics",
          "/metrics?KABAIDO_OPERATIONS=1", "/api/v1/metrics?KABAIDO_OPERATIONS=1",
          "/.errors/worker", "/.errors/worker?/metrics", "/.errors/down", "https://localhost/metrics"]
HEADERS = {"KABAIDO-OPERATIONS": "1", "KABAIDO_OPERATIONS": "1", "HTTP_KABAIDO_OPERATIONS": "1",
           "FCGI-KABAIDO-OPERATIONS": "1", "X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics",
           "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}


@pytest.mark.parametrize("target", TRICKS)
@pytest.mark.parametrize("method", ["GET", "TRACE", "POST"])
def test_nobody_else_does(stack, method, target):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close",
             *(f"{name}: {value}" for name, value in HEADERS.items())]
    if method == "POST":
        lines.append("Content-Length: 0")
    assert_nothing_told(stack.raw("\r\n".join([*lines, "", ""]).encode()))


@pytest.mark.parametrize("path", PATHS)
def test_nor_by_way_of_an_error(stack, path):
    """What nginx finds malformed goes to the workers with all of its headers."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close",
             f"Authorization: Bearer {stack.key}", f"Authorization: Bearer {stack.key}",
             *(f"{name}: {value}" for name, value in HEADERS.items())]
    assert_nothing_told(stack.raw("\r\n".join([*lines, "", ""]).encode()))


@pytest.mark.parametrize("path", PATHS)
def test_nor_over_http_2_nor_by_the_operators_name(stack, path):
    for host in ("localhost", f"127.0.0.1:{stack.operations_port}"):
        assert_nothing_told(stack.curl(path, "--http2", "--header", f"Host: {host}", key=stack.key))


@pytest.mark.parametrize("path", PATHS)
def test_the_workers_themselves_ask_for_the_web_servers_word(stack, path):
    answer = fastcgi.send(stack, fastcgi.request(path, stack.key))
    assert b"Status: 404" in answer and b"kabaido_" not in answer


@pytest.mark.parametrize("path", ["/api/v1/key", "/api/v1/openapi.json", "/nothing"])
def test_the_api_is_not_served_to_operators_by_the_workers_either(stack, path):
    pairs = fastcgi.pair("REQUEST_METHOD", "GET") + fastcgi.pair("REQUEST_URI", path) \
        + fastcgi.pair("HTTP_AUTHORIZATION", f"Bearer {stack.key}") \
        + fastcgi.pair("KABAIDO_OPERATIONS", "1")
    sent = fastcgi.begin() + fastcgi.record(fastcgi.PARAMETERS, pairs) \
        + fastcgi.record(fastcgi.PARAMETERS) + fastcgi.record(fastcgi.INPUT)
    assert b"Status: 404" in fastcgi.send(stack, sent)


def test_operators_rows_stand_in_no_document(stack):
    assert {row.split("\t")[1] for row in program.run("kabaido-api", "--endpoints").stdout.splitlines()
            if row.split("\t")[2] == "operations"} == set(PATHS)
    assert not any(path in json.dumps(stack.get("/api/v1/openapi.json").json()) for path in PATHS)


# --- What it counts -------------------------------------------------------------------------


def test_it_is_prometheus_text(stack):
    answer = stack.operate("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    metrics = stack.metrics()
    assert {"counter", "gauge", "histogram"} == set(metrics.types.values())
    for name, kind in metrics.types.items():
        assert name.startswith("kabaido_")
        assert name.endswith("_total") == (kind == "counter"), name


def test_every_request_is_counted_whichever_worker_had_it(stack, tenant):
    path, times = {"method": "GET", "path": "/api/v1/customers/{id}"}, 40
    before = stack.metrics()
    threads = [threading.Thread(target=lambda: [tenant.get(f"/customers/{uuid.uuid4()}")
                                                for _ in range(times // 4)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = stack.metrics()

    def more(name, **labels):
        return after.sum(name, **labels) - before.sum(name, **labels)

    assert more("kabaido_requests_total", **path) == times
    assert more("kabaido_requests_total", **path, status="404") == times
    assert more("kabaido_request_duration_seconds_count", **path) == times
    assert more("kabaido_request_duration_seconds_bucket", **path, le="+Inf") == times
    assert more("kabaido_admissions_total", verdict="admitted") == times
    assert more("kabaido_errors_total", code="not_found") == times
    database, whole = (more(f"kabaido_{name}", **path) for name in
                       ("database_seconds_total", "request_duration_seconds_sum"))
    assert 0 < database < whole
    assert more("kabaido_database_pipelines_total", outcome="ok") >= times
    assert more("kabaido_response_body_bytes_total", **path) > 50 * times


def test_a_histogram_is_one(stack):
    metrics = stack.metrics()
    for labels in metrics.labels("kabaido_request_duration_seconds_count"):
        buckets = [(float(one["le"]), metrics.value("kabaido_request_duration_seconds_bucket", **one))
                   for one in metrics.labels("kabaido_request_duration_seconds_bucket")
                   if labels.items() <= one.items()]
        assert len(buckets) == 14
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts)
        assert counts[-1] == metrics.value("kabaido_request_duration_seconds_count", **labels)
        assert counts[-1] == metrics.sum("kabaido_requests_total", **labels)


def test_what_clients_write_becomes_no_label(stack):
    """So that nobody can make the figures grow without end."""
    before = stack.metrics()
    for word in ("x", 'x"} 1\n', "{id}", str(uuid.uuid4())):
        for path in (f"/api/v1/{word}", f"/api/v1/customers/{word}", f"/api/v1/customers?{word}=1"):
            path = path.replace("\n", "%0A").replace(" ", "%20")
            stack.curl(path, key=stack.key)
            stack.curl(path, "--request", "BREW", key=stack.key)
    after = stack.metrics()
    rows = {tuple(row.split("\t")[:2]) for row in
            program.run("kabaido-api", "--endpoints").stdout.splitlines()}
    for name in after.types:
        for labels in after.labels(name):
            if "path" in labels:
                assert (labels["method"], labels["path"]) in rows | {("none", "none")}
    new = {(name, labels) for name, labels in after if (name, labels) not in before}
    assert all(name == "kabaido_requests_total" for name, _ in new)
    none = {"method": "none", "path": "none"}
    assert after.sum("kabaido_requests_total", **none) > before.sum("kabaido_requests_total", **none)


def test_every_verdict_has_its_figure(stack, tenant):
    def verdict(key, path="/customers", plan=None, times=1):
        before = stack.metrics()
        if plan:
            stack.ctl("org", "set-plan", tenant.name, plan)
        for _ in range(times):
            stack.get(f"/api/v1{path}", key)
        if plan:
            stack.ctl("org", "set-plan", tenant.name, "business")
        after = stack.metrics()
        return {one["verdict"] for one in after.labels("kabaido_admissions_total")
                if after.value("kabaido_admissions_total", **one)
                > before.value("kabaido_admissions_total", **one)}

    expired, revoked, limited = tenant.new_key(), tenant.new_key(), tenant.new_key(limit=1)
    stack.sql("UPDATE credentials SET expires_at = now() WHERE public_id = %s",
              [keys.prefix(expired)[len("kbd_live_"):]])
    stack.ctl("key", "revoke", keys.prefix(revoked))
    assert verdict(tenant.key) == {"admitted"}
    assert verdict(tenant.key, "/customers?limit=0") == {"admitted"}  # and then refused its input
    assert verdict(None) == {"missing_key"}
    assert verdict("kbd_live_nonsense") == {"invalid_key"}
    assert verdict(expired) == {"expired_key"}
    assert verdict(revoked) == {"revoked_key"}
    assert verdict(tenant.new_key("orders:read")) == {"insufficient_scope"}
    assert verdict(tenant.key, plan="free") == {"plan_required"}
    assert verdict(tenant.key, "/nothing") == set()
    assert verdict(None, "/openapi.json") == set()
    # One is admitted; each worker then asks once and remembers.
    assert verdict(limited, times=20) == {"admitted", "rate_limited", "rate_limited_remembered"}


def test_bulk_rows_and_bodies(stack, tenant):
    path = {"method": "POST", "path": "/api/v1/products/bulk"}
    rows = [{"sku": "A", "title": "A"}, {"sku": "B", "title": "B"}, {"title": "no SKU"}]

    def send(**parameters):
        before = stack.metrics()
        answer = tenant.post("/products/bulk", {"products": rows}, **parameters)
        after = stack.metrics()
        more = {name: after.value(f"kabaido_{name}", **path) - before.value(f"kabaido_{name}", **path)
                for name in ("request_body_bytes_total", "response_body_bytes_total")}
        assert more == {"request_body_bytes_total": len(answer.request.body),
                        "response_body_bytes_total": len(answer.content)}
        return {outcome: after.value("kabaido_bulk_rows_total", **path, outcome=outcome)
                - before.value("kabaido_bulk_rows_total", **path, outcome=outcome)
                for outcome in ("upserted", "refused")}

    assert send() == {"upserted": 2, "refused": 1}
    assert send(dry_run="true") == {"upserted": 0, "refused": 0}
    assert send(strict="true") == {"upserted": 0, "refused": 0}


def test_a_replayed_answer_writes_no_rows(stack, tenant):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    before = stack.metrics().sum("kabaido_bulk_rows_total", path="/api/v1/customers")
    for _ in range(3):
        tenant.post("/customers", {"customers": [{"company": "One"}]}, headers)
    assert stack.metrics().sum("kabaido_bulk_rows_total", path="/api/v1/customers") == before + 1


def test_version_and_workers(stack):
    metrics = stack.metrics()
    version, = metrics.labels("kabaido_build_info")
    assert version["version"] in program.run(stack.files / "bin/kabaido-api", "--version").stdout
    workers = int(stack.settings["KABAIDO_WORKERS"])
    assert metrics.value("kabaido_workers_configured") == workers
    assert metrics.sum("kabaido_workers") == workers
    assert metrics.value("kabaido_workers", state="busy") >= 1  # the one that says so
    assert abs(metrics.value("kabaido_start_time_seconds") - time.time()) < 24 * 3600


# --- Through deaths and reloads -------------------------------------------------------------


def served(stack):
    return stack.metrics().value("kabaido_requests_total", method="GET", path="/api/v1/key",
                                 status="200")


def test_what_a_dead_worker_counted_stays(own):
    before, metrics = served(own), own.metrics()
    for _ in range(10):
        assert own.get("/api/v1/key", own.key).status_code == 200
        victim = own.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in own.worker_pids() and len(own.worker_pids()) == 2, 30)
    after = own.metrics()
    assert served(own) == before + 10
    for name, labels in (("kabaido_worker_deaths_total", {"cause": "signal"}),
                         ("kabaido_worker_starts_total", {})):
        assert after.value(name, **labels) == metrics.value(name, **labels) + 10
    assert after.sum("kabaido_workers") == 2


def test_a_worker_killed_at_work_is_not_busy_for_ever(own):
    lock = own.connect(autocommit=False)
    lock.execute("LOCK TABLE quotes")
    client = threading.Thread(target=lambda: own.get("/api/v1/quotes", own.key))
    client.start()
    wait_until(lambda: own.metrics().value("kabaido_workers", state="busy") == 2, 20)
    for pid in own.worker_pids():
        os.kill(pid, signal.SIGKILL)
    client.join()
    lock.close()
    wait_until(lambda: own.operate("/metrics").status_code == 200, 20)
    wait_until(lambda: own.metrics().value("kabaido_workers", state="busy") == 1, 20)


def test_a_reload_goes_on_counting(own):
    before, metrics = served(own), own.metrics()
    for _ in range(3):
        assert own.get("/api/v1/key", own.key).status_code == 200
        former = own.worker_pids()
        own.reload_workers()
        wait_until(lambda: not set(former) & set(own.worker_pids()), 30)
    after = own.metrics()
    assert served(own) == before + 3
    assert after.value("kabaido_reloads_total", outcome="done") \
        == metrics.value("kabaido_reloads_total", outcome="done") + 3
    assert after.value("kabaido_start_time_seconds") == metrics.value("kabaido_start_time_seconds")
    assert after.sum("kabaido_workers") == 2
    assert after.value("kabaido_worker_deaths_total", cause="exit") \
        == metrics.value("kabaido_worker_deaths_total", cause="exit")


def test_a_refused_reload_is_counted(own):
    environment = own.files / "api.env"
    kept = environment.read_text()
    environment.write_text(f"{kept}KABAIDO_WORKERS='none'\n")
    before = own.metrics().value("kabaido_reloads_total", outcome="refused")
    own.reload_workers()
    wait_until(lambda: own.metrics().value("kabaido_reloads_total", outcome="refused") > before, 30)
    environment.write_text(kept)


def test_a_restart_begins_at_zero(own):
    own.get("/api/v1/key", own.key)
    assert served(own) > 0
    own.restart_workers()
    assert served(own) == 0


# --- Health ---------------------------------------------------------------------------------


def test_healthy_and_ready(stack):
    assert said(stack, "/healthz") == (200, {"status": "ok"})
    assert said(stack, "/readyz") == (200, {"status": "ready", "schema": SCHEMA})


def test_without_the_database_it_is_healthy_but_not_ready(own):
    own.stop_postgres()
    assert said(own, "/healthz") == (200, {"status": "ok"})
    status, body = said(own, "/readyz")
    assert (status, body["code"]) == (503, "unavailable")
    assert body["error"].startswith("PostgreSQL: ")
    wait_until(lambda: own.metrics().value("kabaido_database_connections") == 0, 20)
    assert own.get("/api/v1/key", own.key).status_code == 503
    assert own.metrics().value("kabaido_admissions_total", verdict="undecided") > 0
    assert own.metrics().value("kabaido_database_pipelines_total", outcome="unavailable") > 0
    own.start_postgres()
    wait_until(lambda: own.operate("/readyz").status_code == 200, 20)


def test_an_older_schema_is_not_ready_and_a_newer_is(own):
    def rename(former, name):
        own.sql("UPDATE sqitch.changes SET change = %s WHERE change = %s", [name, former],
                user="postgres")

    rename(SCHEMA, "another")
    try:
        status, body = said(own, "/readyz")
    finally:
        rename("another", SCHEMA)
    assert (status, body["code"]) == (503, "unavailable")
    assert f"'{SCHEMA}' is not deployed" in body["error"]
    own.sql("""INSERT INTO sqitch.changes SELECT 'later', script_hash || 'x', 'later', project, note,
                      now(), committer_name, committer_email, now(), planner_name, planner_email
                 FROM sqitch.changes WHERE change = %s""", [SCHEMA], user="postgres")
    assert own.operate("/readyz").status_code == 200
    own.sql("DELETE FROM sqitch.changes WHERE change = 'later'", user="postgres")


def test_a_schema_that_a_statement_does_not_fit_is_not_ready(own):
    own.sql("ALTER TABLE quotes RENAME COLUMN number TO name", user="postgres")
    try:
        for pid in own.worker_backends():
            own.sql("SELECT pg_terminate_backend(%s)", [pid], user="postgres")
        status, body = wait_until(lambda: said(own, "/readyz"), 20)
    finally:
        own.sql("ALTER TABLE quotes RENAME COLUMN name TO number", user="postgres")
    assert (status, body["code"]) == (503, "unavailable")
    wait_until(lambda: own.operate("/readyz").status_code == 200, 20)


def test_all_workers_busy(own):
    """Who asks is told so soon, and not let wait in the line."""
    lock = own.connect(autocommit=False)
    lock.execute("LOCK TABLE quotes")
    clients = [threading.Thread(target=lambda: own.get("/api/v1/quotes", own.key)) for _ in range(2)]
    for client in clients:
        client.start()
    wait_until(lambda: own.sql("""SELECT count(*) = 2 FROM pg_stat_activity
                                   WHERE wait_event_type = 'Lock'""")[0][0], 20)
    try:
        assert said(own, "/healthz") == (503, {"status": "busy"})
    finally:
        lock.close()
    for client in clients:
        client.join()
    wait_until(lambda: own.operate("/healthz").status_code == 200, 20)


def test_no_worker_at_all(own):
    own.stop("api")
    assert said(own, "/healthz") == (503, {"status": "down"})
    assert said(own, "/readyz") == (503, {"status": "down"})
    own.start("api")
    assert said(own, "/healthz") == (200, {"status": "ok"})
