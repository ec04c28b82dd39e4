"""Health readings, and what is kept of them by day and by week."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ingest.models.fields import Bound, Stamped
from ljwx.fields import BytewiseCharField


class Reading(Bound, Stamped):
    """The columns of a reading. NULL is "not measured"."""

    device_sn = BytewiseCharField(_("device"), max_length=64)
    timestamp = models.DateTimeField(_("measured at"))
    heart_rate = models.SmallIntegerField(_("heart rate (bpm)"), null=True, blank=True)
    pressure_high = models.SmallIntegerField(_("systolic pressure (mmHg)"), null=True, blank=True)
    pressure_low = models.SmallIntegerField(_("diastolic pressure (mmHg)"), null=True, blank=True)
    blood_oxygen = models.SmallIntegerField(_("blood oxygen (%)"), null=True, blank=True)
    stress = models.SmallIntegerField(_("stress (0–100)"), null=True, blank=True)
    temperature = models.FloatField(_("temperature (°C)"), null=True, blank=True)
    step = models.IntegerField(_("steps of the day"), null=True, blank=True)
    distance = models.FloatField(_("distance (m)"), null=True, blank=True)
    calorie = models.FloatField(_("calories as reported"), null=True, blank=True)
    latitude = models.FloatField(_("latitude (°)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (°)"), null=True, blank=True)
    altitude = models.FloatField(_("altitude (m)"), null=True, blank=True)
    sleep = models.FloatField(_("sleep (h)"), null=True, blank=True)
    upload_method = models.CharField(_("sent by"), max_length=16)
    user_name = models.CharField(_("user name"), max_length=255, null=True, blank=True)
    phone_number = models.CharField(_("phone number"), max_length=32, null=True, blank=True)
    is_deleted = models.BooleanField(_("deleted"), default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.device_sn} {self.timestamp:%Y-%m-%d %H:%M:%S}"


class HealthData(Reading):
    """One reading. The natural key is (device_sn, timestamp)."""

    class Meta:
        db_table = "t_user_health_data"
        verbose_name = _("health reading")
        verbose_name_plural = _("health readings")
        constraints = [models.UniqueConstraint(fields=["device_sn", "timestamp"], name="health_device_time")]


class Day(Stamped):
    """Nested data of a device's day. Beside each column, `…_at`: epoch seconds of the reading it came from, which
    makes "the later reading wins" true in any order of arrival."""

    device_sn = BytewiseCharField(_("device"), max_length=64)
    date = models.DateField(_("day"))
    sleep_data = models.JSONField(_("sleep"), null=True, blank=True)
    sleep_at = models.BigIntegerField(null=True, blank=True)
    exercise_daily_data = models.JSONField(_("exercise of the day"), null=True, blank=True)
    exercise_daily_at = models.BigIntegerField(null=True, blank=True)
    workout_data = models.JSONField(_("workouts"), null=True, blank=True)
    workout_at = models.BigIntegerField(null=True, blank=True)
    scientific_sleep_data = models.JSONField(_("sleep stages"), null=True, blank=True)
    scientific_sleep_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.device_sn} {self.date}"


class HealthDaily(Day):
    """One row per device and day."""

    class Meta:
        db_table = "t_user_health_data_daily"
        verbose_name = _("health day")
        verbose_name_plural = _("health days")
        constraints = [models.UniqueConstraint(fields=["device_sn", "date"], name="health_device_day")]


class Week(Stamped):
    """Nested data of a device's week; `exercise_week_at` as in Day."""

    device_sn = BytewiseCharField(_("device"), max_length=64)
    week_start = models.DateField(_("week from"), help_text=_("A Monday."))
    exercise_week_data = models.JSONField(_("exercise of the week"), null=True, blank=True)
    exercise_week_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.device_sn} {self.week_start}"


class HealthWeekly(Week):
    """One row per device and week."""

    class Meta:
        db_table = "t_user_health_data_weekly"
        verbose_name = _("health week")
        verbose_name_plural = _("health weeks")
        constraints = [models.UniqueConstraint(fields=["device_sn", "week_start"], name="health_device_week")]
