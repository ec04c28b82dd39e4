"""The parts of the control plane that the admin calls, each asked for when it is needed.

None: this build lacks the part; the page then says so and refuses what would need it.
"""

from importlib import import_module
from types import ModuleType


def get(name: str) -> ModuleType | None:
    """The module `rollout.<name>`, None when there is none."""
    wanted = f"rollout.{name}"
    try:
        return import_module(wanted)
    except ModuleNotFoundError as error:
        if error.name is not None and (wanted == error.name or wanted.startswith(f"{error.name}.")):
            return None
        raise
