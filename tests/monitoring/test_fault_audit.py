"""What the fault matrix asks the ledger: it tells a loss from none, and a false alarm from a true one."""

from monitoring import flushing, ledger
from tests.faults import audit


def promise(first: int, count: int) -> None:
    ledger.forget_told()
    ledger.tell("health", ledger.STREAM, ledger.ACCEPTED, count, received_ms=first * ledger.MINUTE_MS)
    flushing.flush()


def test_a_promise_in_no_account_is_a_loss_or_a_false_alarm(transactional_db: None, redis: object) -> None:
    first = audit.minute()
    promise(first, 3)
    assert audit.missing(first) == 3
    assert audit.wrong(first, 3) == ""
    assert audit.wrong(first, 0) == "the ledger holds 3 records for lost, and none is"


def test_a_loss_of_which_the_ledger_knows_nothing_is_told(transactional_db: None, redis: object) -> None:
    first = audit.minute()
    promise(first - 1, 3)
    assert audit.wrong(first, 0) == ""
    assert audit.wrong(first, 2) == "the ledger knows nothing of 2 lost records"
