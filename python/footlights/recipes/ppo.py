"""Trains a policy by playing, and writes it as an ONNX model.

    python -m footlights.recipes.ppo overcooked-v0 --config '{"layout": "cramped_room"}' --shaped shaped_reward \\
        --reward-scale 0.1 --minutes 8 --out models/cook.onnx

Proximal policy optimisation (Schulman et al. 2017, https://arxiv.org/abs/1707.06347) with the details that Huang et al. list
(https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/), for discrete actions. Where several agents act, one
network plays all of them, and some of its partners are earlier networks, are scripted, or now and then do something at random:
whoever only ever meets itself is lost beside a person. Where there is a scripted policy, the network may begin by imitating it.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

import footlights

#: How often it is told how far the training is, minutes.
TOLD_MINUTES = 0.5


class Network(nn.Module):
    """Two hidden layers for the logits and two for the value. What is observed is normalised in the network, so that the
    exported model takes it as it is."""

    def __init__(self, observed: int, actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.register_buffer("count", torch.tensor(1e-4))
        self.register_buffer("mean", torch.zeros(observed))
        self.register_buffer("variance", torch.ones(observed))

        def layer(inputs: int, outputs: int, gain: float) -> nn.Linear:
            linear = nn.Linear(inputs, outputs)
            nn.init.orthogonal_(linear.weight, gain)
            nn.init.zeros_(linear.bias)
            return linear

        def net(outputs: int, gain: float) -> nn.Sequential:
            hidden_layers = [layer(observed, hidden, 2**0.5), nn.Tanh(), layer(hidden, hidden, 2**0.5), nn.Tanh()]
            return nn.Sequential(*hidden_layers, layer(hidden, outputs, gain))

        self.actor, self.critic = net(actions, 0.01), net(1, 1.0)

    def notice(self, observations: torch.Tensor) -> None:
        """Takes observations into the mean and the variance that they are normalised by."""
        count, mean, variance = len(observations), observations.mean(0), observations.var(0, unbiased=False)
        total, delta = self.count + count, mean - self.mean
        squares = self.variance * self.count + variance * count + delta**2 * self.count * count / total
        self.mean += delta * count / total
        self.variance.copy_(squares / total)
        self.count.copy_(total)

    def _normal(self, observations: torch.Tensor) -> torch.Tensor:
        return ((observations - self.mean) / torch.sqrt(self.variance + 1e-2)).clamp(-10.0, 10.0)

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """The logits."""
        return self.actor(self._normal(observations))

    def value(self, observations: torch.Tensor) -> torch.Tensor:
        return self.critic(self._normal(observations)).squeeze(-1)


def save(network: Network, path: str) -> None:
    """Writes the network as an ONNX model, in one file. Where on this machine each line of it lies, which PyTorch notes, is
    left out: participants' browsers load the model."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    network = copy.deepcopy(network).eval()
    example = torch.zeros(1, len(network.mean))
    torch.onnx.export(
        network, (example,), path, input_names=["obs"], output_names=["logits"], opset_version=18, external_data=False
    )
    model = onnx.load(path)
    for part in [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)


def draw(logits: torch.Tensor) -> torch.Tensor:
    """An action for each row, with the probabilities that the logits stand for."""
    return torch.distributions.Categorical(logits=logits).sample()


