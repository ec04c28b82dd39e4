"""What no Python server passes, where it is found: nginx that only answers, webdis that only appends."""

import json
import os
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.candidates import Candidate

# `bench/run` unpacks them here.
FILES = Path(__file__).resolve().parent.parent / ".venv" / "limits"
PLACES = (os.environ.get("PATH", ""), "/usr/sbin", f"{FILES}/usr/sbin", f"{FILES}/usr/bin")
NGINX = """\
worker_processes 2; daemon off; pid FOLDER/nginx.pid; error_log FOLDER/nginx.error crit;
events { worker_connections 8192; }
http {
    access_log off; client_body_temp_path FOLDER/nginx.body; proxy_temp_path FOLDER/nginx.proxy;
    fastcgi_temp_path FOLDER/nginx.fastcgi; uwsgi_temp_path FOLDER/nginx.uwsgi; scgi_temp_path FOLDER/nginx.scgi;
    keepalive_requests 1000000000;
    server { listen 127.0.0.1:PORT backlog=4096; location / { return 200 '{"status":"success"}'; } }
}
"""


def found(folder: Path) -> tuple[list[Candidate], list[str]]:
    """The limits that are there, and a line for each that is not."""
    limits, missing = [], []
    for name, make in (("nginx", _nginx), ("webdis", _webdis)):
        if binary := shutil.which(name, path=":".join(PLACES)):
            limits.append(make(binary, folder))
        else:
            missing.append(f"{name} is not there and is left out; its package is not installed for it starts a service")
    return limits, missing


def _nginx(binary: str, folder: Path) -> Candidate:
    command = _configured(folder / "nginx.conf", NGINX.replace("FOLDER", str(folder)))
    return Candidate("limit: nginx", (*command, binary, "-c", f"{folder}/nginx.conf"), "answers; 2 processes")


def _webdis(binary: str, folder: Path) -> Candidate:
    redis = urlsplit(os.environ["LJWX_REDIS_URL"])
    configuration = {
        "redis_host": redis.path,
        "database": int(parse_qs(redis.query)["db"][0]),
        "http_host": "127.0.0.1",
        "http_port": "PORT",
        "threads": 2,
        "pool_size": 20,
        "daemonize": False,
        "logfile": f"{folder}/webdis.log",
    }
    text = json.dumps(configuration).replace('"PORT"', "PORT")
    libraries = ":".join(map(str, FILES.glob("usr/lib/*-linux-*")))
    command = (*_configured(folder / "webdis.json", text), "env", f"LD_LIBRARY_PATH={libraries}")
    return Candidate(
        "limit: webdis", (*command, binary, f"{folder}/webdis.json"), "C: XADD of the body as it is",
        path="/XADD/health_data_stream/*/d", method="PUT",
    )  # fmt: skip


def _configured(path: Path, text: str) -> tuple[str, ...]:
    """The beginning of a command that writes its port into the configuration at `path` first."""
    template = path.with_suffix(".template")
    template.write_text(text, encoding="utf-8")
    return ("sh", "-c", f'sed s/PORT/{{port}}/ {template} > {path} && exec "$@"', "sh")
