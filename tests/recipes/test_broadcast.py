"""The callback for Stable-Baselines3 tells how a training goes, and what it exports is the policy."""

import types

import numpy as np
import onnxruntime
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO

import footlights
from footlights.stable_baselines3 import BroadcastCallback, export


class Recorder:
    """Takes what a broadcast would send."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.paused, self.stopped = False, False
        self.episodes, self.numbers, self.frames, self.models = [], [], [], []

    def episode(self, number, **told):
        self.episodes.append((number, told))
        self.stopped = number == self.stop_after

    def metrics(self, step, values):
        self.numbers.append((step, values))

    def frame(self, picture, **moment):
        self.frames.append((picture, moment))

    def checkpoint(self, model, label, **about):
        self.models.append((label, model, about))


def hamlet():
    return footlights.make("hamlet-v0", render_mode="rgb_array")


def test_everything_is_told():
    live = Recorder()
    model = PPO("MlpPolicy", hamlet(), n_steps=256, seed=1, policy_kwargs={"net_arch": [16]})
    model.learn(1_000, callback=BroadcastCallback(live, checkpoint_every=400))
    numbers = [number for number, _ in live.episodes]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 5
    assert all(told["length"] > 10 for _, told in live.episodes)
    assert any("train/loss" in values for _, values in live.numbers)
    picture, moment = live.frames[0]
    assert picture.dtype == np.uint8 and picture.shape[2] == 3 and moment["episode"] == 1
    labels = [label for label, _, _ in live.models]
    assert labels[0] == "step400" and labels[-1] == "final"


def test_a_stop_ends_the_training():
    live = Recorder(stop_after=2)
    model = PPO("MlpPolicy", hamlet(), n_steps=64, seed=1)
    model.learn(100_000, callback=BroadcastCallback(live, frames=False))
    assert len(live.episodes) == 2 and [label for label, _, _ in live.models] == ["final"]


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_the_exported_model_is_the_policy(algorithm):
    model = algorithm("MlpPolicy", hamlet(), seed=3, policy_kwargs={"net_arch": [32, 32]})
    file, output = export(model)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["obs"]
    observations = np.stack([model.observation_space.sample() for _ in range(20)]).astype(np.float32)
    seen = torch.from_numpy(observations)
    with torch.no_grad():
        if algorithm is DQN:
            expected = model.policy.q_net(seen).numpy()
        else:
            expected = model.policy.get_distribution(seen).distribution.logits.numpy()
    found = np.concatenate([session.run([output], {"obs": row[None]})[0] for row in observations])
    if output == "logits":  # PyTorch's are normalised.
        found = found - np.log(np.exp(found).sum(-1, keepdims=True))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_what_cannot_be_exported_is_said():
    continuous = PPO("MlpPolicy", footlights.make("pendulum-v1"), n_steps=64)
    with pytest.raises(ValueError, match="discrete actions"):
        export(continuous)
    with pytest.raises((TypeError, ValueError)):
        export(types.SimpleNamespace(policy=None, observation_space=None, action_space=None))
