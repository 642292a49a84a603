"""The Python snippets of the book."""

import json
import re
import shutil
import tarfile
from pathlib import Path

BOOK = Path(__file__).parents[2] / "docs/book/src"


def test_the_snippets_of_the_book_run(fixtures, tmp_path, monkeypatch):
    # Where they are run, there are the exports that the chapters make.
    previous, own = Path(fixtures), Path(fixtures).parent
    for archive, folder, name in [
        (previous / "export.tar.gz", "mountain_car_conditions", "coins"),
        (own / "kitchen.tar.gz", "kitchen", "kitchen"),
    ]:
        with tarfile.open(archive) as packed:
            packed.extractall(tmp_path, filter="data")
        shutil.copytree(tmp_path / folder, tmp_path / "data" / name)
    replays = tmp_path / "data/coins/dataset/records/replays"
    shutil.copy(next(replays.iterdir()), replays / "GAME.msgpack")
    monkeypatch.chdir(tmp_path)
    names = {}
    for chapter, least in [("python.md", 7), ("training.md", 1)]:
        snippets = re.findall(r"^```python\n(.*?)^```", (BOOK / chapter).read_text("utf-8"), re.MULTILINE | re.DOTALL)
        assert len(snippets) >= least
        for snippet in snippets:
            exec(compile(snippet, chapter, "exec"), names)
    assert names["games"]["rewards.player_0"].sum().tolist() == [80.0]
    assert names["games"]["state.deliveries"].max().tolist() == [6.0]
    assert len(names["shown"].actions) > 100
    episodes = json.loads(Path("games.json").read_text("utf-8"))
    assert [len(rewards) for rewards in episodes["ep_rewards"]] == [400]
