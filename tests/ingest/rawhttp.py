"""Odd HTTP requests as bytes: what a scanner sends, a broken client, or somebody who means ill."""

import random

ALIEN = "\xff\xfe"
PATHS = (
    "/upload_health_data", "/upload_device_info_v2/", "/batch/upload-common-event", "/health", "/readyz", "/metrics",
    "/DeviceMessage/receive", "/fetch_health_data_config", "/stream_monitor/", "/stream_monitor/api/streams",
    "/stream_monitor/api/alerts/9999999999999999999999/acknowledge", f"/stream_monitor/api/plans/{'9' * 20}/start",
    "/admin/login/", "/admin/login/?next=//elsewhere", "/i18n/setlang/", "/static/none.css", "/upload%5Fhealth_data",
    "//upload_health_data", "/upload_health_data?x=%00%ff", "/upload_health_data/../admin/", "http://h/upload_health_data",
    f"/{ALIEN}", "*", "/%", "/%zz", "/" + "a" * 9_000,
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "post", "UNKNOWN", "CONNECT", "P\x00ST")
HEADERS = (
    "Content-Type: application/json", "Content-Type: application/json; charset=utf-8", "Content-Type: text/plain",
    "Content-Type: multipart/form-data", "Content-Type: multipart/form-data; boundary=x", f"Content-Type: {ALIEN}",
    "Content-Type: application/x-www-form-urlencoded", f"Content-Type: multipart/form-data; boundary={'x' * 300}",
    "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked", "Content-Encoding: gzip", "Content-Length: -1",
    "Content-Length: 5, 5", "Content-Length: 0x10", "Expect: 100-continue", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13", "Origin: null", f"Origin: {ALIEN}", f"Referer: {ALIEN}",
    f"Accept: {ALIEN}", f"Accept-Language: zh-hans,{ALIEN}", f"Accept-Language: {'x' * 500}", "Authorization: Basic",
    "Cookie: sessionid=\x01\x02", f"Cookie: csrftoken={ALIEN}; sessionid=zz", f"Cookie: {'a=b; ' * 900}",
    f"Authorization: Bearer {ALIEN}", "Authorization: Bearer x y z", "Authorization: Basic %%%",
    f"Authorization: Bearer {'a' * 5_000}", "X-Forwarded-For: \x00,,,,", f"X-CSRFToken: {ALIEN}", "Host: a b",
    f"Idempotency-Key: {ALIEN * 200}", "If-Modified-Since: Wed, 99 Foo 99999999999 25:61:61 GMT", "Host: [::1",
    f"Host: {'a' * 300}", f"Host: {ALIEN}", "X-Http-Method-Override: DELETE", "no colon", ": empty", " folded",
    "X: \x7f\x01", "Range: bytes=-1,-2,9-", f"Accept-Encoding: {ALIEN}",
)  # fmt: skip
BODIES = (
    b"", b"{}", b"[]", b'{"deviceSn":"RAW1","heart_rate":70}', b"\xff\xfe", b"\x00" * 500, b'{"a":' * 20,
    b"a=b&c=%ff%00&" * 30,
    b"username=%00&password=%ff&csrfmiddlewaretoken=x", b"username=" + b"a" * 9_000, b"--x\r\n\r\n" + b"x" * 3_000,
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff\x00"\r\nContent-Type: \xff\r\n\r\nb\r\n--x--\r\n',
)  # fmt: skip
HANDSHAKE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
SOCKETS = (
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Sec-WebSocket-Protocol: {ALIEN}", "Sec-WebSocket-Protocol: a,b",
    f"Sec-WebSocket-Key: {ALIEN}", "Sec-WebSocket-Extensions: permessage-deflate; x", "Origin: http://elsewhere",
)  # fmt: skip
CHUNKS = (b"zz\r\n", b"-1\r\n", b"5\r\nab", b"ffffffffffffffffff\r\n", b"5;" + b"x" * 5_000, b"5\r\nabcdeXX0\r\n\r\n")
LARGE = 262_145


def request(dice: random.Random) -> bytes:
    """One request, whole or broken; after it the sender says nothing more."""
    if dice.random() < 0.1:
        lines = ["GET /stream_monitor/live HTTP/1.1", "Host: 127.0.0.1", *HANDSHAKE]
        lines += [SOCKETS[0], *dice.sample(SOCKETS[1:] + HEADERS, dice.randrange(1, 3))]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + dice.randbytes(dice.randrange(300))
    method = dice.choice(METHODS) if dice.random() < 0.4 else dice.choice(("POST", "GET"))
    version = dice.choice(("1.1",) * 9 + ("1.0", "2.0", "x"))
    lines = [f"{method} {dice.choice(PATHS)} HTTP/{version}"]
    if dice.random() < 0.9:
        lines.append("Host: 127.0.0.1")
    body = dice.choice(BODIES)
    match dice.choice(("length",) * 6 + ("chunked", "broken", "more", "large")):
        case "length":
            lines.append(f"Content-Length: {len(body)}")
        case "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        case "broken":
            lines.append("Transfer-Encoding: chunked")
            body = dice.choice(CHUNKS)
        case "more":
            lines.append(f"Content-Length: {len(body) + 5}")
        case "large":
            lines.append(f"Content-Length: {LARGE}")
    lines += dice.sample(HEADERS, dice.randrange(4))
    head = bytearray("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if dice.random() < 0.05:
        # Not its end: a head that has none is waited for.
        head[dice.randrange(len(head) - 4)] = dice.randrange(256)
    return bytes(head) + body
