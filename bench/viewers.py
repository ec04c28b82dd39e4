"""Viewers of the dashboard, in a process of their own: `python -m bench.viewers PORT COOKIE COUNT SLOW DEAD`.

COUNT connect; SLOW of them read a document every five seconds, DEAD of them never read again. Says "ready" when all are
connected, takes a line "begin" and a line "end", and tells what the others got in between as one JSON object.
"""

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field

import aiohttp

SLOW_S = 5.0
# As many at once as a server takes without refusing any.
AT_ONCE = 20


@dataclass(slots=True)
class Seen:
    """When each document came, by the monotonic clock, to ordinary viewers; `gone`: viewers whose connection ended."""

    at: list[list[float]] = field(default_factory=list)
    gone: int = 0


async def look(socket: aiohttp.ClientWebSocketResponse, times: list[float], seen: Seen) -> None:
    """Read whatever comes."""
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            break
        times.append(time.monotonic())
    seen.gone += 1


async def doze(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Read one document every few seconds: the others wait."""
    while True:
        await socket.receive()
        await asyncio.sleep(SLOW_S)


def _connection(socket: aiohttp.ClientWebSocketResponse) -> asyncio.Transport:
    transport: asyncio.Transport = socket._writer.transport
    return transport


async def main(port: int, cookie: str, count: int, slow: int, dead: int) -> None:
    seen, seats = Seen(), asyncio.Semaphore(AT_ONCE)
    url = f"http://localhost:{port}/stream_monitor/live"
    headers = {"Origin": f"http://localhost:{port}", "Cookie": cookie}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def open_one() -> aiohttp.ClientWebSocketResponse:
            async with seats:
                return await session.ws_connect(url, headers=headers)

        sockets = await asyncio.gather(*(open_one() for _ in range(count)))
        for socket in sockets[:dead]:
            _connection(socket).pause_reading()
        tasks = [asyncio.create_task(doze(socket)) for socket in sockets[dead : dead + slow]]
        for socket in sockets[dead + slow :]:
            seen.at.append([])
            tasks.append(asyncio.create_task(look(socket, seen.at[-1], seen)))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began, used = time.monotonic(), time.process_time()
        await asyncio.to_thread(sys.stdin.readline)
        ended, used = time.monotonic(), time.process_time() - used
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for socket in sockets[:dead]:
            _connection(socket).abort()
    within = [[at for at in times if began <= at <= ended] for times in seen.at]
    gaps = [later - earlier for times in within for earlier, later in itertools.pairwise(times)]
    told = {
        "frames_per_s": sum(map(len, within)) / max(1, len(within)) / (ended - began),
        "longest_gap_s": max(gaps, default=ended - began),
        "fewest": min(map(len, within), default=0),
        "gone": seen.gone,
        # Browsers have machines of their own; here they take it from the server.
        "cores": used / (ended - began),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])))
