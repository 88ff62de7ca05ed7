"""Alert rules and the dashboard refer only to existing metrics. Alerts refer only to existing runbooks."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from entrypoints.metrics.families import FAMILIES, Kind
from tests.kit.children import run

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "rules.yml"
RULE_TESTS = Path(__file__).parent / "rules.test.yml"

OF_PROMETHEUS = {"up"}
LABELS = {label for family in FAMILIES for label in family.labels}
SELECTED = re.compile(r"([a-zA-Z_:][\w:]*)\s*[{\[]")
NAMED = re.compile(r"\b(?:steelyard|http_server|db_client)_\w+")
RECORDED = re.compile(r"steelyard:[\w:]+")


def _samples() -> set[str]:
    suffixes = ("_bucket", "_count", "_sum")
    return {
        name
        for family in FAMILIES
        for name in (
            [family.name + suffix for suffix in suffixes] if family.kind is Kind.HISTOGRAM else [family.name]
        )
    }


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def _alerts() -> list[dict[str, Any]]:
    return [rule for rule in _rules() if "alert" in rule]


def _expressions_of_dashboards() -> Iterator[str]:
    for file in MONITORING.glob("*.json"):
        for panel in json.loads(file.read_text())["panels"]:
            yield from (target["expr"] for target in panel.get("targets", ()))


def _unknown_names(expression: str) -> set[str]:
    """Return those names in a PromQL expression that are not metrics of the service."""
    recorded = {rule["record"] for rule in _rules() if "record" in rule}
    named = (
        set(SELECTED.findall(expression)) | set(NAMED.findall(expression)) | set(RECORDED.findall(expression))
    )
    return named - _samples() - LABELS - recorded - OF_PROMETHEUS


def _promtool() -> str:
    """Return the path of promtool.

    If promtool is missing, the test is skipped.

    If the tests run as root in CI, the test fails instead, because CI can install promtool.
    """
    found = shutil.which("promtool")
    if found is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no promtool here.")
    return found


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_alert_rules_refer_only_to_existing_metrics(rule: dict[str, Any]) -> None:
    assert _unknown_names(rule["expr"]) == set()


def test_dashboards_refer_only_to_existing_metrics() -> None:
    expressions = list(_expressions_of_dashboards())

    assert len(expressions) > 20
    assert {name for expression in expressions for name in _unknown_names(expression)} == set()


def test_every_metric_family_is_on_a_dashboard() -> None:
    shown = " ".join(_expressions_of_dashboards())

    assert [family.name for family in FAMILIES if family.name not in shown] == []


def test_unknown_metric_in_a_promql_expression_is_detected() -> None:
    unknown = "rate(stelyard_x_total{code='a'}[5m]) + max(steelyard_none) + steelyard:none:rate5m"

    assert _unknown_names(unknown) == {"stelyard_x_total", "steelyard_none", "steelyard:none:rate5m"}


@pytest.mark.parametrize("alert", _alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_and_its_runbook_refer_to_each_other(alert: dict[str, Any]) -> None:
    runbook = ROOT / alert["annotations"]["runbook"]

    assert f"`{alert['alert']}`" in runbook.read_text()
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_fires_in_a_promtool_test() -> None:
    tested = {
        case["alertname"]
        for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]
        for case in test["alert_rule_test"]
        if case["exp_alerts"]
    }

    assert {alert["alert"] for alert in _alerts()} == tested


def test_alert_rules_pass_the_promtool_tests() -> None:
    run([_promtool(), "test", "rules", RULE_TESTS])
