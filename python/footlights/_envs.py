"""Games as environments of Gymnasium and PettingZoo."""

from __future__ import annotations

import json
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from footlights import _native

RENDER_MODES = ["rgb_array", "human"]
_FLOAT32_MAX = float(np.finfo(np.float32).max)


def environments() -> list[str]:
    """The ids of all environments of this build."""
    return _native.environments()


def make(id: str, *, render_mode: str | None = None, width: int = 480, **config: Any) -> SoloEnv | ParallelEnv:
    """Makes a game: a Gymnasium ``Env`` where one agent acts, a PettingZoo ``ParallelEnv`` where more do.

    ``config`` are the options of the environment, as an experiment has them. ``width`` is that of pictures, in pixels.
    Raises ``ValueError`` with the reason for an unknown id or a wrong option.
    """
    game = _native.Game(id, json.dumps(config))
    if len(json.loads(game.declaration())["agents"]) == 1:
        return SoloEnv(game, config=config, render_mode=render_mode, width=width)
    return ParallelEnv(game, render_mode=render_mode, width=width)


def make_vec(
    id: str,
    num_envs: int = 1,
    *,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    copy: bool = True,
    **config: Any,
) -> BatchEnv:
    """Makes many games that are stepped together: a Gymnasium ``VectorEnv``.

    Where more than one agent acts, every agent of every game is an environment of the vector: ``num_envs`` games of two
    agents have ``2 * num_envs`` places, game by game. Without ``copy`` the arrays that ``reset`` and ``step`` return are
    written over by the next step.
    """
    return BatchEnv(id, num_envs, autoreset_mode=autoreset_mode, copy=copy, config=config)


def _action_space(space: dict[str, Any]) -> Discrete | Box:
    if "n" in space:
        return Discrete(space["n"])
    return _box(space)


def _box(space: dict[str, Any]) -> Box:
    # JSON has no infinity: the largest numbers stand for it.
    low, high = (np.asarray(space[key], dtype=np.float32) for key in ("low", "high"))
    low = np.where(low <= -_FLOAT32_MAX, -np.inf, low).astype(np.float32)
    high = np.where(high >= _FLOAT32_MAX, np.inf, high).astype(np.float32)
    return Box(low, high, dtype=np.float32)


def _check_render_mode(render_mode: str | None) -> None:
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ValueError(f"render_mode is {render_mode!r}; there are {', '.join(RENDER_MODES)}")


