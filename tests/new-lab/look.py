"""The lab's environments and its export in Python."""

import footlights
import numpy as np
from footlights.data import Export, demonstrations

assert sorted(footlights.environments()) == ["lever-v0", "treasure-hunt-v0"]
env = footlights.make("treasure-hunt-v0", render_mode="rgb_array")
observations, _ = env.reset(seed=1)
print(f"{len(observations)} agents of {env.metadata['name']}")
assert env.render().ndim == 3

export = Export("data/lever")
assert len(export.participants) == 2 and len(export.steps) == 120
shown = demonstrations("data/lever", "game")
print(f"{len(shown)} demonstrations of lever-v0")
assert shown.observations.shape[0] == len(shown) and shown.actions.dtype == np.int64

# What is played again pays what the table of steps says.
steps = export.steps_of("game")
for replay in export.replays("game"):
    own = steps[steps["game_id"] == replay.game_id]
    frames = [frame for frame in replay if frame.tick > 0]
    assert [frame.actions[0] for frame in frames] == own["actions.player_0"].tolist()
    np.testing.assert_allclose([frame.rewards[0] for frame in frames], own["rewards.player_0"])
