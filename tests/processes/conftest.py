"""`manage.py up` for every test of processes."""

from tests.processes.test_up import environment, port, start, var_dir

__all__ = ["environment", "port", "start", "var_dir"]
