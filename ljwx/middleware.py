"""The Host header of people is checked, that of devices is not: they post to whatever address they were built with.
Nor is that of a probe, which knows a process by its address."""

import re

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

DEVICE_PATHS = re.compile(r"/(upload_|batch/upload|DeviceMessage/|fetch_health_data_config|(api/)?health/?$)")
PROBES = re.compile(r"/(healthz|readyz)/?$")


class CommonForPeople(CommonMiddleware):
    """Django's CommonMiddleware, except for the paths of devices and probes."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if _is_a_machine(request) else super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if _is_a_machine(request) else super().process_response(request, response)


def _is_a_machine(request: HttpRequest) -> bool:
    return bool(DEVICE_PATHS.match(request.path_info) or PROBES.match(request.path_info))
