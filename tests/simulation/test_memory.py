"""What a web process keeps is simulated, each process with its own and by the clock of its world."""

from ljwx import background
from tests.simulation import memory


def test_all_that_a_web_process_refreshes_and_reads_is_simulated() -> None:
    simulated = {value.name for value, _initial in memory.REFRESHED}
    # Read by nobody: these write what was told, sound an alarm, look for alerts and send them.
    unread = {"what was told", "the controller", "the alerts", "what is to be told"}
    assert {value.name for value in background._everything if value.web} - unread == simulated
