"""What was told: of uploads, as far as it must outlive Redis, and of what is wrong."""

from monitoring.models.alert import Alert, Severity
from monitoring.models.channel import Channel
from monitoring.models.delivery import Delivery
from monitoring.models.notice import Notice
from monitoring.models.silence import Silence
from monitoring.models.told import LedgerCount, ProcessReport, Sample, Tally

__all__ = [
    "Alert", "Channel", "Delivery", "LedgerCount", "Notice", "ProcessReport", "Sample", "Severity", "Silence", "Tally",
]  # fmt: skip
