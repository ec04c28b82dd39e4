"""How commands that break something on purpose tell why it did not take place."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.core.management.base import CommandError
from django.db import Error
from django.utils.translation import gettext as _

from ingest.drill.errors import Busy, DrillError, Interrupted, NoSystem

CONFLICT, ENVIRONMENT = 4, 3


@contextmanager
def told(*, interrupted: str) -> Iterator[None]:
    """What ends the block is a CommandError with its exit code; `interrupted`: what is said when somebody has ended
    it."""
    try:
        yield
    except NoSystem as error:
        raise CommandError(str(error), returncode=ENVIRONMENT) from error
    except Busy as error:
        raise CommandError(str(error), returncode=CONFLICT) from error
    except Interrupted as error:
        raise CommandError(interrupted) from error
    except DrillError as error:
        raise CommandError(str(error)) from error
    except (Error, redis.RedisError) as error:
        raise CommandError(
            _("The database or Redis does not answer: %s") % type(error).__name__, returncode=ENVIRONMENT
        ) from error
