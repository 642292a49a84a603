"""Overcooked beside overcooked_ai, step by step: state, reward, shaped reward, events and observation."""

import json
import random
import warnings

import footlights
import numpy as np
from footlights import Frame, overcooked

# overcooked_ai is older than NumPy 2, which dropped this name.
np.Inf = np.inf
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from overcooked_ai_py.agents.benchmarking import AgentEvaluator
    from overcooked_ai_py.mdp.actions import Action, Direction
    from overcooked_ai_py.mdp.overcooked_mdp import EVENT_TYPES, OvercookedGridworld, Recipe

#: In the order of our numbers.
ACTIONS = [Direction.NORTH, Direction.SOUTH, Direction.EAST, Direction.WEST, Action.STAY, Action.INTERACT]
#: Our names of layouts, and theirs. Our `counter_circuit` is that of 2019, which they no longer have.
NAMED = {
    "cramped_room": "cramped_room",
    "asymmetric_advantages": "asymmetric_advantages",
    "coordination_ring": "coordination_ring",
    "forced_coordination": "forced_coordination",
    "counter_circuit_1order": "counter_circuit_o_1order",
}


def random_grid(draw, cooks):
    """A kitchen of any shape, small enough that cooks who act by chance meet everything."""
    while True:
        width, height = draw.randint(4, 6), draw.randint(4, 6)
        grid = [["X"] * width for _ in range(height)]
        inside = [(x, y) for y in range(1, height - 1) for x in range(1, width - 1)]
        floor = [place for place in inside if draw.random() < 0.75]
        for x, y in floor:
            grid[y][x] = " "
        is_corner = lambda x, y: x in (0, width - 1) and y in (0, height - 1)
        walls = [(x, y) for y in range(height) for x in range(width) if grid[y][x] == "X" and not is_corner(x, y)]
        needed = [*"PODST", *draw.choices("POTDS", k=draw.randint(0, 4))]
        if len(floor) <= cooks or len(walls) <= len(needed):
            continue
        for letter, (x, y) in zip(needed, draw.sample(walls, len(needed))):
            grid[y][x] = letter
        for number, (x, y) in enumerate(draw.sample(floor, cooks)):
            grid[y][x] = str(number + 1)
        return ["".join(row) for row in grid]


def random_game(draw):
    """A configuration of ours, and the same of theirs."""
    cooks = draw.choice([1, 2, 2, 2, 3, 4])
    if cooks == 2 and draw.random() < 0.3:
        layout = draw.choice(list(NAMED))
        reference = OvercookedGridworld.from_layout_name(NAMED[layout])
        grid = [list(row) for row in reference.terrain_mtx]
        for number, (x, y) in enumerate(reference.start_player_positions):
            grid[y][x] = str(number + 1)
        grid = ["".join(row) for row in grid]
    else:
        grid = random_grid(draw, cooks)
        layout = {"grid": grid}
    every = [{"ingredients": ["onion"] * o + ["tomato"] * t} for o in range(4) for t in range(4) if 1 <= o + t <= 3]
    orders = draw.sample(every, draw.choice([1, 1, 2, 3, len(every)]))
    bonus = draw.sample(orders, draw.randint(0, len(orders))) if draw.random() < 0.5 else []
    points = lambda most: draw.randint(1, most)
    ours = {"layout": layout, "all_orders": orders, "bonus_orders": bonus, "order_bonus": points(3)}
    theirs = {"start_all_orders": orders, "start_bonus_orders": bonus, "order_bonus": ours["order_bonus"]}
    same = {"onion_time": points(8), "tomato_time": points(8)} if draw.random() < 0.5 else {"cook_time": points(20)}
    same |= {"onion_value": points(20), "tomato_value": points(20)} if draw.random() < 0.5 else {"delivery_reward": points(30)}
    shaped = {"placement_in_pot": points(5), "dish_pickup": points(5), "soup_pickup": points(5)}
    ours |= {**same, "shaped_rewards": shaped, "horizon": draw.choice([60, 200, 400])}
    theirs |= same
    theirs["rew_shaping_params"] = {
        "PLACEMENT_IN_POT_REW": shaped["placement_in_pot"],
        "DISH_PICKUP_REWARD": shaped["dish_pickup"],
        "SOUP_PICKUP_REWARD": shaped["soup_pickup"],
        "DISH_DISP_DISTANCE_REW": 0,
        "POT_DISTANCE_REW": 0,
        "SOUP_DISTANCE_REW": 0,
    }
    return ours, OvercookedGridworld.from_grid(grid, theirs), cooks


def comparable(state):
    """Objects and orders have no order of their own."""
    state = json.loads(json.dumps(state))
    state["objects"].sort(key=lambda thing: thing["position"])
    for key in ("all_orders", "bonus_orders"):
        state[key] = sorted(sorted(order["ingredients"]) for order in state[key])
    return state


