import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--games", type=int, default=150, help="games that are compared with overcooked_ai")
    parser.addoption("--episodes", type=int, default=100, help="episodes of each control task that are compared")


@pytest.fixture
def games(request):
    return request.config.getoption("--games")


@pytest.fixture
def episodes(request):
    return request.config.getoption("--episodes")


@pytest.fixture
def xtask():
    """The program that prints rollouts."""
    return os.environ["FOOTLIGHTS_XTASK"]


@pytest.fixture
def fixtures():
    return os.path.join(os.path.dirname(__file__), "../fixtures/previous-build")
