"""The answer to an upload, which carries its commit."""

from functools import lru_cache
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ingest.accept import ALWAYS_STREAM, CanNotAccept, Commit
from streaming import mirror


class UploadResponse(HttpResponse):
    """Rendering it commits: a device reads "success" only after its records are durable.

    Django renders it like any template response. A server that can await the commit sets `defers_commit` on its
    request, performs `commit` itself, and calls `settle`.
    """

    def __init__(self, commit: Commit, request: HttpRequest) -> None:
        # Past HttpResponse, which would first make an empty content: that costs as much as the real one.
        HttpResponseBase.__init__(self, content_type="application/json")
        self._container = [b""]
        self.commit = commit
        self.is_rendered = False
        self._deferred = getattr(request, "defers_commit", False)

    def render(self) -> "UploadResponse":
        """Commit in this thread and fill in the answer, unless the server does so."""
        if not self._deferred and not self.is_rendered:
            try:
                self.commit.run()
            except CanNotAccept as error:
                self.settle(error)
            else:
                self.settle(None)
                self.commit.mirror(mirror.threaded)
        return self

    def settle(self, failure: CanNotAccept | None) -> None:
        """Fix status and body, now that the outcome of the commit is known, and tell it."""
        self.commit.tell(refused=failure is not None)
        self.is_rendered = True
        if failure is None:
            self.content = self._success()
            return
        self.status_code = failure.status_code
        self["Retry-After"] = str(failure.wait)
        self.content = msgspec.json.encode({"status": "error", "message": str(failure.detail)})

    def _success(self) -> bytes:
        upload = self.commit.upload
        if self.commit.lane != ALWAYS_STREAM and not upload.rejected:
            return _plain(upload.accepted)
        return msgspec.json.encode(self._body())

    def _body(self) -> dict[str, Any]:
        body = _counted(self.commit.upload.accepted, self.commit.upload.rejected)
        if self.commit.lane == ALWAYS_STREAM:
            body["status"] = "accepted"
            body["processing"] = "async" if self.commit.stream_ids else "sync"
            body["stream_id"] = self.commit.stream_ids[0] if self.commit.stream_ids else None
        return body


def _counted(accepted: int, rejected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "status": "success",
        "success": True,
        "message": f"{accepted} accepted, {len(rejected)} rejected",
        "accepted": accepted,
        "rejected": rejected,
    }


@lru_cache(maxsize=1_000)
def _plain(accepted: int) -> bytes:
    """The answer to an upload of which nothing was rejected."""
    return msgspec.json.encode(_counted(accepted, []))
