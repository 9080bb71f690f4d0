"""One small Ray for all tests here."""

import os
import warnings

import pytest
import ray.data


def pytest_configure(config):
    # Ray leaves it to the garbage collector to close the logs of its data sets.
    config.addinivalue_line("filterwarnings", r"ignore:unclosed file.*ray-data:ResourceWarning")


@pytest.fixture(scope="session", autouse=True)
def _ray():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=200 * 2**20,
        log_to_driver=False,
        logging_level="ERROR",
    )
    with warnings.catch_warnings():
        # Setting its own defaults, it finds some deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()
