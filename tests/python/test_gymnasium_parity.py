"""The control tasks beside Gymnasium's: each step from the same state."""

import footlights
import gymnasium
import msgpack
import numpy as np
import pytest

# Ours is compiled from Rust's libm, theirs calls NumPy's: their last bits differ.
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize(
    "ours, theirs",
    [("cart-pole-v1", "CartPole-v1"), ("acrobot-v1", "Acrobot-v1"), ("mountain-car-v0", "MountainCar-v0"), ("pendulum-v1", "Pendulum-v1")],
)
def test_every_step_is_gymnasiums(ours, theirs, episodes):
    env, reference = footlights.make(ours), gymnasium.make(theirs).unwrapped
    limit = gymnasium.spec(theirs).max_episode_steps
    assert env.max_steps == limit
    assert env.action_space == reference.action_space or np.array_equal(env.action_space.low, reference.action_space.low)
    np.testing.assert_array_equal(env.observation_space.low, reference.observation_space.low)
    np.testing.assert_array_equal(env.observation_space.high, reference.observation_space.high)
    env.action_space.seed(1)
    steps = 0
    for episode in range(episodes):
        seen, _ = env.reset(seed=episode)
        reference.reset(seed=episode)
        terminated = truncated = False
        tick = 0
        while not (terminated or truncated):
            state = to_reference(ours, env)
            reference.state = state
            reference.steps_beyond_terminated = None
            action = env.action_space.sample()
            # Chance alone never holds the pole up for long.
            if ours == "cart-pole-v1":
                action = int(seen[2] + 0.5 * seen[3] > 0) if episode % 2 else action
            expected, reward, ends, _, _ = reference.step(action)
            seen, gained, terminated, truncated, _ = env.step(action)
            tick += 1
            steps += 1
            np.testing.assert_allclose(to_reference(ours, env), np.asarray(reference.state), **CLOSE)
            np.testing.assert_allclose(seen, expected, rtol=3e-7, atol=1e-7)
            assert gained == pytest.approx(reward, rel=3e-7, abs=1e-7)
            assert (terminated, truncated) == (ends, not ends and tick == limit)
    print(f"{ours}: {episodes} episodes, {steps} steps")


def to_reference(ours, env):
    """The state in double precision, as Gymnasium holds it."""
    _, state = msgpack.unpackb(env.game.save())
    if ours == "acrobot-v1":
        angles, speeds = state
        return np.array([*angles, *speeds])
    return np.array(state[: 4 if ours == "cart-pole-v1" else 2])
