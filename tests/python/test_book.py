"""The snippets of the book's chapter about Python."""

import os
import re


def test_the_snippets_of_the_book_run(fixtures, tmp_path, monkeypatch):
    chapter = os.path.join(os.path.dirname(__file__), "../../docs/book/src/python.md")
    with open(chapter, encoding="utf-8") as file:
        snippets = re.findall(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
    assert len(snippets) >= 5
    names = {
        "example_replay": os.path.abspath(f"{fixtures}/mountain_car.msgpack"),
        "example_export": os.environ.get("FOOTLIGHTS_EXPORT"),
    }
    # Some of them write files.
    monkeypatch.chdir(tmp_path)
    for snippet in snippets:
        exec(compile(snippet, chapter, "exec"), names)
