"""All parts of the answer of `GET status`, as they are read: whoever shows them gathers them."""

from collections.abc import Mapping

from rollout.api.status import alarms, alerts, consumers, controller, mirror, plan, streams, traffic
from rollout.api.status.parts import Read

DATABASE: Mapping[str, Read] = {
    "traffic": traffic.routes,
    "unconfirmed": traffic.unconfirmed,
    "mirror": mirror.kinds,
    "plan": plan.active,
    "rollback": plan.rolling_back,
    "controller": controller.leads,
    "alerts": alerts.standing,
}
REDIS: Mapping[str, Read] = {
    "redis": streams.server,
    "streams": streams.all_kinds,
    "shadows": streams.shadows,
    "consumers": consumers.consumers,
    "alarms": alarms.standing,
}
