"""The programs of footlights.recipes learn, and what they write is what they learnt."""

import numpy as np
import onnxruntime
import pytest
import torch

from footlights.data import Demonstrations
from footlights.recipes import clone, ppo


def played(network, path, observations):
    """The logits of a network, and those of the model that it was written as."""
    ppo.save(network, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["obs"]
    with torch.no_grad():
        expected = network(torch.from_numpy(observations)).numpy()
    found = np.concatenate([session.run(["logits"], {"obs": row[None]})[0] for row in observations])
    return found, expected


def test_ppo_learns_to_keep_the_pole_up(tmp_path):
    words = ["cart-pole-v1", "--out", "unused", "--steps", "100000", "--games", "16", "--hidden", "32", "--rate", "2e-3"]
    args = ppo.arguments(words)
    network = ppo.train(args)
    assert ppo.evaluate(network, args) > 150
    untrained = ppo.Network(4, 2, 32)
    assert ppo.evaluate(untrained, args) < 40
    seen = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    found, expected = played(network, tmp_path / "pole.onnx", seen)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_ppo_plays_both_sides_of_a_game():
    words = ["slime-volleyball-v0", "--out", "unused", "--steps", "20000", "--games", "8", "--past", "0.5", "--noisy", "0.5"]
    network = ppo.train(ppo.arguments(words))
    assert float(network.count) >= 10_000


def test_a_clone_does_what_was_shown(tmp_path):
    draws = np.random.default_rng(1)
    observations = draws.normal(size=(4000, 5)).astype(np.float32)
    actions = (observations @ draws.normal(size=(5, 3))).argmax(-1)
    games = np.asarray([f"game-{k // 400}" for k in range(4000)])
    zeros = np.zeros(4000)
    shown = Demonstrations(observations, actions, zeros, games, games, zeros, zeros)
    network, right = clone.learn(shown, clone.arguments(["unused", "--out", "unused"]))
    assert right > 0.9
    found, expected = played(network, tmp_path / "clone.onnx", observations[:50])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    one_half = clone.arguments(["unused", "--out", "unused", "--half", "second", "--epochs", "1"])
    assert clone.learn(shown, one_half)[0].mean.tolist() != network.mean.tolist()


def test_too_few_actions_are_told():
    few = Demonstrations(*[np.zeros((3, 2), np.float32), np.zeros(3, int)], *[np.zeros(3)] * 5)
    with pytest.raises(SystemExit, match="only 3 actions of people"):
        clone.learn(few, clone.arguments(["unused", "--out", "unused"]))
