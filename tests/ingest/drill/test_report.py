"""What a drill comes to, as exit code and JSON."""

import json
from dataclasses import replace

import pytest

from ingest.drill.fault import Fault
from ingest.drill.report import Report
from ingest.simulator.comparison import Findings
from ingest.simulator.tally import Tally

GOOD = Report(Fault.ERRORS, "roll_back", 4.123, 4.2, 6.0, 8.0, Tally(), Findings())


def lost() -> Findings:
    found = Findings()
    found.is_missing("a reading")
    return found


def test_the_result_has_six_values_in_order() -> None:
    assert json.dumps(GOOD.counts()) == (
        '{"fault": "errors", "action": "roll_back", "detect_s": 4.12, "effect_s": 6.0, "drained_s": 8.0, "lost": 0}'
    )


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (GOOD, 0),
        (replace(GOOD, effect_s=None), 10),
        (replace(GOOD, action=None, detect_s=None, decide_s=None, effect_s=None), 10),
        (replace(GOOD, findings=lost()), 1),
        (replace(GOOD, findings=lost(), effect_s=None), 1),
        (replace(GOOD, missing=1), 1),
        (replace(GOOD, drained_s=None), 1),
        (replace(GOOD, unsettled=["not put back"]), 1),
    ],
)
def test_loss_weighs_more_than_a_late_guardrail(report: Report, code: int) -> None:
    assert report.exit_code == code


def test_what_is_lost_is_said_in_words() -> None:
    assert list(replace(GOOD, findings=lost(), others=["paused: cpu"]).found()) == [
        "another guardrail: paused: cpu",
        "missing: a reading",
    ]
