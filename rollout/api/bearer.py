"""Tokens of programs: `Authorization: Bearer …`."""

import re
from typing import Any

from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

TOKEN = re.compile(rb"[0-9a-z_]{20,200}")


class Bearer(TokenAuthentication):  # type: ignore[misc]
    """knox's authentication: the database holds a hash of each token, and an expired one is deleted when it is seen.

    Raises AuthenticationFailed, also for what can be no token at all.
    """

    def authenticate_credentials(self, token: bytes) -> Any:
        if not TOKEN.fullmatch(token):
            raise AuthenticationFailed(_("This is no token."))
        return super().authenticate_credentials(token)
