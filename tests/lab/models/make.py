"""Writes the models of this folder with the programs that researchers use, and what each must do into actions.json.

    python -m venv /tmp/zoo && /tmp/zoo/bin/pip install -r requirements.txt && /tmp/zoo/bin/python make.py [NAME ...]

The actions are those that onnxruntime's outputs stand for, on the observations of the environment of tests/lab/src/models_check.rs.
The models are trained by nobody: their weights are random, so that every number of the input matters. Without names all
models are made; a program that is not installed is told, and its models stay as they are.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

HERE = Path(__file__).parent
TICKS = 40
MODELS = {}


def observation(agent: int, tick: int, length: int, whole: bool = False) -> np.ndarray:
    """What an agent observes; a whole number where the model takes only those. As in models_check.rs."""
    k = np.arange(length, dtype=np.int64)
    number = (7 * k * k + 13 * tick + 29 * agent + k * tick) % 41
    return number.astype(np.float32) if whole else number.astype(np.float32) / np.float32(20) - np.float32(1)


def allowed(agent: int, tick: int, actions: int) -> np.ndarray:
    """Which actions the rules allow."""
    return (np.arange(actions) + tick + agent) % 3 != 0


def model(agent: int, **said):
    """Declares how the model of an agent is made and used; the function writes the file."""

    def declare(function):
        MODELS[function.__name__] = (agent, said, function)
        return function

    return declare


def torch_seed():
    import torch

    torch.manual_seed(7)
    return torch


def mlp(inputs: int, outputs: int, hidden: int = 16):
    import torch.nn as nn

    net = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.6)
    return net.eval()


def script(net, inputs, path, names, outputs, opset, **more):
    """PyTorch's exporter by tracing."""
    import torch

    torch.onnx.export(net, inputs, path, input_names=names, output_names=outputs, opset_version=opset, dynamo=False, **more)


def dynamo(net, inputs, path, names, outputs, opset=18, external=False, **more):
    """PyTorch's exporter since 2.5."""
    import torch

    torch.onnx.export(
        net, inputs, path, input_names=names, output_names=outputs, opset_version=opset, dynamo=True, external_data=external, **more
    )


def opset(agent, version):
    @model(agent, observation=6, actions=5)
    def made(path):
        torch = torch_seed()
        script(mlp(6, 5), (torch.zeros(1, 6),), path, ["obs"], ["logits"], version)

    MODELS[f"torch_opset_{version}"] = MODELS.pop("made")


opset(1, 9)
opset(2, 13)
opset(3, 17)


@model(4, observation=6, actions=5)
def torch_dynamo(path):
    torch = torch_seed()
    dynamo(mlp(6, 5), (torch.zeros(1, 6),), path, ["obs"], ["logits"], opset=21)


@model(5, observation=6, actions=5)
def torch_packed(path):
    """In two files as PyTorch writes it, torch_external.onnx and its data; and in one, as `policy check --out` makes it."""
    torch = torch_seed()
    split = HERE / "torch_external.onnx"
    dynamo(mlp(6, 5), (torch.zeros(1, 6),), str(split), ["obs"], ["logits"], external=True)
    onnx.save(onnx.load(split), path)


@model(6, observation=6, actions=5)
def torch_open_batch(path):
    torch = torch_seed()
    batch = {"obs": {0: "batch"}, "logits": {0: "batch"}}
    script(mlp(6, 5), (torch.zeros(1, 6),), path, ["obs"], ["logits"], 14, dynamic_axes=batch)


