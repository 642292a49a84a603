"""Shows a training of Stable-Baselines3 (https://stable-baselines3.readthedocs.io) to everybody who opens ``/train``.

    from stable_baselines3 import PPO
    from footlights.broadcast import Broadcast
    from footlights.stable_baselines3 import BroadcastCallback

    env = footlights.make("hamlet-v0", render_mode="rgb_array")
    with Broadcast("https://lab.example.workers.dev", "hamlet-v0", run="anna", token=TOKEN) as live:
        PPO("MlpPolicy", env).learn(200_000, callback=BroadcastCallback(live, checkpoint_every=50_000))

Episodes, all numbers of the logger, pictures of the first game and checkpoints are told. *Pause* and *Stop* at ``/train`` do
what they say.
"""

from __future__ import annotations

import io
import time
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter

from footlights.broadcast import Broadcast, log

#: Seconds between two pictures.
FRAME = 0.2


class BroadcastCallback(BaseCallback):
    """Tells a :class:`~footlights.broadcast.Broadcast` how a training goes.

    Parameters
    ----------
    live
        The broadcast.
    checkpoint_every
        Steps between two checkpoints; 0 for one at the end only.
    frames
        Whether pictures are sent; the environment needs ``render_mode="rgb_array"``.
    """

    def __init__(self, live: Broadcast, *, checkpoint_every: int = 0, frames: bool = True) -> None:
        super().__init__()
        self._live, self._every, self._frames = live, checkpoint_every, frames
        self._episode, self._shown, self._saved = 0, 0.0, 0

    def _on_training_start(self) -> None:
        self.logger.output_formats.append(_Writer(self._live))
        self._sums = [0.0] * self.training_env.num_envs
        self._steps = [0] * self.training_env.num_envs

    def _on_step(self) -> bool:
        rewards, dones = self.locals["rewards"], self.locals["dones"]
        for game, (reward, done) in enumerate(zip(rewards, dones)):
            self._sums[game] += float(reward)
            self._steps[game] += 1
            if done:
                self._episode += 1
                # Without a wrapper that changes rewards: what a Monitor saw, where there is one.
                seen = self.locals["infos"][game].get("episode", {})
                reward, length = seen.get("r", self._sums[game]), seen.get("l", self._steps[game])
                exploration = getattr(self.model, "exploration_rate", 0.0)
                self._live.episode(self._episode, reward=reward, length=length, epsilon=exploration)
                self._sums[game], self._steps[game] = 0.0, 0
        if self._frames and time.monotonic() - self._shown > FRAME:
            self._shown = time.monotonic()
            self._show(float(rewards[0]))
        if self._every and self.num_timesteps - self._saved >= self._every:
            self._saved = self.num_timesteps
            self._checkpoint(f"step{self.num_timesteps}")
        while self._live.paused and not self._live.stopped:
            time.sleep(0.1)
        return not self._live.stopped

    def _on_training_end(self) -> None:
        self._checkpoint("final")

    def _show(self, reward: float) -> None:
        if self.training_env.render_mode != "rgb_array":
            self._frames = False
            return log.warning('there are no pictures: the environment was not made with render_mode="rgb_array"')
        picture = self.training_env.get_images()[0]
        moment = {"episode": self._episode + 1, "step": self._steps[0], "reward": reward}
        self._live.frame(picture, cumulative_reward=self._sums[0], **moment)

    def _checkpoint(self, label: str) -> None:
        try:
            model, output = export(self.model)
        except (TypeError, ValueError) as error:
            return log.warning("there are no checkpoints: %s", error)
        self._live.checkpoint(model, label, output=output, steps=self.num_timesteps)


def export(model: BaseAlgorithm) -> tuple[bytes, str]:
    """The policy as an ONNX file, from ``obs`` of shape (1, numbers) to an output, and the name of the output: ``q_values`` of
    DQN, otherwise ``logits``. Actions must be discrete, and observations lists of numbers."""
    from gymnasium import spaces

    seen, acts = model.observation_space, model.action_space
    if not isinstance(acts, spaces.Discrete) or not isinstance(seen, spaces.Box) or len(seen.shape) != 1:
        raise ValueError("only policies of discrete actions over lists of numbers are exported")
    policy: Any = model.policy
    if hasattr(policy, "q_net"):
        module, output = policy.q_net, "q_values"
    elif hasattr(policy, "mlp_extractor"):
        module, output = _Actor(policy), "logits"
    else:
        raise TypeError(f"{type(policy).__name__} has neither logits nor Q-values")
    training = policy.training
    policy.set_training_mode(False)
    file = io.BytesIO()
    example = torch.zeros(1, *seen.shape, device=policy.device)
    torch.onnx.export(
        module, (example,), file, input_names=["obs"], output_names=[output], opset_version=17, dynamo=False
    )
    policy.set_training_mode(training)
    return file.getvalue(), output


class _Actor(torch.nn.Module):
    """The part of an actor-critic policy that chooses."""

    def __init__(self, policy: Any) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        features = self.policy.extract_features(observation, self.policy.pi_features_extractor)
        return self.policy.action_net(self.policy.mlp_extractor.forward_actor(features))


class _Writer(KVWriter):
    """Takes what the logger writes."""

    def __init__(self, live: Broadcast) -> None:
        self._live = live

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
        numbers = {name: value for name, value in key_values.items() if isinstance(value, (int, float))}
        self._live.metrics(step, numbers)

    def close(self) -> None:
        pass
