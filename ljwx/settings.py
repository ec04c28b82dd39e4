"""All settings of the project, read from the environment. `docs/settings.md` has a line for each."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url
from django.utils.translation import gettext_lazy as _

from ljwx import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("LJWX_VAR_DIR", str(BASE_DIR / "var"))).resolve()
# `bin/up` leaves here what it runs with, so that a plain manage.py beside it meets the same servers.
env.load_file(VAR_DIR / "up.env")

SECRET_KEY = env.secret("LJWX_SECRET_KEY", VAR_DIR / "secret_key")
DEBUG = env.flag("LJWX_DEBUG", False)
ALLOWED_HOSTS = env.words("LJWX_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("LJWX_CSRF_TRUSTED_ORIGINS", "")
LOG_LEVEL = env.text("LJWX_LOG_LEVEL", "INFO")

INSTALLED_APPS = [
    # Its runserver serves the websocket too. For all other processes it is half a second of imports.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    # Processes that serve no pages do not import the admin: ljwx.urls finds its parts.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "ljwx",
    "monitoring",
    "streaming",
    "rollout",
    "ingest",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "ljwx.middleware.CommonForPeople",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "ljwx.urls"
ASGI_APPLICATION = "ljwx.asgi.application"
APPEND_SLASH = False  # a device's POST is never redirected; every path is declared with and without a slash

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Record tables hold naive Asia/Shanghai time, as the existing system wrote them.
RECORD_TIME_ZONE = "Asia/Shanghai"
DATABASE_URL = env.url(
    "LJWX_DATABASE_URL", f"sqlite:///{quote(str(VAR_DIR / 'ljwx.sqlite3'))}", schemes=("sqlite", "mysql")
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {**dj_database_url.parse(DATABASE_URL), "TIME_ZONE": RECORD_TIME_ZONE}
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "ljwx.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["ENGINE"] = "ljwx.mysql"
    DATABASES["default"]["OPTIONS"] = {
        "charset": "utf8mb4",
        "connect_timeout": 5,
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION',"
        " innodb_lock_wait_timeout=5",
        **DATABASES["default"].get("OPTIONS", {}),
    }
    DATABASES["default"]["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
DATABASES["default"]["CONN_MAX_AGE"] = env.integer("LJWX_DATABASE_CONN_MAX_AGE", 600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Of web processes and consumers alone (ljwx/database.py); longer than a wait for a lock and the slowest batch.
DATABASE_READ_TIMEOUT_S = env.integer("LJWX_DATABASE_READ_TIMEOUT_S", 20, least=6)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url(
    "LJWX_REDIS_URL",
    f"unix://{quote(str(VAR_DIR / 'redis' / 'redis.sock'))}?db=0",
    schemes=("redis", "rediss", "unix"),
)
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "ljwx:cache",
        "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

LANGUAGE_CODE = env.text("LJWX_LANGUAGE", "zh-hans")
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
SERVESTATIC_USE_FINDERS = True

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("LJWX_HTTPS", False)

# Uploads
UPLOAD_MAX_BYTES = env.integer("LJWX_UPLOAD_MAX_BYTES", 256 * 1024, least=1024)
UPLOAD_MAX_RECORDS = env.integer("LJWX_UPLOAD_MAX_RECORDS", 500, least=1)
UPLOAD_MAX_DEPTH = env.integer("LJWX_UPLOAD_MAX_DEPTH", 16, least=4, most=200)
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES
# What bodies that are still arriving may take of one process's memory, and how long one may take.
BODIES_MAX_BYTES = env.integer("LJWX_BODIES_MAX_BYTES", 128 * 1024 * 1024, least=1024)
# By default the largest body over a connection of 2 kB/s.
BODY_MAX_S = env.integer("LJWX_BODY_MAX_S", 120, least=1)
# The longest that an upload waits for its answer, and the writes it may wait for.
ACCEPT_DEADLINE_S = env.integer("LJWX_ACCEPT_DEADLINE_MS", 1_000, least=100) / 1000
# Legacy writes at once in one process, fallbacks included; beyond it the answer is 503.
LEGACY_WRITERS = env.integer("LJWX_LEGACY_WRITERS", 16, least=1)

# Consumers
CONSUMER_HOST = env.text("LJWX_CONSUMER_HOST", "")
# Over all hosts, and the same on each of them.
CONSUMER_MIN = env.integer("LJWX_CONSUMER_MIN", 1, least=1, most=1_000)
CONSUMER_MAX = env.integer("LJWX_CONSUMER_MAX", max(8, CONSUMER_MIN), least=CONSUMER_MIN, most=1_000)
CONSUMER_AUTOSCALE = env.flag("LJWX_CONSUMER_AUTOSCALE", False)
CONSUMER_CLAIM_IDLE_MS = env.integer("LJWX_CONSUMER_CLAIM_IDLE_MS", 60_000, least=100)
STREAM_RETENTION_MINUTES = env.integer("LJWX_STREAM_RETENTION_MINUTES", 60, least=1)
# Mirrored records are for the check, which looks at them within the retention.
SHADOW_MINUTES = env.integer(
    "LJWX_SHADOW_MINUTES", max(24 * 60, 2 * STREAM_RETENTION_MINUTES), least=2 * STREAM_RETENTION_MINUTES
)
# A Redis that may forget acknowledged entries keeps the stream path closed.
REDIS_REQUIRE_SAFE = env.flag("LJWX_REDIS_REQUIRE_SAFE", True)

# Control plane
# `bin/up` on its own loopback address: the operator at the machine needs no login and no second person.
EMBEDDED = env.flag("LJWX_EMBEDDED", False)
# Of this machine's web process, for commands that play devices.
WEB_URL = env.url("LJWX_WEB_URL", "http://127.0.0.1:5225", schemes=("http", "https"))
PLAN_PEOPLE = env.integer("LJWX_PLAN_PEOPLE", 1 if EMBEDDED else 2, least=1, most=10)
FREEZE_HOURS = env.words("LJWX_FREEZE_HOURS", "")
# Health data is in them: folders of their owner alone. The same for every host of the control plane.
BACKUP_DIR = Path(env.text("LJWX_BACKUP_DIR", str(VAR_DIR / "backups"))).resolve()
BACKUP_KEEP = env.integer("LJWX_BACKUP_KEEP", 10, least=1)
# Records per second that the legacy path was measured to carry; 0: nobody has measured it.
LEGACY_CAPACITY = env.integer("LJWX_LEGACY_CAPACITY", 0)
# Between two steps down of a rollback that does not say.
ROLLBACK_INTERVAL_S = env.integer("LJWX_ROLLBACK_INTERVAL_S", 30, least=1, most=3600)
# Records younger than this are not judged; stored later than this they are late.
CHECK_GRACE_S = env.integer("LJWX_CHECK_GRACE_S", 60, least=1, most=3_600)
# The controller checks the time since its last check so often, with all that was stored since; 0: never.
CHECK_EVERY_MINUTES = env.integer("LJWX_CHECK_EVERY_MINUTES", 30, most=1_440)
# A repair of more records needs somebody's approval.
REPAIR_APPROVAL_ROWS = env.integer("LJWX_REPAIR_APPROVAL_ROWS", 1_000, least=0)

# Alerts
# Alerts of a group that begin or end within it are told in one message.
ALERT_GROUP_WAIT_S = env.integer("LJWX_ALERT_GROUP_WAIT_S", 10, most=600)
# Of what fires and nobody has acknowledged people are told again.
ALERT_REPEAT_MINUTES = env.integer("LJWX_ALERT_REPEAT_MINUTES", 60, least=5, most=1_440)
MAIL = env.mail("LJWX_EMAIL_URL")
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = MAIL.host, MAIL.port, 10
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.starttls, MAIL.tls
DEFAULT_FROM_EMAIL = env.text("LJWX_EMAIL_FROM", "ljwx@localhost")

# Where a process dies of its own: only for proofs (ljwx/failpoints.py).
FAILPOINT = env.text("LJWX_FAILPOINT", "")

# The way back that needs no database: a share that holds whatever the routes say.
STREAM_FORCE_PERCENTAGE = env.text("STREAM_FORCE_PERCENTAGE", "")

# What a watch is told when it polls for its configuration: empty means 404, it keeps its own.
DEVICE_CONFIG_FILE = env.text("LJWX_DEVICE_CONFIG_FILE", "")

# Proxies in front of the web processes that add to X-Forwarded-For; the address before theirs is the client's.
PROXIES = env.integer("LJWX_PROXIES", 0, most=10)

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "ljwx.errors.answer",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": PROXIES,
}
KNOX_TOKEN_MODEL = "rollout.ApiToken"  # noqa: S105 - a model
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_PREFIX": "ljwx_", "TOKEN_MODEL": KNOX_TOKEN_MODEL}
SPECTACULAR_SETTINGS = {
    "TITLE": "ljwx",
    "VERSION": "1",
    "DESCRIPTION": _("Uploads of wearables, and the control plane that moves them from one path to the other."),
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["ljwx.schema.plainly"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"plain": {"()": "ljwx.logs.Plain"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["plain"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