class Rollouts:
    """Games that are played side by side. A place is an agent of a game."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.env = footlights.make_vec(args.env, args.games, autoreset_mode="SameStep", **args.config)
        self.args, self.agents = args, self.env.agents_per_game
        self.observations = torch.from_numpy(self.env.reset(seed=args.seed)[0])
        self.returns = np.zeros(self.env.num_envs)
        #: The sum of the rewards of each agent in every episode that ended.
        self.ended: list[float] = []
        self.random = np.random.default_rng(args.seed)
        # In the first games the others are scripted, and one agent learns.
        games, agents = np.divmod(np.arange(self.env.num_envs), self.agents)
        in_first = games < (args.with_scripted * args.games if args.scripted else 0)
        self.is_scripted = torch.from_numpy(in_first & (agents != games % self.agents))
        self.scripted_places = np.flatnonzero(self.is_scripted.numpy())
        if len(self.scripted_places):
            self.scripted = footlights.Scripted(args.env, args.scripted, places=len(self.scripted_places), seed=args.seed, **args.config)

    def partners(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Which places an earlier network plays now, and which ones now and then do something at random. The others learn;
        in each game at least one does."""
        games, agents = self.env.games, self.agents
        is_partner = np.ones((games, agents), bool)
        is_partner[np.arange(games), self.random.integers(agents, size=games)] = False
        # Those beside a learner whose partners are scripted are its partners.
        scripted = self.is_scripted.reshape(games, agents).numpy()
        beside_scripted = scripted.any(1, keepdims=True)
        is_partner = np.where(beside_scripted, scripted, is_partner)
        past = is_partner & ~beside_scripted & (self.random.random(games) < self.args.past)[:, None]
        noisy = is_partner & (self.random.random(games) < self.args.noisy)[:, None]
        return torch.from_numpy(past.ravel()), torch.from_numpy(noisy.ravel())

    @torch.no_grad()
    def collect(self, network: Network, earlier: Network, shaping: float) -> dict[str, torch.Tensor]:
        """Plays some steps, and returns what those places saw, did and gained that learn."""
        args, places = self.args, self.env.num_envs
        past, noisy = self.partners()
        shape = (args.steps_between, places)
        seen = torch.zeros(*shape, self.observations.shape[1])
        actions, logps, rewards, values, dones = (torch.zeros(shape) for _ in range(5))
        for step in range(args.steps_between):
            logits = network(self.observations)
            distribution = torch.distributions.Categorical(logits=logits)
            action = distribution.sample()
            played = action.clone()
            if past.any():
                played[past] = draw(earlier(self.observations[past]))
            if len(self.scripted_places):
                own = self.observations.numpy()[self.scripted_places]
                played[self.is_scripted] = torch.from_numpy(self.scripted.act(own))
            at_random = noisy & (torch.rand(places) < args.noise)
            played[at_random] = torch.randint(logits.shape[1], (int(at_random.sum()),))
            seen[step], actions[step], logps[step] = self.observations, action, distribution.log_prob(action)
            values[step] = network.value(self.observations)
            after, reward, terminated, truncated, infos = self.env.step(played.numpy())
            self.returns += reward
            gained = torch.from_numpy(args.reward_scale * (reward + shaping * infos.get(args.shaped, 0.0))).float()
            # An episode that was cut would have gone on: what was still to come is what the critic says.
            cut = truncated & ~terminated
            if cut.any():
                last = torch.from_numpy(np.stack(infos["final_obs"][cut]))
                gained[torch.from_numpy(cut)] += args.gamma * network.value(last)
            rewards[step], dones[step] = gained, torch.from_numpy(terminated | truncated).float()
            over = terminated | truncated
            if len(self.scripted_places) and over.any():
                self.scripted.reset(np.flatnonzero(over[self.scripted_places]))
            self.ended.extend(self.returns[over])
            self.returns[over] = 0.0
            self.observations = torch.from_numpy(after)
        advantages, advantage = torch.zeros(shape), torch.zeros(places)
        following = network.value(self.observations)
        for step in reversed(range(args.steps_between)):
            going_on = 1.0 - dones[step]
            surprise = rewards[step] + args.gamma * following * going_on - values[step]
            advantage = surprise + args.gamma * args.gae_lambda * going_on * advantage
            advantages[step], following = advantage, values[step]
        learn = ~(past | noisy | self.is_scripted)
        columns = {"seen": seen, "actions": actions, "logps": logps, "values": values, "advantages": advantages}
        rows = {name: column[:, learn].flatten(0, 1) for name, column in columns.items()}
        return rows | {"targets": rows["advantages"] + rows["values"]}


