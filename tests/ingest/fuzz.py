"""What the property tests share: any JSON there can be, and the same examples in every run.

`LJWX_TEST_FUZZ=thorough bin/test tests/ingest/test_fuzz.py` tries a million bodies, and every property a hundred times
as often, others in every run.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

THOROUGH = os.environ.get("LJWX_TEST_FUZZ") == "thorough"

settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=20_000, derandomize=False)

FUZZ = settings.get_profile("thorough" if THOROUGH else "ci")
FEW = settings(FUZZ, max_examples=FUZZ.max_examples // 4)  # of what meets a database

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(["", "0", "null", "NaN", "1788339600", "2026-09-02 17:00:00", "\x00", "\ud800", "36.5", "1e999"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
