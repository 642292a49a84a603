"""Environments of Footlights in Python: the same compiled code that people play in the browser.

``make(id, **config)`` is a Gymnasium ``Env`` where one agent acts and a PettingZoo ``ParallelEnv`` where more do.
``make_vec(id, num_envs, **config)`` is a Gymnasium ``VectorEnv`` of many games. ``Replay(path)`` plays a stored game again,
and ``footlights.data`` reads an export.
"""

from footlights._envs import BatchEnv, ParallelEnv, SoloEnv, environments, make, make_vec
from footlights._replay import Frame, Replay
from footlights._scripted import Scripted

__all__ = ["BatchEnv", "Frame", "ParallelEnv", "Replay", "Scripted", "SoloEnv", "environments", "make", "make_vec"]
