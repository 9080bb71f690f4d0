"""The photos in shards, a folder each, as `astronaut/00.png`'s are in `astronaut.tar`."""

import io
import tarfile

import pytest

from bitaug._images.files import find


def pytest_configure(config):
    # webdataset leaves it to the garbage collector to close shards.
    config.addinivalue_line("filterwarnings", r"ignore:unclosed file.*\.tar:ResourceWarning")


def write_shard(path, members):
    """A tar of bytes by their names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as shard:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    return str(path)


@pytest.fixture(scope="session")
def shards(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("shards")
    members = {}
    for key, path in find(folder).items():
        shard, name = key.split("/")
        members.setdefault(shard, []).append((name, path.read_bytes()))
    assert len(members) == 4
    return [write_shard(root / f"{shard}.tar", inner) for shard, inner in members.items()]