@model(7, observation=6, actions=5, states={"h_in": ("h_out", [1, 1, 8]), "c_in": ("c_out", [1, 1, 8])})
def torch_lstm(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = torch.nn.LSTM(6, 8, batch_first=True), torch.nn.Linear(8, 5)
            for parameter in self.parameters():
                torch.nn.init.normal_(parameter, std=0.7)

        def forward(self, obs, h, c):
            out, (h, c) = self.lstm(obs[:, None], (h, c))
            return self.head(out[:, 0]), h, c

    inputs = (torch.zeros(1, 6), torch.zeros(1, 1, 8), torch.zeros(1, 1, 8))
    script(Net().eval(), inputs, path, ["obs", "h_in", "c_in"], ["logits", "h_out", "c_out"], 17)


@model(8, observation=6, actions=5, states={"h": ("h_next", [1, 8])})
def torch_gru_dynamo(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = torch.nn.GRUCell(6, 8), torch.nn.Linear(8, 5)
            for parameter in self.parameters():
                torch.nn.init.normal_(parameter, std=0.7)

        def forward(self, obs, h):
            h = self.cell(obs, h)
            return self.head(h), h

    dynamo(Net().eval(), (torch.zeros(1, 6), torch.zeros(1, 8)), path, ["obs", "h"], ["logits", "h_next"])


@model(9, observation=5 * 4 * 3, actions=5, transposed=([5, 4, 3], [2, 0, 1]))
def torch_channels_first(path):
    torch = torch_seed()
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 5))
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    script(net.eval(), (torch.zeros(1, 3, 5, 4),), path, ["image"], ["logits"], 12)


