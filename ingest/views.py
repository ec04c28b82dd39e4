"""Where devices post."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from ingest import accept, upload
from ingest.accept import ROUTED, commit_of
from ingest.parsers import TooLarge, UploadParser, UploadRenderer, announced, check_content_type
from ingest.response import UploadResponse
from ingest.schema import UploadSchema
from ljwx.bodies import announces_more

RENDERER = UploadRenderer()


class UploadView(APIView):
    """Takes an upload of one kind: parse, choose the path, answer with the commit. Touches no database itself."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (UploadParser,)
    renderer_classes = (UploadRenderer,)
    http_method_names = ["post", "options"]
    schema = UploadSchema()
    default_response_headers = {"Allow": "POST, OPTIONS"}

    kind = ""
    lane = ROUTED
    mixed = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A device has no version, account or rate, and takes what there is, whatever its Accept says."""
        request.accepted_renderer = RENDERER
        request.accepted_media_type = RENDERER.media_type

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """An upload needs no request of DRF's; its refusals, and every other method, are answered as DRF does."""
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        try:
            return self.take(request)
        except Exception as error:  # noqa: BLE001 - DRF's handler answers what it knows and raises the rest again
            self.headers = self.default_response_headers
            self.request = self.initialize_request(request, *args, **kwargs)
            self.initial(self.request, *args, **kwargs)
            return self.finalize_response(self.request, self.handle_exception(error), *args, **kwargs)

    def post(self, request: Request) -> UploadResponse:
        """What DRF's own dispatch would call; OPTIONS names it."""
        return self.take(request._request)

    def take(self, request: HttpRequest) -> UploadResponse:
        """Read the upload and choose its path. Raises APIException."""
        started = accept.clock()
        said = announced(request)
        check_content_type(said.content_type)
        if announces_more(said.length):
            raise TooLarge
        taken = upload.read(
            self.body(request),
            kind=self.kind,
            depth=settings.UPLOAD_MAX_DEPTH,
            most=settings.UPLOAD_MAX_RECORDS,
            mixed=self.mixed,
        )
        return UploadResponse(commit_of(taken, lane=self.lane, started=started), request)

    def body(self, request: HttpRequest) -> bytes:
        # Not DRF's request.data: it takes a chunked body, which has no length, for an empty one.
        return self.parser_classes[0]().parse(request)
