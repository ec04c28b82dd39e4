"""What is logged of a hostile request: a line, for anybody can send thousands."""

import logging


class Plain(logging.Filter):
    """Leaves out the traceback of what Django itself refuses, such as a host that it does not serve."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
            record.msg = record.getMessage()[:300]
            record.args = None
        return True