@model(10, observation=9, actions=6, parts={"position": (0, 3), "velocity": (3, 9)}, heads=["move", "fire"])
def torch_parts_and_heads(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.move, self.fire, self.value = mlp(9, 8), mlp(8, 3), mlp(8, 2), mlp(8, 1)

        def forward(self, position, velocity):
            body = self.body(torch.cat([position, velocity], 1))
            return self.move(body), self.value(body), self.fire(body)

    inputs = (torch.zeros(1, 3), torch.zeros(1, 6))
    script(Net(), inputs, path, ["position", "velocity"], ["move", "value", "fire"], 16)


@model(11, observation=6, box=([-2.0, 0.0], [2.0, 1.0]), gaussian=("mu", "log_std"))
def torch_gaussian(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mu, self.log_std = mlp(6, 2), torch.nn.Parameter(torch.tensor([-0.5, 0.2]))

        def forward(self, obs):
            mu = self.mu(obs)
            return mu, self.log_std.expand_as(mu)

    script(Net(), (torch.zeros(1, 6),), path, ["obs"], ["mu", "log_std"], 15)


@model(12, observation=6, actions=5, mask="action_mask", masked=True)
def torch_mask_input(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp(6, 5)

        def forward(self, obs, mask):
            return self.net(obs).masked_fill(~mask, -torch.inf)

    inputs = (torch.zeros(1, 6), torch.ones(1, 5, dtype=torch.bool))
    script(Net(), inputs, path, ["obs", "action_mask"], ["logits"], 17)


@model(13, observation=6, actions=5, masked=True)
def torch_masked_outside(path):
    torch = torch_seed()
    dynamo(mlp(6, 5), (torch.zeros(1, 6),), path, ["obs"], ["logits"])


@model(14, observation=6, actions=5, action="action")
def torch_argmax(path):
    torch = torch_seed()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp(6, 5)

        def forward(self, obs):
            return self.net(obs).argmax(1)

    script(Net(), (torch.zeros(1, 6),), path, ["obs"], ["action"], 11)


def rest_of_the_row(agent, version):
    """`obs[:, 3:]`, for which PyTorch writes the largest 64-bit integer as the end."""

    @model(agent, observation=9, actions=5)
    def made(path):
        torch = torch_seed()

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = mlp(6, 5)

            def forward(self, obs):
                return self.net(obs[:, 3:])

        script(Net(), (torch.zeros(1, 9),), path, ["obs"], ["logits"], version)

    MODELS[f"torch_slice_{version}"] = MODELS.pop("made")


rest_of_the_row(15, 9)
rest_of_the_row(16, 13)


@model(17, observation=6, actions=5)
def cleanrl_ppo(path):
    torch = torch_seed()
    nn = torch.nn

    def layer_init(layer, std=np.sqrt(2), bias_const=0.0):
        nn.init.orthogonal_(layer.weight, std)
        nn.init.constant_(layer.bias, bias_const)
        return layer

    # The agent of CleanRL's ppo.py: a critic and an actor, of which the actor is exported.
    actor = nn.Sequential(
        layer_init(nn.Linear(6, 64)), nn.Tanh(), layer_init(nn.Linear(64, 64)), nn.Tanh(), layer_init(nn.Linear(64, 5), std=1.0)
    )
    script(actor, (torch.zeros(1, 6),), path, ["obs"], ["logits"], 17)


def sb3(policy, example, path, names, outputs, forward, deviation=0.3):
    """As Stable-Baselines3's documentation exports a policy."""
    import torch

    class Exported(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.policy = policy

        def forward(self, *inputs):
            return forward(self.policy, *inputs)

    for parameter in policy.parameters():
        torch.nn.init.normal_(parameter, std=deviation)
    script(Exported().eval(), example, path, names, outputs, 17)


def spaces_of(observed, action):
    import gymnasium

    class Dummy(gymnasium.Env):
        observation_space, action_space = observed, action

        def reset(self, seed=None, options=None):
            return self.observation_space.sample(), {}

        def step(self, action):
            return self.observation_space.sample(), 0.0, False, False, {}

    return Dummy()


@model(18, observation=6, actions=5, action="action")
def sb3_ppo(path):
    torch = torch_seed()
    from gymnasium.spaces import Box, Discrete
    from stable_baselines3 import PPO

    made = PPO("MlpPolicy", spaces_of(Box(-1, 1, (6,)), Discrete(5)), policy_kwargs={"net_arch": [16, 16]}, device="cpu")
    forward = lambda policy, obs: policy(obs, deterministic=True)
    sb3(made.policy, (torch.zeros(1, 6),), path, ["input"], ["action", "value", "log_prob"], forward)


@model(19, observation=6, box=([-2.0], [2.0]), action="action", scaled=True)
def sb3_sac(path):
    torch = torch_seed()
    from gymnasium.spaces import Box
    from stable_baselines3 import SAC

    made = SAC("MlpPolicy", spaces_of(Box(-1, 1, (6,)), Box(-2, 2, (1,))), policy_kwargs={"net_arch": [16, 16]}, device="cpu")
    # SAC's actor gives a squashed action from -1 to 1.
    sb3(made.policy.actor, (torch.zeros(1, 6),), path, ["obs"], ["action"], lambda actor, obs: actor(obs, deterministic=True))


@model(20, observation=6, actions=5, logits="q_values")
def sb3_dqn(path):
    torch = torch_seed()
    from gymnasium.spaces import Box, Discrete
    from stable_baselines3 import DQN

    made = DQN("MlpPolicy", spaces_of(Box(-1, 1, (6,)), Discrete(5)), policy_kwargs={"net_arch": [16, 16]}, buffer_size=1, device="cpu")
    sb3(made.policy.q_net, (torch.zeros(1, 6),), path, ["obs"], ["q_values"], lambda net, obs: net(obs), deviation=0.5)


@model(21, observation=9, actions=5, action="action", parts={"near": (0, 4), "far": (4, 9)})
def sb3_dictionary(path):
    torch = torch_seed()
    from gymnasium.spaces import Box, Dict, Discrete
    from stable_baselines3 import PPO

    observed = Dict({"far": Box(-1, 1, (5,)), "near": Box(-1, 1, (4,))})
    made = PPO("MultiInputPolicy", spaces_of(observed, Discrete(5)), policy_kwargs={"net_arch": [16, 16]}, device="cpu")
    forward = lambda policy, near, far: policy({"near": near, "far": far}, deterministic=True)[0]
    sb3(made.policy, (torch.zeros(1, 4), torch.zeros(1, 5)), path, ["near", "far"], ["action"], forward)


@model(22, observation=6, actions=5, logits="action_dist_inputs")
def rllib_ppo(path):
    torch = torch_seed()
    from gymnasium.spaces import Box, Discrete
    from ray.rllib.algorithms.ppo.torch.default_ppo_torch_rl_module import DefaultPPOTorchRLModule

    module = DefaultPPOTorchRLModule(
        observation_space=Box(-1, 1, (6,)), action_space=Discrete(5), model_config={"fcnet_hiddens": [16, 16]}, catalog_class=catalog()
    )
    rllib(module, path, (torch.zeros(1, 6),))


@model(23, observation=6, box=([-1.0, -1.0], [1.0, 1.0]), gaussian_in_one="action_dist_inputs")
def rllib_gaussian(path):
    torch = torch_seed()
    from gymnasium.spaces import Box
    from ray.rllib.algorithms.ppo.torch.default_ppo_torch_rl_module import DefaultPPOTorchRLModule

    module = DefaultPPOTorchRLModule(
        observation_space=Box(-1, 1, (6,)), action_space=Box(-1, 1, (2,)), model_config={"fcnet_hiddens": [16, 16]}, catalog_class=catalog()
    )
    rllib(module, path, (torch.zeros(1, 6),))


def catalog():
    from ray.rllib.algorithms.ppo.ppo_catalog import PPOCatalog

    return PPOCatalog


def rllib(module, path, example):
    import torch
    from ray.rllib.core.columns import Columns

    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)

    class Exported(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, obs):
            return self.module.forward_inference({Columns.OBS: obs})[Columns.ACTION_DIST_INPUTS]

    script(Exported().eval(), example, path, ["obs"], ["action_dist_inputs"], 17)


@model(24, observation=6, actions=5, logits="logits")
def jax_mlp(path):
    import jax
    import jax.numpy as jnp
    from jax2onnx import to_onnx

    keys = jax.random.split(jax.random.PRNGKey(7), 3)
    weights = [0.6 * jax.random.normal(key, shape) for key, shape in zip(keys, [(6, 16), (16, 16), (16, 5)])]

    def net(obs):
        hidden = jnp.tanh(obs @ weights[0])
        return jax.nn.relu(hidden @ weights[1]) @ weights[2]

    made = to_onnx(net, [jax.ShapeDtypeStruct((1, 6), jnp.float32)], model_name="jax", opset=21)
    renamed(made, path, ["obs"], ["logits"])


@model(25, observation=6, actions=5, logits="logits")
def tensorflow_keras(path):
    import tensorflow as tf
    import tf2onnx

    tf.keras.utils.set_random_seed(7)
    start = tf.keras.initializers.RandomNormal(stddev=0.6)
    layers = [
        tf.keras.layers.Dense(16, "tanh", kernel_initializer=start),
        tf.keras.layers.Dense(16, "elu", kernel_initializer=start),
        tf.keras.layers.Dense(5, kernel_initializer=start),
    ]

    @tf.function(input_signature=[tf.TensorSpec((None, 6), tf.float32, name="obs")])
    def net(obs):
        for layer in layers:
            obs = layer(obs)
        return {"logits": obs}

    tf2onnx.convert.from_function(net, input_signature=net.input_signature, opset=15, output_path=str(path))


@model(26, observation=4 * 4 * 2, actions=5, whole=True)
def tensorflow_image_of_bytes(path):
    import tensorflow as tf
    import tf2onnx

    tf.keras.utils.set_random_seed(7)
    start = tf.keras.initializers.RandomNormal(stddev=0.5)
    conv = tf.keras.layers.Conv2D(4, 3, activation="relu", kernel_initializer=start)
    head = tf.keras.layers.Dense(5, kernel_initializer=start)

    # Height × width × channels, as TensorFlow has images.
    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 2), tf.uint8, name="obs")])
    def net(obs):
        hidden = conv(tf.cast(obs, tf.float32) / 41.0)
        return {"logits": head(tf.reshape(hidden, (-1, 16)))}

    tf2onnx.convert.from_function(net, input_signature=net.input_signature, opset=13, output_path=str(path))


