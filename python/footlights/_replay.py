"""Stored games, played again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import numpy as np

from footlights import _native


@dataclass
class Frame:
    """One step of a replay. Lists have an entry for each agent."""

    episode: int
    #: Steps since the reset; the frame at 0 is the start, without actions and rewards.
    tick: int
    #: What the agents observe after the step.
    observations: list[np.ndarray]
    #: What they did: a whole number each, or an array.
    actions: list[Any]
    rewards: list[float]
    terminated: list[bool]
    truncated: list[bool]
    infos: list[dict[str, float]]
    #: The whole state after the step, as ``rollout`` prints it.
    state: Any
    #: The digest of that state.
    digest: str


class Replay:
    """A file of an export's ``replays`` folder. Iterating over it plays the game again, frame by frame.

    Every state's digest is compared with the recorded one. Raises ``ValueError`` for a file that is no replay, one of a
    build that simulates otherwise, and a step whose state differs.
    """

    def __init__(self, path: str | Path) -> None:
        self._replay = _native.Replay(Path(path).read_bytes())
        self.game_id, self.experiment, self.scene, self.seed, self.fps = self._replay.about()
        declared = json.loads(self._replay.declaration())
        self.environment: str = declared["id"]
        self.config: Any = declared["config"]
        self.agents: list[str] = [agent["id"] for agent in declared["agents"]]
        self._is_discrete = ["n" in agent["action"] for agent in declared["agents"]]
        #: How many steps each episode has.
        self.lengths: list[int] = self._replay.lengths()

    def __len__(self) -> int:
        return sum(length + 1 for length in self.lengths)

    def __iter__(self) -> Iterator[Frame]:
        for episode, length in enumerate(self.lengths):
            self._replay.start(episode)
            agents = range(len(self.agents))
            yield self._frame(episode, 0, [], ([], [], [], []))
            for tick in range(1, length + 1):
                stepped = self._replay.step(episode, tick)
                numbers = self._replay.actions(episode, tick)
                actions = [
                    int(numbers[k][0]) if self._is_discrete[k] else np.asarray(numbers[k], np.float32) for k in agents
                ]
                yield self._frame(episode, tick, actions, stepped)

    def _frame(self, episode: int, tick: int, actions: list[Any], stepped: tuple) -> Frame:
        rewards, terminated, truncated, reported = stepped
        infos: list[dict[str, float]] = [{} for _ in self.agents]
        for agent, key, value in reported:
            infos[agent][key] = value
        return Frame(
            episode=episode,
            tick=tick,
            observations=[self._replay.observe(agent) for agent in range(len(self.agents))],
            actions=actions,
            rewards=list(rewards),
            terminated=list(terminated),
            truncated=list(truncated),
            infos=infos,
            state=json.loads(self._replay.state()),
            digest=self._replay.digest(),
        )

    def render(self, agent: str | None = None, width: int = 480) -> np.ndarray:
        """The picture of the frame that was played last, for who looks on or for an agent."""
        return self._replay.render(None if agent is None else self.agents.index(agent), width)
