"""The report of a migration: one HTML file for those who were not there."""

from rollout.reporting.page import render
from rollout.reporting.period import NothingToReport, Period, period

__all__ = ["NothingToReport", "Period", "period", "render"]
