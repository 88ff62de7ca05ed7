from prometheus_client.parser import text_string_to_metric_families

from application.checks.ports import Finding, Invariant
from tests.kit.examples import NOW
from tests.kit.web import WebShop


async def test_metrics_of_invariants_have_no_samples_before_the_first_invariant_check(web: WebShop) -> None:
    answer = await web.anonymous.get("/metrics")
    assert answer.status_code == 200
    assert [family.samples for family in text_string_to_metric_families(answer.text)] == [[], []]


async def test_metrics_contain_a_gauge_for_each_invariant(web: WebShop) -> None:
    findings = [Finding(invariant, number, ()) for number, invariant in enumerate(Invariant)]
    await web.container.database.finding_records().keep(findings, at=NOW)

    answer = await web.anonymous.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    offenders, checked = text_string_to_metric_families(answer.text)
    assert (offenders.name, offenders.type) == ("steelyard_invariant_offenders", "gauge")
    assert {sample.labels["invariant"]: sample.value for sample in offenders.samples} == {
        f"I{number}": number - 1 for number in range(1, len(Invariant) + 1)
    }
    assert {sample.value for sample in checked.samples} == {NOW.timestamp()}
    assert checked.samples[0].labels == {"invariant": "I1", "name": "nothing_oversold"}
