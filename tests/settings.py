"""The project's settings, with a data folder, a Redis database and a database that belong to the tests.

`tests.run` names them by LJWX_TEST_DIR, LJWX_TEST_REDIS and LJWX_TEST_DATABASE_URL. Nothing else of the operator's
environment is used: a test can not meet the servers of a running system.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for name in [name for name in os.environ if name.startswith("LJWX_") and not name.startswith("LJWX_TEST_")]:
    del os.environ[name]


def _folder() -> str:
    if given := os.environ.get("LJWX_TEST_DIR"):
        return given
    made = tempfile.mkdtemp(prefix="ljwx-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
var_dir = Path(_folder()) / worker
var_dir.mkdir(exist_ok=True)
(var_dir / "static").mkdir(exist_ok=True)
redis = os.environ.get("LJWX_TEST_REDIS", "unix:///nowhere/redis.sock")
os.environ["LJWX_VAR_DIR"] = str(var_dir)
# What tests expect of texts stands in them in English.
os.environ["LJWX_LANGUAGE"] = "en"
os.environ["LJWX_REDIS_URL"] = f"{redis}?db={worker.removeprefix('gw')}"
os.environ["LJWX_DATABASE_URL"] = os.environ.get("LJWX_TEST_DATABASE_URL", "")

from ljwx.settings import *  # noqa: E402, F403

if not os.environ["LJWX_DATABASE_URL"]:
    # A test process never outlives a power cut: waiting for the disk took a tenth of the time. Real processes wait.
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"  # noqa: F405
