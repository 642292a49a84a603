"""Overcooked games in the form of overcooked_ai (https://github.com/HumanCompatibleAI/overcooked_ai)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING:
    from footlights._replay import Replay

#: overcooked_ai's actions, in the order of our numbers: x to the right, y down.
ACTIONS = [(0, -1), (0, 1), (1, 0), (-1, 0), (0, 0), "interact"]
#: Layouts that have another name there.
_NAMES = {"counter_circuit_1order": "counter_circuit_o_1order"}


def trajectories(replays: Iterable[Replay]) -> dict[str, list]:
    """Episodes of ``overcooked-v0`` as overcooked_ai's ``AgentEvaluator`` reads them from JSON.

    Each episode has its states before the actions, the joint actions, the common rewards and the ends. Games of the
    dynamics of 2019 (``auto_cook``), and layouts that overcooked_ai does not know by name, have all of that too, but
    overcooked_ai cannot play them again. Raises ``ValueError`` for a game of another environment.
    """
    found: dict[str, list] = {
        key: []
        for key in (
            "ep_states",
            "ep_actions",
            "ep_rewards",
            "ep_dones",
            "ep_returns",
            "ep_lengths",
            "mdp_params",
            "env_params",
        )
    }
    for replay in replays:
        if replay.environment != "overcooked-v0":
            raise ValueError(f"the game {replay.game_id} is of {replay.environment}, not of overcooked-v0")
        frames: list[Any] = []
        for frame in replay:
            if frame.tick == 0 and frames:
                _add(found, replay.config, frames)
                frames = []
            frames.append(frame)
        if len(frames) > 1:
            _add(found, replay.config, frames)
    return found


def save_trajectories(replays: Iterable[Replay], path: str | Path) -> None:
    """Writes them as a file for ``AgentEvaluator.load_traj_from_json``."""
    Path(path).write_text(json.dumps(trajectories(replays)), encoding="utf-8")


def _add(found: dict[str, list], config: dict[str, Any], frames: list[Any]) -> None:
    steps = frames[1:]
    rewards = [frame.rewards[0] for frame in steps]
    found["ep_states"].append([frame.state for frame in frames[:-1]])
    found["ep_actions"].append([[ACTIONS[action] for action in frame.actions] for frame in steps])
    found["ep_rewards"].append(rewards)
    found["ep_dones"].append([all(t or c for t, c in zip(frame.terminated, frame.truncated)) for frame in steps])
    found["ep_returns"].append(sum(rewards))
    found["ep_lengths"].append(len(steps))
    found["mdp_params"].append(_mdp(config))
    # overcooked_ai writes True for every environment of one kitchen.
    found["env_params"].append({"horizon": config["horizon"], "_variable_mdp": True})


def _mdp(config: dict[str, Any]) -> dict[str, Any]:
    layout = config["layout"]
    mdp: dict[str, Any] = {
        "layout_name": _NAMES.get(layout, layout) if isinstance(layout, str) else "|".join(layout["grid"]),
        "start_all_orders": config["all_orders"],
        "start_bonus_orders": config["bonus_orders"],
        "order_bonus": config["order_bonus"],
    }
    if config["onion_time"] is None:
        mdp["cook_time"] = config["cook_time"]
    else:
        mdp |= {"onion_time": config["onion_time"], "tomato_time": config["tomato_time"]}
    if config["onion_value"] is None:
        mdp["delivery_reward"] = config["delivery_reward"]
    else:
        mdp |= {"onion_value": config["onion_value"], "tomato_value": config["tomato_value"]}
    return mdp
