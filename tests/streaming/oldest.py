"""The Redis of a test: the one that is found, and the oldest that is promised."""

import os

import pytest

from tests import servers

# What Redis answers does not depend on the database: the run on MariaDB meets one.
SERVERS = ("found", "6.2") if servers.OLDEST_IS_BUILT and not os.environ.get("LJWX_TEST_DATABASE_URL") else ("found",)
# XINFO tells how many entries a group has read, and how many it has not: before, losses of unread ones do not show.
since_7 = pytest.mark.parametrize("redis_url", ["found"], indirect=True)
