"""HTTP on one port: uploads, polls, admin. A web process keeps routes and Redis safety fresh beside the requests."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ljwx.settings")

application = get_asgi_application()

from ljwx import background  # noqa: E402 - the settings come first

background.start()
