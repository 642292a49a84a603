"""The Python snippets of the book."""

import os
import re


def test_the_snippets_of_the_book_run(fixtures, tmp_path, monkeypatch):
    names = {
        "example_replay": os.path.abspath(f"{fixtures}/mountain_car.msgpack"),
        "example_export": os.environ.get("FOOTLIGHTS_EXPORT"),
    }
    # Some of them write files.
    monkeypatch.chdir(tmp_path)
    for chapter, least in [("python.md", 5), ("training.md", 1)]:
        path = os.path.join(os.path.dirname(__file__), "../../docs/book/src", chapter)
        with open(path, encoding="utf-8") as file:
            snippets = re.findall(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        assert len(snippets) >= least
        for snippet in snippets:
            exec(compile(snippet, chapter, "exec"), names)
