from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IngestConfig(AppConfig):
    name = "ingest"
    verbose_name = _("Uploads")

    def ready(self) -> None:
        from ingest import alerting, checks, firmware, kinds  # noqa: F401 - checks register themselves
        from ingest.drill.holding import holds
        from ingest.models import DeviceInfo
        from rollout import fleet
        from streaming import heldback

        kinds.register()
        alerting.register()
        fleet.register(DeviceInfo.objects.count, firmware=firmware.of)
        heldback.register(holds)
