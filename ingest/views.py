"""Where devices post."""

from typing import Any

from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from ingest import upload
from ingest.accept import ROUTED, commit_of
from ingest.parsers import TooLarge, UploadParser, UploadRenderer, check_content_type
from ingest.response import UploadResponse


class OneRenderer(BaseContentNegotiation):
    """A device takes what there is, whatever its Accept says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class UploadView(APIView):
    """Takes an upload of one kind: parse, choose the path, answer with the commit. Touches no database itself."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (UploadParser,)
    renderer_classes = (UploadRenderer,)
    content_negotiation_class = OneRenderer
    http_method_names = ["post", "options"]

    kind = ""
    lane = ROUTED
    mixed = False

    def post(self, request: Request) -> UploadResponse:
        check_content_type(request.META.get("CONTENT_TYPE", ""))
        if (length := request.META.get("CONTENT_LENGTH", "")).isdigit() and int(length) > settings.UPLOAD_MAX_BYTES:
            raise TooLarge
        taken = upload.read(
            self.body(request),
            kind=self.kind,
            depth=settings.UPLOAD_MAX_DEPTH,
            most=settings.UPLOAD_MAX_RECORDS,
            mixed=self.mixed,
        )
        return UploadResponse(commit_of(taken, lane=self.lane), lane=self.lane)

    def body(self, request: Request) -> bytes:
        # Not request.data: DRF takes a chunked body, which has no length, for an empty one.
        return self.parser_classes[0]().parse(request._request)