class _Episodes:
    """Which seed and episode a game has: ``reset(seed)`` begins with episode 0, each further ``reset()`` with the next."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.episode = 0

    def next(self, seed: int | None, draw: Any) -> tuple[int, int]:
        if seed is not None:
            self.seed, self.episode = int(seed), 0
        elif self.seed is None:
            self.seed, self.episode = draw(), 0
        else:
            self.episode += 1
        return self.seed, self.episode


class _Window:
    """A window of ``render_mode="human"``; needs pygame."""

    def __init__(self, title: str, fps: float) -> None:
        try:
            import pygame
        except ImportError as error:
            raise gymnasium.error.DependencyNotInstalled(
                "render_mode='human' needs pygame: pip install pygame-ce"
            ) from error
        self.pygame = pygame
        self.screen = None
        self.clock = pygame.time.Clock()
        self.title, self.fps = title, fps

    def show(self, picture: np.ndarray) -> None:
        if self.screen is None:
            self.pygame.display.init()
            self.screen = self.pygame.display.set_mode((picture.shape[1], picture.shape[0]))
            self.pygame.display.set_caption(self.title)
        self.pygame.event.pump()
        self.pygame.surfarray.blit_array(self.screen, picture.swapaxes(0, 1))
        self.pygame.display.flip()
        self.clock.tick(self.fps)

    def close(self) -> None:
        if self.screen is not None:
            self.pygame.display.quit()
            self.screen = None


class _Picture:
    """What ``render`` does."""

    def __init__(self, game: Any, render_mode: str | None, width: int, title: str, fps: float) -> None:
        _check_render_mode(render_mode)
        self.game, self.mode, self.width = game, render_mode, width
        self.window = _Window(title, fps) if render_mode == "human" else None

    def render(self, agent: int | None) -> np.ndarray | None:
        if self.mode is None:
            gymnasium.logger.warn("render() does nothing without a render_mode, such as make(..., render_mode='rgb_array')")
            return None
        picture = self.game.render(agent, self.width)
        if self.window is None:
            return picture
        self.window.show(picture)
        return None

    def close(self) -> None:
        if self.window is not None:
            self.window.close()


class SoloEnv(gymnasium.Env):
    """A game with one agent."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 30}

    def __init__(self, game: Any, *, config: dict[str, Any], render_mode: str | None, width: int) -> None:
        declared = json.loads(game.declaration())
        (agent,) = declared["agents"]
        self.game = game
        #: What the environment declares, and its whole configuration.
        self.declared = declared
        self.action_space = _action_space(agent["action"])
        self.observation_space = _action_space(agent["observation"])
        self.render_mode = render_mode
        self.labels = {"actions": agent["actions"], "observations": agent["observations"], "infos": declared["infos"]}
        self.max_steps = declared["max_steps"]
        self._episodes = _Episodes()
        self._picture = _Picture(game, render_mode, width, declared["id"], self.metadata["render_fps"])
        self.spec = EnvSpec(
            id=f"footlights/{declared['id']}",
            entry_point="footlights:make",
            kwargs={"id": declared["id"], "width": width, **config},
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.game.reset(*self._episodes.next(seed, lambda: int(self.np_random.integers(2**63))))
        self._show()
        return self.game.observe(0), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, float]]:
        rewards, terminated, truncated, infos = self.game.step([action])
        self._show()
        reported = {key: value for _, key, value in infos}
        return self.game.observe(0), rewards[0], terminated[0], truncated[0], reported

    def _show(self) -> None:
        if self.render_mode == "human":
            self._picture.render(0)

    def render(self) -> np.ndarray | None:
        return self._picture.render(0)

    def close(self) -> None:
        self._picture.close()

    def state(self) -> Any:
        """The whole state, as ``rollout`` prints it."""
        return json.loads(self.game.state())

    def digest(self) -> str:
        """The digest of the state: the same here, on the edge and in every browser."""
        return self.game.digest()


