"""Policies that are written in Rust."""

from __future__ import annotations

import json
from typing import Any, Iterable

import numpy as np

from footlights import _native


class Scripted:
    """A scripted policy of an environment, for many places at once, each with a memory of its own.

    ``Scripted("overcooked-v0", "greedy", places=128, layout="coordination_ring")`` plays the places of
    ``make_vec("overcooked-v0", 64, layout="coordination_ring")``. Raises ``ValueError`` with the reason for an unknown id or name,
    or a wrong option.
    """

    def __init__(self, id: str, name: str, *, places: int = 1, seed: int = 0, **config: Any) -> None:
        self._native = _native.Scripted(id, name, json.dumps(config), places, seed)

    def act(self, observations: np.ndarray) -> np.ndarray:
        """The next action in each place, for observations of shape (places, numbers)."""
        return np.asarray(self._native.act(np.ascontiguousarray(observations, dtype=np.float32)), dtype=np.int64)

    def reset(self, places: Iterable[int] | None = None) -> None:
        """Forgets everything in the places whose episodes begin; in all without them."""
        self._native.reset(None if places is None else [int(place) for place in places])
