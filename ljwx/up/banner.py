"""What the operator reads when everything runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ljwx.up.address import Address
from ljwx.up.ready import GROUPS

EXAMPLE = '{"data":{"deviceSn":"TEST001","heart_rate":75,"timestamp":1640995200}}'


def lines(
    *, address: Address, workers: int, var_dir: Path, password: str | None, backup: Mapping[str, Any]
) -> list[str]:
    """Streams, consumers, the backup, addresses, the admin, the data folder, and an upload that works.

    `password` is that of an admin made just now; None when there was one. `backup`: what `manage.py bootstrap` told.
    """
    kept = var_dir / "admin_password"
    if password:
        admin = _("user admin, password %(password)s (kept in %(path)s)") % {"password": password, "path": kept}
    elif kept.exists():
        admin = _("user admin, password in %(path)s") % {"path": kept}
    else:
        admin = _("log in with a user you have made")
    rows = {
        _("Redis Streams ready"): ", ".join(GROUPS),
        _("Consumers started"): _("%(workers)s processes") % {"workers": workers},
        _("Controller started"): _("moves plans, judges once a second"),
        **_backup(backup),
        _("Web"): f"{address.url}/",
        _("Dashboard"): f"{address.url}/stream_monitor/",
        _("Admin"): f"{address.url}/admin/  {admin}",
        _("Data folder"): str(var_dir),
    }
    return [
        *(f"{name}: {value}" for name, value in rows.items()),
        _("Try an upload:"),
        f"  curl -X POST {address.url}/upload_health_data -H 'Content-Type: application/json' -d '{EXAMPLE}'",
        _("Ctrl-C stops everything."),
    ]


def _backup(told: Mapping[str, Any]) -> dict[str, str]:
    if not told["verified"]:
        return {_("There is no backup"): told["error"]}
    return {_("Backup made") if told["made"] else _("Last backup"): told["path"]}
