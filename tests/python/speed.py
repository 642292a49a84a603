"""Agent-steps a second from Python, beside the programs that the field uses, on one core.

    taskset -c 0 python tests/python/speed.py

Every program plays random actions that are drawn beforehand. overcooked_ai, slimevolleygym and JaxMARL are measured where
they are installed (overcooked-ai, slimevolleygym, jaxmarl with jax from PyPI). A figure is the median of five runs of two
seconds each.
"""

from __future__ import annotations

import statistics
import time
from typing import Callable

import numpy as np

import footlights

SECONDS, RUNS = 2.0, 5


def rate(name: str, agents: int, step: Callable[[int], None], steps_a_call: int = 1) -> None:
    """Prints how many agent-steps a second `step` makes; it is called with a counter."""
    rates = []
    for _ in range(RUNS):
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            for _ in range(10):
                step(count)
                count += 1
        rates.append(count * steps_a_call * agents / (time.perf_counter() - began))
    spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
    print(f"{name:58} {statistics.median(rates):12,.0f} agent-steps/s ({spread})", flush=True)


def batches(id: str) -> None:
    for games in [1, 64, 4096]:
        for copy in [False, True]:
            env = footlights.make_vec(id, games, copy=copy)
            env.reset(seed=1)
            actions = np.random.default_rng(1).integers(env.single_action_space.n, size=(97, env.num_envs))
            words = "with copies" if copy else "without copies"
            rate(f"footlights {id}, {games} games, {words}", env.num_envs, lambda k: env.step(actions[k % 97]))


def single(id: str) -> None:
    env = footlights.make(id)
    env.reset(seed=1)
    draws = np.random.default_rng(1).integers(env.action_space("player_0").n, size=(97, 2))

    def step(k: int) -> None:
        if not env.agents:
            env.reset()
        env.step(dict(zip(env.agents, draws[k % 97].tolist())))

    rate(f"footlights {id}, one ParallelEnv", 2, step)


def overcooked_ai() -> None:
    from overcooked_ai_py.mdp.actions import Action
    from overcooked_ai_py.mdp.overcooked_mdp import OvercookedGridworld

    mdp = OvercookedGridworld.from_layout_name("cramped_room")
    state = {"now": mdp.get_standard_start_state()}
    draws = np.random.default_rng(1).integers(6, size=(97, 2))

    def step(k: int, encode: bool) -> None:
        joint = [Action.INDEX_TO_ACTION[int(action)] for action in draws[k % 97]]
        state["now"], _ = mdp.get_state_transition(state["now"], joint)
        if encode:
            mdp.lossless_state_encoding(state["now"], horizon=400)
        if state["now"].timestep >= 400:
            state["now"] = mdp.get_standard_start_state()

    rate("overcooked_ai cramped_room, states only", 2, lambda k: step(k, False))
    rate("overcooked_ai cramped_room, with observations", 2, lambda k: step(k, True))


def slimevolleygym() -> None:
    import slimevolleygym  # noqa: F401
    from slimevolleygym import SlimeVolleyEnv

    env = SlimeVolleyEnv()
    env.reset()
    draws = np.random.default_rng(1).integers(2, size=(97, 2, 3))

    def step(k: int) -> None:
        _, _, done, _ = env.step(list(draws[k % 97][0]), list(draws[k % 97][1]))
        if done:
            env.reset()

    rate("slimevolleygym", 2, step)


def jaxmarl() -> None:
    import jax
    import jaxmarl

    env = jaxmarl.make("overcooked", layout=__import__("jaxmarl.environments.overcooked", fromlist=["x"]).overcooked_layouts["cramped_room"])
    for games in [1, 64, 4096]:
        keys = jax.random.split(jax.random.PRNGKey(1), games)
        _, state = jax.vmap(env.reset)(keys)

        @jax.jit
        def hundred(key, state):
            def one(carry, _):
                key, state = carry
                key, *subs = jax.random.split(key, 4)
                actions = {agent: jax.random.randint(sub, (games,), 0, 6) for agent, sub in zip(env.agents, subs)}
                obs, state, rewards, dones, _ = jax.vmap(env.step)(jax.random.split(subs[2], games), state, actions)
                return (key, state), sum(jax.numpy.sum(value) for value in obs.values())

            (key, state), seen = jax.lax.scan(one, (key, state), None, 100)
            return key, state, seen

        kept = {"at": hundred(jax.random.PRNGKey(2), state)}

        def step(_: int) -> None:
            key, state, seen = kept["at"]
            kept["at"] = hundred(key, state)
            kept["at"][2].block_until_ready()

        rate(f"JaxMARL overcooked cramped_room, {games} games, jitted", 2 * games, step, steps_a_call=100)


def main() -> None:
    for id in ["overcooked-v0", "slime-volleyball-v0"]:
        single(id)
        batches(id)
    for other in [overcooked_ai, slimevolleygym, jaxmarl]:
        try:
            other()
        except ImportError as missing:
            print(f"{other.__name__} is not measured: {missing}")


if __name__ == "__main__":
    main()