def imitate(network: Network, args: argparse.Namespace) -> None:
    """Learns the actions of the scripted policy, from games in which it holds every place."""
    env = footlights.make_vec(args.env, args.games, autoreset_mode="SameStep", **args.config)
    scripted = footlights.Scripted(args.env, args.scripted, places=env.num_envs, seed=args.seed, **args.config)
    observations, _ = env.reset(seed=args.seed)
    optimiser = torch.optim.Adam(network.actor.parameters(), lr=1e-3)
    for round in range(max(1, args.imitate // (args.steps_between * env.num_envs))):
        seen, done = [], []
        for _ in range(args.steps_between):
            actions = scripted.act(observations)
            seen.append(torch.from_numpy(observations))
            done.append(torch.from_numpy(actions))
            observations, _, terminated, truncated, _ = env.step(actions)
            scripted.reset(np.flatnonzero(terminated | truncated))
        rows, shown = torch.cat(seen), torch.cat(done)
        network.notice(rows)
        for batch in torch.randperm(len(shown)).split(1024):
            loss = nn.functional.cross_entropy(network(rows[batch]), shown[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        right = float((network(rows).argmax(-1) == shown).float().mean())
    print(f"imitates {args.scripted}: {100 * right:.0f} % of its actions are the most likely ones", flush=True)


def update(
    network: Network, optimiser: torch.optim.Optimizer, rows: dict, args: argparse.Namespace, entropy: float, critic_only: bool
) -> None:
    """One round of learning."""
    count = len(rows["actions"])
    for _ in range(args.epochs):
        for batch in torch.randperm(count).split(max(1, count // args.minibatches)):
            own = {name: column[batch] for name, column in rows.items()}
            distribution = torch.distributions.Categorical(logits=network(own["seen"]))
            ratio = (distribution.log_prob(own["actions"]) - own["logps"]).exp()
            advantages = (own["advantages"] - own["advantages"].mean()) / (own["advantages"].std() + 1e-8)
            clipped = ratio.clamp(1 - args.clip, 1 + args.clip)
            policy_loss = -torch.min(ratio * advantages, clipped * advantages).mean()
            value_loss = 0.5 * (network.value(own["seen"]) - own["targets"]).square().mean()
            loss = 0.5 * value_loss
            if not critic_only:
                loss = loss + policy_loss - entropy * distribution.entropy().mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 0.5)
            optimiser.step()


def train(args: argparse.Namespace) -> Network:
    """Plays and learns until the time, or the number of steps, is over."""
    torch.manual_seed(args.seed)
    rollouts = Rollouts(args)
    space = rollouts.env.single_action_space
    if not hasattr(space, "n"):
        raise SystemExit(f"{args.env} has continuous actions, and this program learns discrete ones")
    network = Network(rollouts.observations.shape[1], int(space.n), args.hidden)
    if args.keep and Path(args.keep).exists():
        network.load_state_dict(torch.load(args.keep, weights_only=True))
        print(f"goes on from {args.keep}", flush=True)
    elif args.imitate:
        imitate(network, args)
    optimiser = torch.optim.Adam(network.parameters(), lr=args.rate, eps=1e-5)
    past = [copy.deepcopy(network)]
    began, steps, iteration, told = time.monotonic(), 0, 0, 0.0
    while True:
        minutes = (time.monotonic() - began) / 60
        done = steps / args.steps if args.steps else minutes / args.minutes
        if done >= 1.0:
            break
        optimiser.param_groups[0]["lr"] = args.rate * max(0.05, 1.0 - done)
        network.notice(rollouts.observations)
        earlier = past[rollouts.random.integers(len(past))]
        rows = rollouts.collect(network, earlier, shaping=max(0.0, 1.0 - 1.5 * done))
        network.notice(rows["seen"])
        # A critic that knows nothing would ruin what was imitated.
        critic_only = bool(args.imitate) and iteration < 20
        update(network, optimiser, rows, args, args.entropy * (1.0 - done), critic_only)
        steps, iteration = steps + args.steps_between * rollouts.env.num_envs, iteration + 1
        if iteration % 25 == 0:
            past.append(copy.deepcopy(network))
            if args.keep:
                torch.save(network.state_dict(), args.keep)
        if minutes >= told + TOLD_MINUTES:
            told = minutes
            ended, rollouts.ended = rollouts.ended, []
            mean = f"{np.mean(ended):8.2f}" if ended else "      --"
            print(f"{minutes:5.1f} min {steps:10,} steps: mean return {mean} in {len(ended)} episodes", flush=True)
    return network


@torch.no_grad()
def evaluate(network: Network, args: argparse.Namespace, episodes: int = 50) -> float:
    """The mean return of an agent in games of the network with itself, with drawn actions."""
    env = footlights.make_vec(args.env, episodes, **args.config)
    observations, _ = env.reset(seed=args.seed + 1_000_000)
    returns, over = np.zeros(env.num_envs), np.zeros(env.num_envs, bool)
    while not over.all():
        actions = draw(network(torch.from_numpy(observations)))
        observations, rewards, terminated, truncated, _ = env.step(actions.numpy())
        returns += np.where(over, 0.0, rewards)
        over |= terminated | truncated
    return float(returns.mean())


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("env", help="the environment's id")
    parser.add_argument("--out", required=True, help="where the ONNX model goes")
    parser.add_argument("--config", type=json.loads, default={}, help="the environment's configuration as JSON")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long it trains")
    parser.add_argument("--steps", type=int, default=0, help="how many steps it trains, in place of the minutes")
    parser.add_argument("--keep", default="", help="a file in which the network is kept; training goes on from it if it is there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--games", type=int, default=64, help="games that are played side by side")
    parser.add_argument("--steps-between", type=int, default=128, help="steps of a game between two rounds of learning")
    parser.add_argument("--shaped", default="", help="an info that is added to the reward in the first two thirds, less and less")
    parser.add_argument("--reward-scale", type=float, default=1.0, help="brings rewards to about 1")
    parser.add_argument("--scripted", default="", help="a scripted policy of the environment")
    parser.add_argument("--imitate", type=int, default=0, help="steps of the scripted policy that are imitated at the start")
    parser.add_argument("--with-scripted", type=float, default=0.25, help="share of the games whose other agents are scripted")
    parser.add_argument("--past", type=float, default=0.3, help="share of the games whose other agents are earlier networks")
    parser.add_argument("--noisy", type=float, default=0.2, help="share of the games whose other agents err")
    parser.add_argument("--noise", type=float, default=0.3, help="how often those do something at random")
    parser.add_argument("--hidden", type=int, default=64, help="units of a hidden layer")
    parser.add_argument("--rate", type=float, default=1e-3, help="the learning rate at the start")
    parser.add_argument("--gamma", type=float, default=0.99, help="what a reward is worth one step earlier")
    parser.add_argument("--gae-lambda", type=float, default=0.95)
    parser.add_argument("--entropy", type=float, default=0.02, help="the worth of randomness at the start")
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--minibatches", type=int, default=8)
    return parser.parse_args(words)


def main() -> None:
    args = arguments()
    network = train(args)
    save(network, args.out)
    print(f"{args.out}: mean return with itself {evaluate(network, args):.2f}")


if __name__ == "__main__":
    main()
