"""The alerts, the dashboard and the handbook name figures that there are."""

import json
import re

import pytest
import yaml

from harness import ROOT, Tenant

ALERTS = ROOT / "conf/prometheus-alerts.yml"
DASHBOARD = json.loads((ROOT / "conf/grafana-dashboard.json").read_text())
HANDBOOK = (ROOT / "docs/operations.md").read_text()
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
SELECTOR = re.compile(r"\b(kabaido_[a-z_]+)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'([a-z]+)(=~|!~|!=|=)"([^"]*)"')
# Labels that Prometheus gives, and those that a histogram's sums lose.
GIVEN = {"instance", "job"}


def panel_expressions():
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield f"{panel['title']}: {target['refId']}", target["expr"], target["legendFormat"]


EXPRESSIONS = {**{f"alert {rule['alert']}": rule["expr"] for rule in RULES},
               **{f"panel {name}": expression for name, expression, _ in panel_expressions()}}


@pytest.fixture(scope="module")
def metrics(stack):
    """After a request that leaves no figure out."""
    Tenant(stack).post("/customers", {"customers": [{"company": "One"}]})
    return stack.metrics()


def samples(metrics, name, matchers):
    """The labels of the samples that a selector chooses; as Prometheus does it."""
    found = metrics.labels(name)
    for label, operator, value in MATCHER.findall(matchers):
        if label in GIVEN:
            continue
        wanted = re.escape(value) if "~" not in operator else value
        found = [one for one in found
                 if bool(re.fullmatch(wanted, one.get(label, ""))) == (operator[0] != "!")]
    return found


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_every_expression_chooses_something(metrics, where):
    expression = EXPRESSIONS[where]
    chosen = SELECTOR.findall(expression)
    assert chosen or where == "alert KabaidoDown"
    for name, matchers in chosen:
        labels = [set(one) for one in samples(metrics, name, matchers)]
        assert labels, f"{name}{{{matchers}}}"
        for by in re.findall(r"\bby \(([^)]*)\)", expression):
            for label in set(by.split(", ")) - GIVEN - {"le"}:
                assert any(label in one for one in labels), f"{name} has no {label}"


def test_legends_use_labels_that_are_kept():
    for where, expression, legend in panel_expressions():
        kept = {label for by in re.findall(r"\bby \(([^)]*)\)", expression) for label in by.split(", ")}
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept, where


def test_every_figure_is_on_the_dashboard(metrics):
    shown = {re.sub("_(bucket|sum|count)$", "", name) for _, expression, _ in panel_expressions()
             for name, _ in SELECTOR.findall(expression)}
    assert shown == set(metrics.types)


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and all(x < 24 for x, _ in cells), panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_handbook_has_the_same_alerts():
    assert dict(re.findall(r"^\| `(Kabaido\w+)` \| `(.*)` \| .+ \|$", HANDBOOK, re.M)) \
        == {rule["alert"]: rule["expr"] for rule in RULES}


def test_what_else_the_handbook_names_is_there(metrics):
    for name, _ in SELECTOR.findall(HANDBOOK):
        if name not in ("kabaido_api", "kabaido_owner", "kabaido_worker", "kabaido_tool",
                        "kabaido_admin", "kabaido_restored", "kabaido_before"):
            assert any(one == name for one, _ in metrics), name
