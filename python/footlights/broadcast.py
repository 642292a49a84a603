"""Shows a training that runs here to everybody who opens ``/train`` of a deployment.

    from footlights.broadcast import Broadcast

    with Broadcast("https://lab.example.workers.dev", "hamlet-v0", run="anna", token=TOKEN) as live:
        for number in range(1, 101):
            ...
            live.episode(number, reward=total, length=steps)
            live.metrics(steps_so_far, {"train/loss": loss})
            live.frame(env.render(), episode=number, step=step)
        live.checkpoint("models/agent.onnx", "final", output="logits", steps=steps_so_far)

It needs ``pip install "footlights[broadcast]"``. What is told is sent by a thread, so that a training never waits for its
viewers. A connection that is lost comes back by itself; meanwhile episodes, metrics and checkpoints wait, and frames are left
out. Only the constructor raises: afterwards the log of ``footlights.broadcast`` says what went wrong, and the training goes on.
"""

from __future__ import annotations

import collections
import json
import logging
import math
import os
import re
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import Any, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

log = logging.getLogger("footlights.broadcast")

#: Frames that wait while the connection is slow; older ones are left out.
MOST_FRAMES = 3
#: Other messages that wait while the connection is lost, or until they are known to be kept; older ones are left out.
MOST_WAITING = 10_000
#: The largest model, in bytes.
MOST_MODEL = 10 << 20
#: Seconds before each attempt to connect again; the last one repeats.
WAITS = (0.5, 1, 2, 4, 8)
#: Seconds between two messages: a deployment reads a hundred in a second.
PAUSE = 0.012
#: How often the deployment hears that the trainer is there, in seconds.
PING = 20.0


class BroadcastError(RuntimeError):
    """The deployment cannot be reached, or does not take the broadcast. The message says why."""


