"""The Host header of people is checked, that of devices is not: they post to whatever address they were built with."""

import re

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

DEVICE_PATHS = re.compile(r"/(upload_|batch/upload|DeviceMessage/|fetch_health_data_config|(api/)?health/?$)")


class CommonForPeople(CommonMiddleware):
    """Django's CommonMiddleware, except for the paths of devices."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if DEVICE_PATHS.match(request.path_info) else super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if DEVICE_PATHS.match(request.path_info) else super().process_response(request, response)
