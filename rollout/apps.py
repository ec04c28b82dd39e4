from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RolloutConfig(AppConfig):
    name = "rollout"
    verbose_name = _("Rollout")

    def ready(self) -> None:
        from monitoring import live
        from monitoring.alerts import delivering  # noqa: F401 - runs in every web process
        from rollout.alerting import loop, rules  # noqa: F401 - looks in every web process
        from rollout.api import local
        from rollout.consistency import window
        from rollout.controller import watching  # noqa: F401 - kept fresh in every web process
        from rollout.live.document import Composer
        from rollout.rollback import verifying
        from rollout.routes import create_missing

        rules.register()
        verifying.register(window.compared)
        live.current.compose = Composer("web").compose
        post_migrate.connect(create_missing, sender=self, dispatch_uid="rollout.routes")
        post_migrate.connect(local.create, sender=self, dispatch_uid="rollout.api.local")