class Broadcast:
    """A run that a deployment shows.

    Parameters
    ----------
    url
        The deployment's address, such as ``http://127.0.0.1:8787``.
    environment
        The id of one of its environments: then checkpoints can be watched and played there. Any other name is only shown.
    config
        The environment's configuration.
    run
        The name of the run, which its viewers open as ``/train?run=NAME``.
    token
        The deployment's admin token; ``FOOTLIGHTS_ADMIN_TOKEN`` of the environment without. A local ``dev`` needs none.
    episodes
        How many episodes the training has; 0 if nobody knows.
    """

    def __init__(
        self,
        url: str,
        environment: str,
        *,
        config: Mapping[str, Any] | None = None,
        run: str = "training",
        token: str | None = None,
        episodes: int = 0,
        patience: float = 10.0,
    ) -> None:
        parts = urlsplit(url)
        schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
        if parts.scheme not in schemes or not parts.netloc:
            raise BroadcastError(f"{url!r} is no address such as https://lab.example.workers.dev")
        self._run = run
        path = parts.path.rstrip("/") + "/ws/training/publish"
        self._url = urlunsplit((schemes[parts.scheme], parts.netloc, path, f"run={quote(run, safe='')}", ""))
        token = token or os.environ.get("FOOTLIGHTS_ADMIN_TOKEN")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._begin = {
            "type": "begin", "environment": environment, "config": dict(config or {}), "num_episodes": episodes,
        }
        # What is not known to be kept, with its numbers; the number of the last one that this connection was sent.
        self._told: collections.deque[tuple[int, str]] = collections.deque(maxlen=MOST_WAITING)
        self._numbers, self._sent = 0, 0
        # Models that are not known to be stored, and those that this connection was sent.
        self._models: dict[str, bytes] = {}
        self._sent_models: set[str] = set()
        self._frames: collections.deque[bytes] = collections.deque(maxlen=MOST_FRAMES)
        self._change = threading.Condition()
        self._closing, self._ended = False, False
        # Whether the deployment took the run at all, and on this connection.
        self._accepted, self._ready = False, False
        self._refused: str | None = None
        #: Whether somebody who has the token wants the training to wait, or to end.
        self.paused, self.stopped = False, False
        #: How many people watch, as far as one knows.
        self.viewers = 0
        self._thread = threading.Thread(target=self._work, name="footlights-broadcast", daemon=True)
        self._thread.start()
        with self._change:
            self._change.wait_for(lambda: self._accepted or self._refused is not None, patience)
        if not self._accepted:
            self._ended = True
            raise BroadcastError(self._refused or f"{self._url} does not answer")

    def __enter__(self) -> Broadcast:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def episode(
        self,
        number: int,
        *,
        reward: float,
        length: int,
        loss: float = 0.0,
        epsilon: float = 0.0,
        failure_reason: str | None = None,
    ) -> None:
        """Tells of an episode that is over; the first has number 1. ``epsilon`` is the share of actions that are not its best."""
        if not math.isfinite(reward):
            return log.warning("episode %s is left out: its reward is %s", number, reward)
        told = {"type": "episode", "episode": int(number), "reward": float(reward), "length": int(length)}
        self._say({**told, "loss": _finite(loss), "epsilon": _finite(epsilon), "failure_reason": failure_reason})

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Tells numbers by name, each of which becomes a chart over ``step``. What is no finite number is left out."""
        finite = {name: float(value) for name, value in values.items() if math.isfinite(value)}
        if finite:
            self._say({"type": "metrics", "step": int(step), "values": finite})

    def frame(
        self, picture: Any, *, episode: int = 0, step: int = 0, reward: float = 0.0, cumulative_reward: float = 0.0
    ) -> None:
        """Shows a picture: an array of shape (height, width, 3) of bytes, as ``render()`` returns it, or the bytes of a PNG,
        JPEG or WebP file. Ten in a second are enough; who is slow is sent fewer."""
        header = {"type": "frame", "episode": int(episode), "step": int(step)}
        moment = {"reward": _finite(reward), "cumulative_reward": _finite(cumulative_reward)}
        payload = bytes(picture) if isinstance(picture, (bytes, bytearray, memoryview)) else png(picture)
        with self._change:
            self._frames.append(_line({**header, **moment}) + payload)
            self._change.notify_all()

    def checkpoint(self, model: str | os.PathLike[str] | bytes, label: str, *, output: str = "logits", steps: int = 0) -> None:
        """Sends an ONNX model whose input is ``obs``. Its output is ``logits``, or ``q_values`` of which the highest is played.
        It is stored as ``models/{run}_{label}`` if it fits the environment, and can be watched at once."""
        payload = bytes(model) if isinstance(model, (bytes, bytearray)) else Path(model).read_bytes()
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,30}", label):
            raise ValueError(f"a label has 1 to 30 letters, digits, _ and -: {label!r}")
        if output not in ("logits", "q_values"):
            raise ValueError(f"the output of a model is logits or q_values, not {output!r}")
        if len(payload) > MOST_MODEL:
            raise ValueError(f"a model has at most {MOST_MODEL} bytes, and this one {len(payload)}")
        header = {"type": "checkpoint", "label": label, "output": output, "steps": int(steps)}
        with self._change:
            self._models[label] = _line(header) + payload
            self._sent_models.discard(label)
            self._change.notify_all()

    def close(self, patience: float = 30.0) -> None:
        """Sends what still waits, says the end, and waits until the checkpoints are stored."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join(patience)

    def _say(self, message: Mapping[str, Any]) -> None:
        with self._change:
            self._numbers += 1
            self._told.append((self._numbers, json.dumps({**message, "number": self._numbers})))
            self._change.notify_all()

    def _work(self) -> None:
        attempt = 0
        while not self._ended:
            try:
                with connect(
                    self._url, additional_headers=self._headers, max_size=1 << 20, open_timeout=10, close_timeout=5
                ) as socket:
                    try:
                        socket.send(json.dumps({**self._begin, "resume": self._accepted}))
                        self._converse(socket)
                    except ConnectionClosed:
                        # What the deployment said before it closed is the reason.
                        self._listen(socket, patience=1)
                        raise
            except ConnectionClosed as closed:
                # 1008: what was wrong is wrong at the next attempt, too.
                if closed.rcvd is not None and closed.rcvd.code == 1008:
                    return self._give_up(self._refused or closed.rcvd.reason)
                log.warning("the connection is lost; what happens meanwhile is told later")
            except (OSError, TimeoutError, WebSocketException) as error:
                if not self._accepted:
                    return self._give_up(f"{self._url} cannot be reached: {error}")
                log.warning("%s cannot be reached: %s", self._url, error)
            if not self._ended:
                attempt = 0 if self._ready else attempt + 1
                self._ready = False
                time.sleep(WAITS[min(attempt, len(WAITS) - 1)])

    def _converse(self, socket: Any) -> None:
        """Sends and listens until the end was said."""
        pinged = time.monotonic()
        while True:
            self._listen(socket)
            with self._change:
                message = self._next() or self._change.wait(0.05) and self._next()
            if message:
                socket.send(message)
                time.sleep(PAUSE)
            elif self._ended:
                return
            elif time.monotonic() - pinged > PING:
                pinged = time.monotonic()
                socket.send('{"type": "ping"}')

    def _next(self) -> str | bytes | None:
        """What is to be sent next. Nothing is told before the deployment took the run."""
        if not self._ready or self._ended:
            return None
        for number, message in self._told:
            if number > self._sent:
                self._sent = number
                return message
        for label, model in self._models.items():
            if label not in self._sent_models:
                self._sent_models.add(label)
                return model
        if self._closing and not self._models:
            self._ended = True
            return '{"type": "end"}'
        return self._frames.popleft() if self._frames else None

    def _listen(self, socket: Any, patience: float = 0) -> None:
        while True:
            try:
                said = json.loads(socket.recv(timeout=patience))
            except TimeoutError:
                return
            with self._change:
                self._heard(said)
                self._change.notify_all()

    def _heard(self, said: Mapping[str, Any]) -> None:
        match said.get("type"):
            case "accepted":
                # What was sent on a connection that is lost may not have come, or may be lost with the process.
                self._accepted = self._ready = True
                self.viewers, self._sent = said["viewers"], said["heard"]
                self._sent_models.clear()
            case "kept":
                while self._told and self._told[0][0] <= said["number"]:
                    self._told.popleft()
            case "pong":
                self.viewers = said["viewers"]
            case "pause" | "resume":
                self.paused = said["type"] == "pause"
            case "stop":
                self.stopped, self.paused = True, False
            case "stored":
                log.info("%s is stored", said["model"])
                self._models.pop(self._label(said["model"]), None)
            case "not_stored":
                log.error("%s", said["message"])
                self._models.pop(self._label(said["model"]), None)
            case "error":
                log.error("%s", said["message"])
                if not self._accepted:
                    self._refused = said["message"]

    def _label(self, model: str) -> str:
        return model.removeprefix(f"{self._run}_")

    def _give_up(self, why: str) -> None:
        log.error("%s", why)
        with self._change:
            self._refused = why
            self._change.notify_all()


def _finite(number: float) -> float:
    number = float(number)
    return number if math.isfinite(number) else 0.0


def _line(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header).encode() + b"\n"


def png(picture: Any) -> bytes:
    """An array of shape (height, width, 3) of bytes as a PNG file (https://www.w3.org/TR/png-3/)."""
    import numpy as np

    pixels = np.ascontiguousarray(picture)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"a picture is an array of bytes of shape (height, width, 3), not {pixels.dtype} of {pixels.shape}")
    height, width, _ = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # Each row begins with the number of its filter: none.
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
