"""What `deploy/` holds for Prometheus and Grafana names what `/metrics` has."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Permission, User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from monitoring import alarms, live
from rollout.live.document import Composer
from streaming import groups, registry
from streaming.deadletters import Burial, bury
from tests.project.promql import Labels, Reader, Wrong
from tests.rollout.controller.conftest import rig
from tests.rollout.controller.rig import Rig, Traffic

__all__ = ["rig"]
ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
compose = Composer.compose

RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
CONFIG = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
BOARD = json.loads((DEPLOY / "grafana" / "ljwx.json").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
RECORDS = [rule for group in RULES["groups"] for rule in group["rules"] if "record" in rule]
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
MADE_BY_PROMETHEUS: Mapping[str, Labels] = {"up": {}}
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture
def known(rig: Rig, monkeypatch: pytest.MonkeyPatch, redis: Any) -> dict[str, Labels]:
    """Every name of `/metrics` with its labels and their values, scraped from a system in which everything stands."""
    monkeypatch.setattr(Composer, "compose", compose)
    monkeypatch.setattr(live, "current", live.Live())
    for kind in registry.kinds():
        groups.ensure(redis, kind)
    bury([Burial("health", "TEST-1", "heart rate: 999", "json", b"{}", 1_000)])
    rig.now = float(int(time.time()))
    rig.traffic = Traffic(stream_errors=1, legacy_errors=1)
    rig.plan(10, 50)
    rig.until(lambda: rig.share() == 10)
    for name in ("ledger:health:stream:29833333", "lost:health"):
        alarms.sound(name, "stands")
    rig.tick(12)
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(scraped().decode()):
        assert family.samples, f"{family.name} has no sample: nothing is known of its labels"
        for sample in family.samples:
            labels = found.setdefault(sample.name, defaultdict(set))
            for label, value in sample.labels.items():
                labels[label].add(value)
    told = {name: {label: frozenset(v) for label, v in labels.items()} for name, labels in found.items()}
    return told | MADE_BY_PROMETHEUS | recorded(told)


def scraped() -> bytes:
    person = User.objects.create(username="prometheus", password="!")
    person.user_permissions.add(Permission.objects.get(codename="view_route"))
    client = Client()
    client.force_login(person)
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.content
    return answer.content


def recorded(told: Mapping[str, Labels]) -> dict[str, Labels]:
    """The names that the rules record, with the labels that their expressions give."""
    found: dict[str, Labels] = {}
    for rule in RECORDS:
        reader = Reader(rule["expr"], {**told, **found})
        kept = reader.read()
        found[rule["record"]] = {
            label: frozenset().union(*({**told, **found}[name].get(label, frozenset()) for name in reader.used))
            for label in kept
        }
    return found


def asked() -> Iterator[tuple[str, str]]:
    """Every expression, each with the text that names labels of its result."""
    for rule in ALERTS:
        yield rule["expr"], " ".join(rule["annotations"].values())
    for panel in PANELS:
        for target in panel["targets"]:
            yield target["expr"], target["legendFormat"]
    for each in BOARD["annotations"]["list"]:
        if "expr" in each:
            yield each["expr"], each["titleFormat"]


def test_every_expression_names_what_there_is(known: dict[str, Labels]) -> None:
    expressions = list(asked())
    assert len(expressions) > len(PANELS) + len(ALERTS) - 1
    for expression, text in expressions:
        given = Reader(expression, known).read()
        named = {*re.findall(r"\$labels\.(\w+)", text), *re.findall(r"\{\{(\w+)\}\}", text)}
        assert named <= given, f"{named - given} of {expression}"
    for variable in BOARD["templating"]["list"]:
        if variable["type"] == "query":
            (name,) = re.findall(r"label_values\((\w+), instance\)", variable["definition"])
            assert name in known
            assert variable["query"]["query"] == variable["definition"]


KNOWN: Mapping[str, Labels] = {
    "a_total": {"path": frozenset({"stream"})},
    "b_bucket": {"path": frozenset({"stream"}), "le": frozenset({"1.0"})},
    "c": {"kind": frozenset({"health"})},
}


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("max by (path) (rate(a_total[5m]))", {"path"}),
        ('sum(rate(a_total{path="stream", instance=~"$instance"}[$__rate_interval])) by (path) > 0.5', {"path"}),
        ("histogram_quantile(0.99, sum by (le, path) (rate(b_bucket[5m])))", {"path"}),
        ("time() - max by (kind) (c) > 900", {"kind"}),
        ('count(c{kind!~"x.*|health"}) or vector(0)', set()),
        ("changes(max by (kind) (c)[1m:10s])", {"kind"}),
        ("-c == bool 1", {"kind", "job", "instance"}),
    ],
)
def test_an_expression_gives_its_labels(expression: str, labels: set[str]) -> None:
    known = KNOWN | {"c": {"kind": frozenset({"health", "y"})}}
    if "!~" in expression:
        known = known | {"c": {"kind": frozenset({"health"})}}
    assert Reader(expression, known).read() == labels


@pytest.mark.parametrize(
    "expression",
    [
        "a",
        "max by (kind) (rate(a_total[5m]))",
        'rate(a_total{kind="health"}[5m])',
        'rate(a_total{path="strem"}[5m])',
        'c{kind=~"he.?"}',
        "rate(c[5m])",
        "changes(a_total[5m])",
        "rate(a_total)",
        "rats(a_total[5m])",
        "histogram_quantile(0.99, sum by (path) (rate(b_bucket[5m])))",
        "histogram_quantile(0.99, rate(a_total[5m]))",
        "c > ",
        "(c",
        "c c",
        "c ?",
        "rate(a_total[5 minutes])",
        "c / on (path) c",
    ],
)
def test_a_wrong_expression_is_found(expression: str) -> None:
    with pytest.raises(Wrong):
        Reader(expression, KNOWN).read()


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of `page`, as GitHub makes them."""
    titles = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    page, _hash, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor in anchors(ROOT / page)


def test_names_of_alerts_and_groups_are_given_once() -> None:
    for names in (
        [rule["alert"] for rule in ALERTS],
        [rule["record"] for rule in RECORDS],
        [group["name"] for group in RULES["groups"]],
    ):
        assert len(names) == len(set(names))


def test_the_scrape_asks_for_the_path_that_there_is() -> None:
    (scrape,) = CONFIG["scrape_configs"]
    assert scrape["job_name"] == "ljwx"
    assert Client().get(scrape["metrics_path"]).status_code != 404
    assert all((DEPLOY / "prometheus" / name).is_file() for name in CONFIG["rule_files"])


def test_every_panel_has_a_unit_and_its_place() -> None:
    assert BOARD["uid"]
    assert BOARD["title"]
    assert [each["name"] for each in BOARD["templating"]["list"]] == ["datasource", "instance"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    taken = set()
    for panel in PANELS:
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
