"""DRF's parser and renderer of uploads."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


class TooLarge(APIException):
    """Raised when a body is longer than an upload may be; it is not read to its end."""

    status_code = 413
    default_detail = "the body is too large"


class UploadParser(BaseParser):
    """The bytes of a JSON body within the limit; what they mean is `ingest.upload`'s to say."""

    media_type = "application/json"

    def parse(  # type: ignore[override]
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        most = settings.UPLOAD_MAX_BYTES
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLarge
        if not body or body.isspace():
            raise ParseError("the body is empty")
        return bytes(body)


class UploadRenderer(BaseRenderer):
    """JSON by msgspec."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return msgspec.json.encode(data)


class Announced(msgspec.Struct, frozen=True, gc=False):
    """What a request's headers say of its body."""

    content_type: str
    length: str


def announced(request: HttpRequest) -> Announced:
    """What `request` announces; a server that has looked already says so itself."""
    known: Announced | None = getattr(request, "announced", None)
    return known or Announced(request.META.get("CONTENT_TYPE", ""), request.META.get("CONTENT_LENGTH", ""))


def check_content_type(content_type: str) -> None:
    """JSON in UTF-8, or nothing said. Raises UnsupportedMediaType (415)."""
    if content_type in {"application/json", ""}:
        return
    media, _, rest = content_type.partition(";")
    if media.strip().lower() != "application/json":
        raise UnsupportedMediaType(media.strip()[:80] or "?")
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType(f"application/json; charset={value.strip()[:40]}")