def renamed(made, path, inputs, outputs):
    """Gives a model's tensors the names by which it is used."""
    names = dict(zip([value.name for value in made.graph.input], inputs)) | dict(zip([value.name for value in made.graph.output], outputs))
    for node in made.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in [*made.graph.input, *made.graph.output]:
        value.name = names[value.name]
    onnx.save(made, path)


def anonymous(path: Path) -> None:
    """Takes out where on this machine each node was written down, which PyTorch notes."""
    made = onnx.load(path, load_external_data=False)
    for thing in [made, made.graph, *made.graph.node, *made.graph.value_info, *made.graph.input, *made.graph.output]:
        del thing.metadata_props[:]
        thing.doc_string = ""
    path.write_bytes(made.SerializeToString())


TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(uint8)": np.uint8, "tensor(bool)": bool}


def actions(agent: int, said: dict, path: Path) -> list:
    """What a model does in each tick by its outputs in onnxruntime."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {value.name: value for value in session.get_inputs()}
    outputs = [value.name for value in session.get_outputs()]
    states = {name: np.zeros(shape, np.float32) for name, (_, shape) in said.get("states", {}).items()}
    parts, done = said.get("parts"), []
    for tick in range(TICKS):
        seen = observation(agent, tick, said["observation"], said.get("whole", False))
        if "transposed" in said:
            shape, axes = said["transposed"]
            seen = np.transpose(seen.reshape(shape), axes).ravel()
        feed = dict(states)
        mask = allowed(agent, tick, said.get("actions", 1))
        for name, value in inputs.items():
            if name in states:
                continue
            if name == said.get("mask"):
                numbers = mask
            else:
                low, high = parts[name] if parts else (0, len(seen))
                numbers = seen[low:high]
            shape = [dim if isinstance(dim, int) else 1 for dim in value.shape]
            feed[name] = numbers.reshape(shape).astype(TYPES[value.type])
        out = dict(zip(outputs, session.run(None, feed)))
        states = {name: out[output] for name, (output, _) in said.get("states", {}).items()}
        done.append(action(said, out, mask))
    return done


def action(said: dict, out: dict, mask: np.ndarray):
    if "box" in said:
        low, high = (np.asarray(bound, np.float32) for bound in said["box"])
        name = said.get("action") or said.get("gaussian_in_one") or said["gaussian"][0]
        numbers = out[name].ravel()[: len(low)]
        if said.get("scaled"):
            numbers = low + (numbers + 1) * 0.5 * (high - low)
        return [float(number) for number in np.clip(numbers, low, high)]
    if "action" in said:
        return int(out[said["action"]].ravel()[0])
    heads = [out[name].ravel() for name in said.get("heads", [said.get("logits", "logits")])]
    logits = heads[0]
    for head in heads[1:]:
        logits = (logits[:, None] + head[None, :]).ravel()
    if said.get("masked"):
        logits = np.where(mask, logits, -np.inf)
    best = np.sort(logits)
    assert best[-1] - best[-2] > 1e-3, "two actions are equally good: rounding would decide"
    return int(np.argmax(logits))


def main() -> None:
    warnings.filterwarnings("ignore")
    written = HERE / "actions.json"
    known = json.loads(written.read_text()) if written.exists() else {}
    for name, (agent, said, make) in MODELS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        path = HERE / f"{name}.onnx"
        try:
            make(str(path))
        except ImportError as missing:
            print(f"{name}: {missing}")
            continue
        for written_now in [path, HERE / "torch_external.onnx"] if name == "torch_packed" else [path]:
            anonymous(written_now)
        done = actions(agent, said, path)
        different = len({json.dumps(one) for one in done})
        assert different > 1, f"{name} always does the same"
        opset = next(item.version for item in onnx.load(path, load_external_data=False).opset_import if item.domain in ("", "ai.onnx"))
        known[name] = done
        print(f"{name}: operator set {opset}, {path.stat().st_size} bytes, {different} different actions")
    written.write_text(json.dumps(known, separators=(",", ":")).replace('"],"', '"],\n"').replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
