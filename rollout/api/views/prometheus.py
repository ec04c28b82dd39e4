"""`GET /metrics`: the text of Prometheus."""

from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from monitoring import exposition, live, samples
from rollout.api.view import ControlView
from rollout.live.exposed import families


class PrometheusView(ControlView):
    """Counters since the beginning and the gauges of the live document, for who may see the routes: with a token as
    `Authorization: Bearer`, or at the machine of the embedded default without one."""

    needs = {"GET": "rollout.view_route"}
    schema = None  # type: ignore[assignment]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # A scraper asks for its own types; refusals are JSON all the same.
        renderer = JSONRenderer()
        return renderer, renderer.media_type

    def get(self, request: Request) -> HttpResponse:
        told = exposition.totals(samples.total(), until=samples.written())
        text = exposition.text([*told, *families(live.current.get())])
        return HttpResponse(text, content_type=exposition.CONTENT_TYPE)
