"""Where devices post."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from ingest import upload
from ingest.accept import ROUTED, commit_of
from ingest.parsers import TooLarge, UploadParser, UploadRenderer, announced, announces_more, check_content_type
from ingest.response import UploadResponse

RENDERER = UploadRenderer()


class UploadView(APIView):
    """Takes an upload of one kind: parse, choose the path, answer with the commit. Touches no database itself."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (UploadParser,)
    renderer_classes = (UploadRenderer,)
    http_method_names = ["post", "options"]
    default_response_headers = {"Allow": "POST, OPTIONS"}

    kind = ""
    lane = ROUTED
    mixed = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A device has no version, account or rate, and takes what there is, whatever its Accept says."""
        request.accepted_renderer = RENDERER
        request.accepted_media_type = RENDERER.media_type

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An upload's answer is whole as it is. Without the circle of request and view, which only the garbage
        collector could free."""
        if isinstance(response, UploadResponse):
            request.parser_context.clear()
            return response
        return super().finalize_response(request, response, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """DRF's request, which has no user to look for and nothing to negotiate."""
        return Request(request, parser_context={})

    def post(self, request: Request) -> UploadResponse:
        said = announced(request._request)
        check_content_type(said.content_type)
        if announces_more(said.length, settings.UPLOAD_MAX_BYTES):
            raise TooLarge
        taken = upload.read(
            self.body(request),
            kind=self.kind,
            depth=settings.UPLOAD_MAX_DEPTH,
            most=settings.UPLOAD_MAX_RECORDS,
            mixed=self.mixed,
        )
        return UploadResponse(commit_of(taken, lane=self.lane), request._request)

    def body(self, request: Request) -> bytes:
        # Not request.data: DRF takes a chunked body, which has no length, for an empty one.
        return self.parser_classes[0]().parse(request._request)
