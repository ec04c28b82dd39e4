"""The project as plain Django under ASGI: Django's own handler for the paths of devices too."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")

application = get_asgi_application()

from ljwx import background  # noqa: E402 - Django is set up first

background.start()
gc.collect()
gc.freeze()
