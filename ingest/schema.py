"""How the upload views describe themselves."""

from typing import Any

from drf_spectacular.types import OpenApiTypes

from ljwx.schema import Described


class UploadSchema(Described):
    """Any of the dialects in docs/wire.md; no credentials but those of a device."""

    refusals = {
        400: "No JSON.",
        413: "Too large, or too many records.",
        415: "Not JSON in UTF-8.",
        503: "Neither path can take it now: send it again.",
    }

    def get_tags(self) -> list[str]:
        return ["uploads"]

    def get_request_serializer(self) -> Any:
        return OpenApiTypes.OBJECT
