"""A trainer elsewhere: tells of a run, as a test wants it. ``trainer.py PACKAGE URL RUN TOKEN MODEL``; what it is told to do
comes as lines of JSON, and what came of it goes back so."""

import importlib.util
import json
import logging
import sys

import numpy as np

package, url, run, token, model = sys.argv[1:]
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
spec = importlib.util.spec_from_file_location("footlights_broadcast", f"{package}/footlights/broadcast.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


def say(**told):
    print(json.dumps(told), flush=True)


try:
    live = module.Broadcast(url, "hamlet-v0", run=run, token=token, episodes=30, config={"variant": "mood"})
except module.BroadcastError as error:
    say(refused=str(error))
    sys.exit(0)
say(accepted=True, viewers=live.viewers)
for line in sys.stdin:
    wanted = json.loads(line)
    match wanted["do"]:
        case "episodes":
            for number in wanted["numbers"]:
                live.episode(number, reward=float(number), length=10 * number, loss=0.5)
            live.metrics(wanted["numbers"][-1], {"train/loss": 0.25, "nonsense": float("nan")})
        case "frame":
            live.frame(np.full((40, 60, 3), 200, np.uint8), episode=1, step=3, reward=0.5)
        case "checkpoint":
            live.checkpoint(model, wanted["label"], output="q_values", steps=100)
        case "nonsense":
            live.checkpoint(b"nonsense", wanted["label"], output="logits")
        case "state":
            say(paused=live.paused, stopped=live.stopped)
        case "close":
            live.close()
            say(closed=True)
            break
