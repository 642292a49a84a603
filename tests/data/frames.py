"""Reads an exported study as an analyst does, without an option: pandas and DuckDB find the codebook's columns.

python frames.py FOLDER   # the folder that has dataset/ in it
"""

import json
import pathlib
import sys

import duckdb
import pandas


def main(folder: pathlib.Path) -> None:
    dataset = folder / "dataset"
    described = json.loads((dataset / "dataset_description.json").read_text(encoding="utf-8"))
    variables = {}
    for variable in described["variableMeasured"]:
        table, _, name = variable["propertyID"].partition(":")
        variables.setdefault(table, []).append(name)
    seen = 0
    for part in described["distribution"]:
        for path in sorted(dataset.glob(part["contentUrl"])):
            expected = variables[part["name"]]
            frame = pandas.read_csv(path)
            assert list(frame.columns) == expected, f"{path}: pandas finds {list(frame.columns)}"
            relation = duckdb.read_csv(str(path))
            assert relation.columns == expected, f"{path}: DuckDB finds {relation.columns}"
            rows = len(relation)
            assert rows == len(frame), f"{path}: DuckDB finds {rows} rows, pandas {len(frame)}"
            for name in [name for name in expected if name.startswith(("rewards.", "observations."))]:
                assert pandas.api.types.is_numeric_dtype(frame[name]), f"{path}: {name} is no number"
            seen += 1
    assert seen >= 2, f"{folder} has {seen} tables"
    print(f"{folder}: {seen} tables")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        main(pathlib.Path(argument))
