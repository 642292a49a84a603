"""Learns what people did, and writes it as an ONNX model.

    python -m footlights.recipes.clone data/kitchen --scene cramped_room --out models/human.onnx

Behavioural cloning: a network learns to give the actions of people the highest probability. The human proxy of Carroll et al.
2019 (https://arxiv.org/abs/1910.05789) is one of these: it is trained on one half of the games, and a policy that was trained
beside it is tried with another one from the other half. ``--half first`` and ``--half second`` divide the games so. People mostly
stand still and rarely do what matters, so a row counts by the inverse of how often its action is taken, as there.
"""

from __future__ import annotations

import argparse
import copy

import numpy as np
import torch
from torch import nn

from footlights.data import Demonstrations, demonstrations
from footlights.recipes.ppo import Network, save


def learn(shown: Demonstrations, args: argparse.Namespace) -> tuple[Network, float]:
    """The network that does best on games that it did not learn from, and how often its most likely action is theirs."""
    torch.manual_seed(args.seed)
    if shown.actions.ndim != 1:
        raise SystemExit("the actions are continuous, and this program learns discrete ones")
    games = np.unique(shown.games)
    halves = {"first": games[: (len(games) + 1) // 2], "second": games[(len(games) + 1) // 2 :], "all": games}
    kept = np.isin(shown.games, halves[args.half])
    seen = torch.from_numpy(shown.observations[kept]).float()
    done = torch.from_numpy(shown.actions[kept]).long()
    if len(done) < 10:
        raise SystemExit(f"only {len(done)} actions of people are there: {len(games)} games, half: {args.half}")
    # Whole games are held back where there are several: neighbouring steps are almost alike.
    own = np.unique(shown.games[kept])
    held_back = np.isin(shown.games[kept], own[::5]) if len(own) > 4 else np.arange(len(done)) % 5 == 0
    test, train = torch.from_numpy(held_back), torch.from_numpy(~held_back)

    network = Network(seen.shape[1], args.actions or int(done.max()) + 1, args.hidden)
    network.notice(seen[train])
    counts = torch.bincount(done[train], minlength=network.actor[-1].out_features).float()
    weights = (counts.sum() / counts.clamp(min=1.0)) ** args.balance
    loss_of = nn.CrossEntropyLoss(weight=weights)
    optimiser = torch.optim.Adam(network.actor.parameters(), lr=args.rate)
    best, best_loss, waited = copy.deepcopy(network), float("inf"), 0
    for epoch in range(args.epochs):
        rows = torch.nonzero(train).squeeze(-1)
        for batch in rows[torch.randperm(len(rows))].split(args.batch):
            loss = loss_of(network(seen[batch]), done[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            held = float(loss_of(network(seen[test]), done[test]))
        waited = 0 if held < best_loss else waited + 1
        if waited == 0:
            best, best_loss = copy.deepcopy(network), held
        if waited > args.patience:
            break
    with torch.no_grad():
        right = float((best(seen[test]).argmax(-1) == done[test]).float().mean())
    return best, right


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", help="the folder that `export --to DIR` made for an experiment")
    parser.add_argument("--scene", help="the game scene, where the experiment has several")
    parser.add_argument("--out", required=True, help="where the ONNX model goes")
    parser.add_argument("--actions", type=int, default=0, help="how many actions there are, if people did not take all of them")
    parser.add_argument("--half", choices=["first", "second", "all"], default="all", help="which of the games it learns from")
    parser.add_argument("--balance", type=float, default=0.5, help="0: every row counts alike; 1: every action does")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--patience", type=int, default=10, help="epochs without an improvement before it ends")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(words)


def main() -> None:
    args = arguments()
    shown = demonstrations(args.export, args.scene)
    network, right = learn(shown, args)
    save(network, args.out)
    print(f"{args.out}: learnt from {len(shown)} actions; of those held back, {100 * right:.0f} % are its most likely ones")


if __name__ == "__main__":
    main()
