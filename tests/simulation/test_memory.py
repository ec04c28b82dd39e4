"""What a web process keeps is simulated, each process with its own and by the clock of its world."""

from ljwx import background
from tests.simulation import memory


def test_all_that_a_web_process_refreshes_and_reads_is_simulated() -> None:
    simulated = {value.name for value, _initial in memory.REFRESHED}
    # Read by nobody: one writes what was told, the other sounds an alarm.
    unread = {"what was told", "the controller"}
    assert {value.name for value in background._everything if value.web} - unread == simulated