class ParallelEnv(pettingzoo.ParallelEnv):
    """A game in which several agents act at the same time."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 30, "name": "footlights", "is_parallelizable": True}

    def __init__(self, game: Any, *, render_mode: str | None, width: int) -> None:
        declared = json.loads(game.declaration())
        self.game = game
        #: What the environment declares, and its whole configuration.
        self.declared = declared
        self.metadata = {**self.metadata, "name": declared["id"]}
        self.possible_agents = [agent["id"] for agent in declared["agents"]]
        self.agents: list[str] = []
        self.action_spaces = {agent["id"]: _action_space(agent["action"]) for agent in declared["agents"]}
        self.observation_spaces = {agent["id"]: _action_space(agent["observation"]) for agent in declared["agents"]}
        self.labels = {
            "actions": {agent["id"]: agent["actions"] for agent in declared["agents"]},
            "observations": {agent["id"]: agent["observations"] for agent in declared["agents"]},
            "infos": declared["infos"],
        }
        self.max_steps = declared["max_steps"]
        self.render_mode = render_mode
        self._number = {agent: number for number, agent in enumerate(self.possible_agents)}
        self._idle = [_idle(self.action_spaces[agent]) for agent in self.possible_agents]
        self._episodes = _Episodes()
        self._picture = _Picture(game, render_mode, width, declared["id"], self.metadata["render_fps"])

    def observation_space(self, agent: str) -> Discrete | Box:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete | Box:
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        self.game.reset(*self._episodes.next(seed, lambda: int(seeding.np_random()[0].integers(2**63))))
        self.agents = list(self.possible_agents)
        self._show()
        return self._observe(self.agents), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        if not self.agents:
            return {}, {}, {}, {}, {}
        # Who has come to its end acts no more.
        given = [actions[agent] if agent in self.agents else idle for agent, idle in zip(self.possible_agents, self._idle)]
        rewards, terminated, truncated, infos = self.game.step(given)
        acting = self.agents
        of = {agent: self._number[agent] for agent in acting}
        reported: dict[str, dict[str, float]] = {agent: {} for agent in acting}
        for number, key, value in infos:
            agent = self.possible_agents[number]
            if agent in reported:
                reported[agent][key] = value
        self.agents = [agent for agent in acting if not (terminated[of[agent]] or truncated[of[agent]])]
        self._show()
        return (
            self._observe(acting),
            {agent: rewards[number] for agent, number in of.items()},
            {agent: terminated[number] for agent, number in of.items()},
            {agent: truncated[number] for agent, number in of.items()},
            reported,
        )

    def _observe(self, agents: list[str]) -> dict[str, np.ndarray]:
        return {agent: self.game.observe(self._number[agent]) for agent in agents}

    def _show(self) -> None:
        if self.render_mode == "human":
            self._picture.render(None)

    def render(self, agent: str | None = None) -> np.ndarray | None:
        """The picture for who looks on, or for an agent."""
        return self._picture.render(None if agent is None else self._number[agent])

    def close(self) -> None:
        self._picture.close()

    def state(self) -> Any:
        """The whole state, as ``rollout`` prints it."""
        return json.loads(self.game.state())

    def digest(self) -> str:
        """The digest of the state: the same here, on the edge and in every browser."""
        return self.game.digest()


def _idle(space: Discrete | Box) -> Any:
    return 0 if isinstance(space, Discrete) else np.clip(np.zeros(space.shape, np.float32), space.low, space.high)


class BatchEnv(gymnasium.vector.VectorEnv):
    """Many games that are stepped together."""

    def __init__(
        self,
        id: str,
        num_envs: int,
        *,
        autoreset_mode: AutoresetMode | str,
        copy: bool,
        config: dict[str, Any],
    ) -> None:
        self.batch = _native.Batch(id, json.dumps(config), num_envs)
        declared = json.loads(self.batch.declaration())
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        if self.autoreset_mode == AutoresetMode.DISABLED:
            raise ValueError("autoreset_mode is NextStep or SameStep")
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        #: What the environment declares, and its whole configuration.
        self.declared = declared
        self.games, self.agents_per_game = num_envs, len(declared["agents"])
        self.num_envs = num_envs * self.agents_per_game
        agent = declared["agents"][0]
        self.single_action_space = _action_space(agent["action"])
        self.single_observation_space = _action_space(agent["observation"])
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.copy = copy
        self._same_step = self.autoreset_mode == AutoresetMode.SAME_STEP
        self._dtype = np.int64 if isinstance(self.single_action_space, Discrete) else np.float32
        self._observations, self._rewards, self._terminated, self._truncated = self.batch.arrays()
        self._is_seeded = False

    def reset(
        self, *, seed: int | list[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins an episode in every game. A seed gives game ``k`` the seed ``seed + k``; a list gives one to each."""
        if isinstance(seed, (int, np.integer)):
            super().reset(seed=int(seed))
            seeds = [int(seed) + game for game in range(self.games)]
        elif seed is not None:
            seeds = [int(one) for one in seed]
        elif self._is_seeded:
            seeds = []
        else:
            super().reset(seed=None)
            seeds = [int(one) for one in self.np_random.integers(2**63, size=self.games)]
        self.batch.reset(seeds)
        self._is_seeded = True
        return self._out(self._observations), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        self.batch.step(np.ascontiguousarray(actions, dtype=self._dtype), self._same_step)
        return (
            self._out(self._observations),
            self._out(self._rewards),
            self._out(self._terminated),
            self._out(self._truncated),
            self._infos(),
        )

    def _out(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self.copy else array

    def _infos(self) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for place, key, value in self.batch.infos():
            if key not in infos:
                infos[key] = np.zeros(self.num_envs, dtype=np.float64)
                infos[f"_{key}"] = np.zeros(self.num_envs, dtype=bool)
            infos[key][place] = value
            infos[f"_{key}"][place] = True
        if self._same_step:
            last = self.batch.last()
            if last:
                observations = np.full(self.num_envs, None, dtype=object)
                for place, observation in last:
                    observations[place] = np.asarray(observation, dtype=np.float32)
                infos["final_obs"] = observations
                infos["_final_obs"] = np.asarray([one is not None for one in observations])
        return infos

    def digests(self) -> list[str]:
        """The digests of all games' states."""
        return self.batch.digests()
