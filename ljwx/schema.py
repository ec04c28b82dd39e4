"""How a view describes itself in OpenAPI: what every endpoint of the project has in common."""

import re
from collections.abc import Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class Refusal(serializers.Serializer[Any]):
    """Every answer that is no success."""

    status = serializers.ChoiceField(choices=["error"])
    message = serializers.CharField()


class Described(AutoSchema):
    """The operation is called after its method and path; what it answers is JSON. `refusals`: status to when."""

    refusals: dict[int, str] = {}

    def get_operation_id(self) -> str:
        words = self.path.strip("/").removeprefix("stream_monitor/api/")
        return f"{self.method.lower()}_{words.translate(str.maketrans('/-', '__', '{}'))}"

    def get_response_serializers(self) -> Any:
        refused = {code: OpenApiResponse(Refusal, text) for code, text in self.refusals.items()}
        return {200: OpenApiResponse(OpenApiTypes.OBJECT), **refused}


def plainly(endpoints: Sequence[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's hook: each path as people write it. The slash at the end is as good and not told; of several
    spellings the first is."""
    return [(_plain(path, pattern), pattern, method, view) for path, pattern, method, view in endpoints]


def _plain(path: str, pattern: str) -> str:
    if "[" in path:
        path = "/" + re.sub(r"\(\?:([^|)]*)[^)]*\)", r"\1", pattern).replace("[-_]", "_").strip("^/?$")
    return path.rstrip("/")
