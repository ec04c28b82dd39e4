"""The controller of the controller's tests, which publishes here."""

import pytest

from rollout.live.document import Composer
from tests.rollout.controller.conftest import rig

__all__ = ["rig"]
compose = Composer.compose


@pytest.fixture
def composing(rig: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is composed as it is outside of the tests of rounds."""
    monkeypatch.setattr(Composer, "compose", compose)
