"""Exports as data frames, and games of people as demonstrations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Iterator

import numpy as np

from footlights._replay import Replay

if TYPE_CHECKING:
    import pandas as pd

#: Columns whose values a program could take for numbers.
_IDS = ["subject_id", "game_id"]


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    # Only an empty field is missing: "NA" and "None" are what somebody answered.
    read = partial(pd.read_csv, path, keep_default_na=False, na_values=[""])
    ids = [name for name in read(nrows=0) if name in _IDS or name.endswith(".game_id")]
    return read(dtype={name: str for name in ids})


class Export:
    """The export of one experiment: the folder that ``export --to DIR`` made for it. The tables need pandas.

    Raises ``ValueError`` if the folder is no export of one experiment.
    """

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        self.folder = folder if (folder / "dataset").is_dir() else folder.parent
        if not (self.folder / "dataset/dataset_description.json").is_file():
            inside = sorted(path.parent.name for path in folder.glob("*/dataset"))
            hint = f"; it has exports of {', '.join(inside)}" if inside else ""
            raise ValueError(f"{folder} is no export of an experiment{hint}")
        self._data = self.folder / "dataset/data"
        self._steps: dict[str, pd.DataFrame] = {}

    def _read(self, paths: list[Path]) -> pd.DataFrame:
        import pandas as pd

        tables = [_table(path) for path in paths]
        tables = [table for table in tables if len(table)]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    @cached_property
    def participants(self) -> pd.DataFrame:
        """One row a participant."""
        return self._read(sorted(self._data.glob("*_description-participants_data.csv")))

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row an event."""
        return self._read(sorted(self._data.glob("*_description-events_data.csv")))

    @cached_property
    def answers(self) -> pd.DataFrame:
        """One row an answer, of all participants and pages."""
        return self._read(sorted((self._data / "answers").glob("*.csv")))

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row a participant and tick, of all games. Large; see ``steps_of`` for one scene."""
        return self._read(sorted((self._data / "steps").glob("*.csv")))

    def steps_of(self, scene: str) -> pd.DataFrame:
        """The same of one scene."""
        if scene not in self._steps:
            paths = sorted((self._data / "steps").glob("*.csv"))
            self._steps[scene] = self._read([path for path in paths if _scene_of(path) == scene])
        return self._steps[scene]

    def replays(self, scene: str | None = None) -> Iterator[Replay]:
        """The stored games, of one scene or of all."""
        for path in sorted((self.folder / "dataset/records/replays").glob("*.msgpack")):
            replay = Replay(path)
            if scene is None or replay.scene == scene:
                yield replay


def _scene_of(path: Path) -> str | None:
    with path.open(encoding="utf-8") as file:
        header, row = file.readline().rstrip("\n").split(","), file.readline().split(",")
    at = header.index("scene_id") if "scene_id" in header else len(row)
    return row[at] if at < len(row) else None


@dataclass
class Demonstrations:
    """What people saw and did, one row a tick and person."""

    #: What was observed before the action, (rows, numbers).
    observations: np.ndarray
    #: What was done: (rows,) whole numbers, or (rows, numbers).
    actions: np.ndarray
    #: The reward of the step.
    rewards: np.ndarray
    #: The game of each row.
    games: np.ndarray
    #: The agent of each row, such as ``player_0``.
    agents: np.ndarray
    #: The episode and the step of each row.
    episodes: np.ndarray
    steps: np.ndarray

    def __len__(self) -> int:
        return len(self.actions)


def demonstrations(folder: str | Path, scene: str | None = None) -> Demonstrations:
    """(Observation, action) pairs of the people in an export's games: what behavioural cloning learns from.

    Ticks in which a policy played in the seat of a person who had left are not among them. The observations are those of
    the replays, so it does not matter whether the experiment recorded them. Raises ``ValueError`` if no person played.
    """
    rows: dict[str, list] = {name: [] for name in Demonstrations.__dataclass_fields__}
    export = Export(folder)
    for replay in export.replays(scene):
        played = _played_by_people(export, replay)
        before: list[np.ndarray] = []
        for frame in replay:
            if frame.tick > 0:
                for number, agent in enumerate(replay.agents):
                    if (agent, frame.episode, frame.tick) in played:
                        rows["observations"].append(before[number])
                        rows["actions"].append(frame.actions[number])
                        rows["rewards"].append(frame.rewards[number])
                        rows["games"].append(replay.game_id)
                        rows["agents"].append(agent)
                        rows["episodes"].append(frame.episode)
                        rows["steps"].append(frame.tick)
            before = frame.observations
    if not rows["actions"]:
        raise ValueError(f"no person played in {folder}" + (f", scene {scene}" if scene else ""))
    widths = {len(observation) for observation in rows["observations"]}
    if len(widths) > 1:
        raise ValueError("the games have observations of different lengths: name one scene")
    return Demonstrations(**{name: np.asarray(values) for name, values in rows.items()})


def _played_by_people(export: Export, replay: Replay) -> set[tuple[str, int, int]]:
    """(Agent, episode, step) of all ticks that a person played."""
    steps = export.steps_of(replay.scene)
    of_game = steps[steps["game_id"] == replay.game_id].drop_duplicates(["episode", "step"])
    played = set()
    for agent in replay.agents:
        by_people = of_game[of_game[f"seats.{agent}"] == "human"]
        played.update((agent, int(episode), int(step)) for episode, step in zip(by_people["episode"], by_people["step"]))
    return played
