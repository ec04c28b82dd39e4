"""Web processes: they take uploads from the devices and answer, by the project's own reading, routing and commit."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest

from ingest import upload as uploads
from ingest.accept import ALWAYS_STREAM, ROUTED, CanNotAccept, commit_of
from ingest.response import UploadResponse
from ljwx import background
from streaming.groupcommit import GroupCommit
from streaming.mirror import LoopMirror
from tests.simulation.asynchronous import Loop, Pool, outside
from tests.simulation.sent import Upload
from tests.simulation.world import Process

IMPATIENT = 0.15
Taken = tuple[Upload, int, UploadResponse]


class Devices:
    """The uploads that wait to be sent, and what the devices were answered."""

    def __init__(self, system: Any) -> None:
        self.system = system
        self.waiting: list[Upload] = []

    def take(self, most: int) -> list[Upload]:
        """Some uploads, in any order. Now and then a device gives up waiting and sends again at once."""
        world = self.system.world
        taken: list[Upload] = []
        while self.waiting and len(taken) < most:
            upload = self.waiting.pop(world.random.randrange(len(self.waiting)))
            upload.under_way = True
            taken.append(upload)
            if world.faulty and world.chance(IMPATIENT):
                world.counts["sent again at once"] += 1
                self.waiting.append(replace(upload, under_way=False, again=0))
        return taken

    def begin(self, upload: Upload, *, deferred: bool = False) -> Taken:
        """A request arrives: read it, choose its path, make the response that carries its commit."""
        world = self.system.world
        now = int(world.now)
        world.note(f"upload {upload.number} {upload.kind}{' mixed' if upload.mixed else ''} {upload.body.decode()}")
        self.system.ledger.send(upload, now)
        taken = uploads.read(
            upload.body,
            kind=upload.kind,
            depth=settings.UPLOAD_MAX_DEPTH,
            most=settings.UPLOAD_MAX_RECORDS,
            mixed=upload.mixed,
        )
        request = HttpRequest()
        request.defers_commit = deferred  # type: ignore[attr-defined]
        commit = commit_of(taken, lane=ALWAYS_STREAM if upload.always_stream else ROUTED)
        return upload, now, UploadResponse(commit, request)

    def end(self, process: Process, taken: Taken) -> None:
        """The answer leaves; from here on what it says must be true."""
        upload, now, response = taken
        world = self.system.world
        if process.dead:
            return
        upload.under_way = False
        answer = json.loads(response.content)
        world.note(f"upload {upload.number} is answered {response.status_code} {answer['message']}")
        if response.status_code != 200:
            world.counts["not accepted"] += 1
            self.waiting.append(upload)
            return
        world.counts["accepted"] += 1
        commit = response.commit
        world.counts["fallbacks"] += commit.fell_back
        world.counts["streamed"] += bool(commit.stream_ids)
        world.counts["split uploads"] += len(commit.stream_ids) > len(commit.appends) > 0
        rejected = [each["index"] for each in answer["rejected"]]
        self.system.ledger.answer(upload, now, accepted=answer["accepted"], rejected=rejected)
        if upload.again:
            upload.again -= 1
            self.waiting.append(upload)


def threaded(process: Process, devices: Devices) -> None:
    """A web process whose responses commit themselves, one request after the other."""
    while True:
        for upload in devices.take(1):
            _carry([upload], devices, partial(_one, process, devices, upload))
        process.world.rest()


def _one(process: Process, devices: Devices, upload: Upload) -> None:
    close_old_connections()
    taken = devices.begin(upload)
    taken[2].render()
    devices.end(process, taken)


def looped(process: Process, devices: Devices) -> None:
    """A web process with an event loop and a group commit: several requests at once."""
    loop = Loop(process.world)
    group = GroupCommit(lambda: Pool(devices.system.network))  # type: ignore[arg-type, return-value]
    try:
        while True:
            found = devices.take(process.world.random.randint(1, 3))
            if found:
                process.world.counts["group commits"] += 1
                _carry(found, devices, partial(_many, process, devices, found, loop, group))
            process.world.rest()
    finally:
        loop.close()


def _many(process: Process, devices: Devices, found: list[Upload], loop: Loop, group: GroupCommit) -> None:
    taken = [devices.begin(upload, deferred=True) for upload in found]
    mirror = LoopMirror(group)

    async def serve(one: Taken) -> None:
        response = one[2]
        try:
            await response.commit.run_async(group, Writers())
        except CanNotAccept as error:
            response.settle(error)
        else:
            response.settle(None)
        devices.end(process, one)
        # What the process remembers is read as it is: on a loop nobody looks at Redis for it.
        with background.holding():
            response.commit.mirror(mirror)

    async def serve_all() -> None:
        await asyncio.gather(*(serve(one) for one in taken))
        await mirror.aclose()

    loop.run_until_complete(serve_all())


class Writers:
    """Runs writes as the pool of threads does: not on the loop."""

    async def run(self, write: Callable[[], None], *, within: float) -> None:
        with outside():
            close_old_connections()
            write()


def _carry(found: list[Upload], devices: Devices, work: Callable[[], None]) -> None:
    """Do `work`; what is not answered after it, for its process has died, the devices send again."""
    try:
        work()
    finally:
        devices.waiting += [upload for upload in found if upload.under_way]
