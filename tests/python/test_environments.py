"""The environments hold to the interfaces, and are the same simulation as everywhere."""

import importlib.util
import json
import subprocess
import sys
import types
import warnings
from unittest import mock

import footlights
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from pettingzoo.test import parallel_api_test, parallel_seed_test

SOLO = ["acrobot-v1", "cart-pole-v1", "hamlet-v0", "mountain-car-v0", "pendulum-v1"]
TOGETHER = ["commons-harvest-v0", "overcooked-v0", "slime-volleyball-v0"]


def test_every_environment_is_tried():
    assert sorted(footlights.environments()) == sorted(SOLO + TOGETHER)


@pytest.mark.parametrize("id", SOLO)
def test_gymnasiums_checker_finds_nothing(id):
    env = footlights.make(id, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Gymnasium's own cart has speeds without bounds.
        warnings.filterwarnings("ignore", message=".*observation space m.*imum value is -?infinity")
        # Gymnasium's own pendulum has actions from -2 to 2.
        warnings.filterwarnings("ignore", message=".*For Box action spaces, we recommend using a symmetric")
        # Gymnasium makes the environment again from its spec, in each of its render modes; a window is not for a test.
        check_env(env, skip_render_check=True)
    assert env.render().shape[2] == 3


@pytest.fixture(scope="module")
def stable_baselines_checker():
    """Stable-Baselines3's checker, without the package around it: that imports PyTorch, of which the checker uses nothing."""
    package = types.ModuleType("stable_baselines3")
    package.__path__ = list(importlib.util.find_spec("stable_baselines3").submodule_search_locations)
    stands_in = {name: mock.MagicMock() for name in ("torch", "torch.nn", "torch.nn.functional")}
    with mock.patch.dict(sys.modules, {"stable_baselines3": package, **stands_in}):
        yield importlib.import_module("stable_baselines3.common.env_checker").check_env


@pytest.mark.parametrize("id", SOLO)
def test_stable_baselines_checker_finds_nothing(id, stable_baselines_checker):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # It recommends actions from -1 to 1; Gymnasium's own pendulum has -2 to 2.
        warnings.filterwarnings("ignore", message="We recommend you to use a symmetric and normalized Box action space")
        stable_baselines_checker(footlights.make(id), warn=True)


@pytest.mark.parametrize("id", TOGETHER)
def test_pettingzoos_tests_pass(id):
    parallel_api_test(footlights.make(id), num_cycles=300)
    parallel_seed_test(lambda: footlights.make(id), num_cycles=50)


def rollout(xtask, id, seed, config="null"):
    out = subprocess.run(
        [xtask, "rollout", "--env", id, "--seed", str(seed), "--steps", "300", "--config", config],
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in out.stdout.splitlines()]


@pytest.mark.parametrize("id", SOLO + TOGETHER)
def test_seeds_give_the_same_states_as_the_command(xtask, id):
    for seed in (0, 7, 2**53 + 1):
        first, *steps = rollout(xtask, id, seed)
        env = footlights.make(id)
        agents = ["player_0"] if id in SOLO else env.possible_agents
        seen, _ = env.reset(seed=seed)
        observed = (lambda o: {"player_0": o}) if id in SOLO else (lambda o: o)
        assert env.digest() == first["digest"]
        for agent in agents:
            np.testing.assert_array_equal(observed(seen)[agent], np.float32(first["observations"][agent]))
        for line in steps:
            if id in SOLO:
                action = line["actions"]["player_0"]
                seen, reward, terminated, truncated, infos = env.step(action)
                found = {"player_0": (reward, terminated, truncated, infos)}
            else:
                seen, rewards, terminated, truncated, infos = env.step(line["actions"])
                found = {a: (rewards[a], terminated[a], truncated[a], infos[a]) for a in agents}
            assert env.digest() == line["digest"], (id, seed, line["tick"])
            for agent in agents:
                np.testing.assert_array_equal(observed(seen)[agent], np.float32(line["observations"][agent]))
                expected = tuple(line[key][agent] for key in ("rewards", "terminated", "truncated", "infos"))
                reward, *ends = found[agent][:3]
                assert (np.float32(reward), ends, found[agent][3]) == (
                    np.float32(expected[0]),
                    list(expected[1:3]),
                    expected[3],
                )
            assert env.state() == line.get("state", {})


@pytest.mark.parametrize("id", SOLO + TOGETHER)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_batch_plays_the_games_that_single_environments_play(id, mode):
    count, steps = 3, 520
    batch = footlights.make_vec(id, count, autoreset_mode=mode)
    singles = [footlights.make(id) for _ in range(count)]
    agents = batch.agents_per_game
    seen, _ = batch.reset(seed=11)
    now = [one.reset(seed=11 + k)[0] for k, one in enumerate(singles)]
    flat = lambda o: [o] if id in SOLO else list(o.values())
    np.testing.assert_array_equal(seen, np.concatenate([flat(o) for o in now]))
    batch.action_space.seed(5)
    over = [False] * count
    ends = 0
    for _ in range(steps):
        actions = batch.action_space.sample()
        seen, rewards, terminated, truncated, infos = batch.step(actions)
        for k, one in enumerate(singles):
            places = slice(k * agents, (k + 1) * agents)
            own = actions[places]
            if over[k]:
                # The step after an end begins the next episode, and its action does not count.
                observed, gained, ended, cut, over[k] = one.reset()[0], [0.0] * agents, [False] * agents, [False] * agents, False
            elif id in SOLO:
                observed, reward, done, cut_now, _ = one.step(own[0])
                gained, ended, cut, over[k] = [reward], [done], [cut_now], done or cut_now
            else:
                observed, gains, dones, cuts, _ = one.step(dict(zip(one.possible_agents, own)))
                gained, ended, cut = list(gains.values()), list(dones.values()), list(cuts.values())
                over[k] = not one.agents
            np.testing.assert_array_equal(rewards[places], np.float32(gained))
            np.testing.assert_array_equal(terminated[places], ended)
            np.testing.assert_array_equal(truncated[places], cut)
            if over[k]:
                ends += 1
                if mode == AutoresetMode.SAME_STEP:
                    for place, last in zip(range(places.start, places.stop), flat(observed)):
                        np.testing.assert_array_equal(infos["final_obs"][place], last)
                    observed, over[k] = one.reset()[0], False
            np.testing.assert_array_equal(seen[places], flat(observed))
        assert batch.digests() == [one.digest() for one in singles]
    assert ends > 0 or id in ("commons-harvest-v0",)


def test_arrays_are_shared_only_where_it_is_asked_for():
    for copy in (True, False):
        batch = footlights.make_vec("cart-pole-v1", 4, copy=copy)
        first, _ = batch.reset(seed=1)
        before = first.copy()
        second, *_ = batch.step(np.zeros(4, dtype=np.int64))
        assert (first is second) != copy
        assert np.array_equal(first, before) == copy


def test_infos_of_a_batch_say_whom_they_are_about():
    batch = footlights.make_vec("overcooked-v0", 2)
    batch.reset(seed=1)
    # The first cook of the first kitchen turns to the onions and takes one.
    for action in (3, 5):
        *_, infos = batch.step(np.array([action, 4, 4, 4]))
    # It stood at (1, 2); the onions are at (0, 1).
    assert infos == {}
    for action in (0, 3, 5):
        *_, infos = batch.step(np.array([action, 4, 4, 4]))
    assert infos["onion_pickup"].tolist() == [1, 0, 0, 0]
    assert infos["_onion_pickup"].tolist() == [True, False, False, False]


def test_what_is_wrong_is_told():
    told = [
        (lambda: footlights.make("mountain-bike-v0"), "no environment is called"),
        (lambda: footlights.make("mountain-car-v0", speed=3), "unknown field `speed`"),
        (lambda: footlights.make("overcooked-v0", layout={"grid": ["XXX", "X1X", "XXX"]}), "there is no pot"),
        (lambda: footlights.make("mountain-car-v0", render_mode="ansi"), "render_mode is 'ansi'"),
        (lambda: footlights.make_vec("mountain-car-v0", 0), "at least 1"),
    ]
    for act, words in told:
        with pytest.raises(ValueError, match=words):
            act()
    env = footlights.make("mountain-car-v0")
    env.reset(seed=1)
    before = env.digest()
    with pytest.raises(ValueError, match="7"):
        env.step(7)
    with pytest.raises((TypeError, ValueError)):
        env.step("left")
    assert env.digest() == before
    batch = footlights.make_vec("mountain-car-v0", 2)
    batch.reset(seed=1)
    with pytest.raises(ValueError, match="3 numbers are given as actions, 2 are expected"):
        batch.step(np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="game 1"):
        batch.step(np.array([1, 9]))


def test_pictures_show_the_game_to_whom_they_are_for():
    env = footlights.make("commons-harvest-v0", render_mode="rgb_array", width=140)
    env.reset(seed=3)
    own, everything = env.render("player_0"), env.render()
    assert own.shape == (140, 140, 3) and own.dtype == np.uint8
    assert not np.array_equal(own, everything)


def test_a_replay_comes_to_the_recorded_states(fixtures):
    replay = footlights.Replay(f"{fixtures}/slime_rollback.msgpack")
    frames = list(replay)
    assert (replay.environment, len(replay.lengths), sum(replay.lengths)) == ("slime-volleyball-v0", 5, 448)
    assert len(frames) == len(replay) == 448 + 5
    assert frames[0].tick == 0 and frames[0].actions == []
    again = footlights.make("slime-volleyball-v0", **replay.config)
    again.reset(seed=replay.seed)
    for frame in frames[1 : replay.lengths[0] + 1]:
        seen, rewards, *_ = again.step(dict(zip(replay.agents, frame.actions)))
        assert list(rewards.values()) == frame.rewards
        np.testing.assert_array_equal(list(seen.values()), frame.observations)
        assert again.digest() == frame.digest
    assert replay.render().shape == (240, 480, 3)
    with pytest.raises(ValueError, match="not a replay"):
        footlights.Replay(__file__)


def test_gymnasium_can_wrap_it():
    env = gymnasium.wrappers.RecordEpisodeStatistics(footlights.make("cart-pole-v1"))
    env.reset(seed=1)
    over = False
    while not over:
        *_, terminated, truncated, infos = env.step(env.action_space.sample())
        over = terminated or truncated
    assert infos["episode"]["l"] > 5


def test_a_scripted_policy_plays_the_places_of_many_games_and_keeps_to_its_seed():
    def soups(seed):
        games = footlights.make_vec("overcooked-v0", 4, layout="coordination_ring")
        cooks = footlights.Scripted("overcooked-v0", "greedy", places=8, seed=seed, layout="coordination_ring")
        observations, _ = games.reset(seed=1)
        earned = np.zeros(8)
        for _ in range(400):
            observations, rewards, *_ = games.step(cooks.act(observations))
            earned += rewards
        return earned.tolist()

    first = soups(1)
    assert min(first) > 0 and first == soups(1) and first != soups(2)


def test_a_scripted_policy_that_is_not_there_is_told():
    with pytest.raises(ValueError, match='no policy of overcooked-v0 is called "clever"; there are greedy'):
        footlights.Scripted("overcooked-v0", "clever")
    with pytest.raises(ValueError, match="there are none"):
        footlights.Scripted("cart-pole-v1", "clever")
    cooks = footlights.Scripted("overcooked-v0", "greedy", places=2)
    with pytest.raises(ValueError, match="3 observations for 2 places"):
        cooks.act(np.zeros((3, 520), np.float32))
    with pytest.raises(ValueError, match="the observation is of another layout"):
        cooks.act(np.zeros((2, 519), np.float32))
