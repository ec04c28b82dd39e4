"""The project as plain Django under WSGI: the same view, whose response commits as it renders, behind the middlewares.

At 0 % this is the legacy path as well as threads can do it, at 100 % one XADD per request. The middleware of static
files is left out: it is asynchronous alone, and Django would start an event loop for it in every request.
"""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")
settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("servestatic.")]

application = get_wsgi_application()

from ljwx import background  # noqa: E402 - Django is set up first

background.start()
gc.collect()
gc.freeze()