def test_random_games_are_the_references(games):
    draw = random.Random(1)
    steps, seen_events = 0, set()
    for game in range(games):
        config, reference, cooks = random_game(draw)
        horizon = config["horizon"]
        env = footlights.make("overcooked-v0", **config)
        observations, _ = env.reset(seed=game) if cooks > 1 else (env.reset(seed=game)[0], {})
        state = reference.get_standard_start_state()
        reaching = draw.choice([0.2, 0.35, 0.5])
        for tick in range(horizon + 1):
            where = (game, tick, config)
            assert comparable(env.state()) == comparable(state.to_dict()), where
            # The reference has observations for two cooks only.
            if cooks == 2:
                expected = reference.lossless_state_encoding(state, horizon=horizon)
                for agent, layers in zip(env.possible_agents, expected):
                    assert np.array_equal(observations[agent], layers.ravel()), where
            if tick == horizon:
                break
            actions = [5 if draw.random() < reaching else draw.randrange(5) for _ in range(cooks)]
            state, infos = reference.get_state_transition(state, [ACTIONS[action] for action in actions])
            if cooks == 1:
                observations, reward, _, truncated, own = env.step(actions[0])
                rewards, reported, truncated = [reward], [own], [truncated]
            else:
                observations, rewards, _, truncated, reported = env.step(dict(zip(env.possible_agents, actions)))
                rewards, reported, truncated = (list(of.values()) for of in (rewards, reported, truncated))
            paid = infos["sparse_reward_by_agent"]
            assert rewards == [sum(paid)] * cooks, where
            assert [own.get("delivered", 0) for own in reported] == paid, where
            assert [own.get("shaped_reward", 0) for own in reported] == infos["shaped_reward_by_agent"], where
            assert truncated == [tick + 1 == horizon] * cooks, where
            for event in EVENT_TYPES:
                expected = infos["event_infos"][event]
                assert [bool(own.get(event, 0)) for own in reported] == [bool(happened) for happened in expected], (event, *where)
                if any(expected):
                    seen_events.add(event)
            steps += 1
    print(f"{games} games, {steps} steps")
    # All kinds of events were met, so that their rules were compared at all.
    assert seen_events == set(EVENT_TYPES) or games < 100, set(EVENT_TYPES) - seen_events


class Played:
    """A game as a replay has it."""

    def __init__(self, seed, **config):
        self.env = footlights.make("overcooked-v0", **config)
        self.game_id, self.environment, self.seed = f"game-{seed}", "overcooked-v0", seed
        self.config = self.env.declared["config"]

    def __iter__(self):
        draw = random.Random(self.seed)
        self.env.reset(seed=self.seed)
        nothing = {"observations": [], "infos": [], "digest": ""}
        yield Frame(episode=0, tick=0, actions=[], rewards=[], terminated=[], truncated=[], state=self.env.state(), **nothing)
        tick = 0
        while self.env.agents:
            tick += 1
            actions = {agent: draw.choice([0, 1, 2, 3, 5, 5]) for agent in self.env.agents}
            _, rewards, terminated, truncated, _ = self.env.step(actions)
            of = (list(values.values()) for values in (actions, rewards, terminated, truncated))
            done, gained, ended, cut = of
            yield Frame(
                episode=0, tick=tick, actions=done, rewards=gained, terminated=ended, truncated=cut, state=self.env.state(), **nothing
            )


def test_overcooked_ai_reads_our_games_and_plays_them_again(tmp_path):
    games = [
        Played(1, layout="cramped_room", horizon=120),
        Played(2, layout="coordination_ring", horizon=200, cook_time=5, delivery_reward=7),
        Played(3, layout="counter_circuit_1order", horizon=80, onion_value=3, tomato_value=4, onion_time=2, tomato_time=3),
    ]
    lengths = []
    for number, game in enumerate(games):
        path = tmp_path / f"game{number}"
        overcooked.save_trajectories([game], f"{path}.json")
        # overcooked_ai's recipes are global: one game at a time, and some configuration before anything is read.
        Recipe.configure({})
        read = AgentEvaluator.load_traj_from_json(str(path))
        lengths += read["ep_lengths"]
        assert read["ep_dones"][0][-2:] == [False, True]
        AgentEvaluator.check_trajectories(read, from_json=True, verbose=False)
        # Its own kitchen comes to the same states with our actions. (Its checker leaves that out for every game.)
        kitchen = OvercookedGridworld.from_layout_name(**read["mdp_params"][0])
        states, actions, rewards = (read[key][0] for key in ("ep_states", "ep_actions", "ep_rewards"))
        assert states[0] == kitchen.get_standard_start_state()
        for before, action, reward, after in zip(states, actions, rewards, states[1:]):
            found, infos = kitchen.get_state_transition(before, action)
            assert found == after and sum(infos["sparse_reward_by_agent"]) == reward
    assert lengths == [120, 200, 80]
