from collections.abc import Sequence
from typing import Any, Literal

from numpy import int64, uint32, uint64
from numpy.typing import NDArray

__version__: str

class DefaultEnvironment:
    def __enter__(self) -> None: ...
    def __exit__(self, *raised: object) -> None: ...

class Keys:
    def __new__(cls, keys: Any) -> Keys: ...

class Pipeline:
    def __new__(cls, node: str, functions: dict[str, Any] | None = None) -> Pipeline: ...
    @staticmethod
    def from_json(text: str, functions: dict[str, Any] | None = None) -> Pipeline: ...
    def to_json(self) -> str: ...
    def node(self) -> str: ...
    def digest(self) -> str: ...
    def samples(
        self,
        images: Any,
        beside: list[tuple[Any, ...]] | None,
        seed: Any,
        epoch: Any,
        index: Any,
        stream: Any,
        repeat: Any,
        layout: str | None,
        threads: int,
        sparing: bool,
        out: Any,
        stack: bool,
        form: Literal["batch", "image", "clip"] = "batch",
        params: str | None = None,
        limit: int | None = None,
        fuse: bool = True,
        partners: tuple[int | Keys, list[tuple[int, Any, tuple[Any, ...]]]] | None = None,
    ) -> tuple[Any, list[tuple[Any, ...]]]: ...
    def params(
        self,
        *,
        seed: Any,
        epoch: Any,
        index: Any,
        stream: Any,
        repeat: Any,
        shape: list[int],
        dtype: str,
        beside: tuple[Any, ...] | None = None,
        partners: tuple[int | Keys, list[tuple[int, Any, tuple[Any, ...]]]] | None = None,
        layout: str | None = None,
    ) -> str: ...
    def mixes(self) -> bool: ...
    def others(
        self,
        seed: Any,
        epoch: Any,
        index: Any,
        stream: Any,
        repeat: Any,
        places: int | Keys,
        params: str | None = None,
    ) -> list[int]: ...
    def output(self, shape: list[int], dtype: str) -> tuple[str, bool, list[int] | None]: ...

def address(
    seed: Any, epoch: Any, index: Any, stream: Any, repeat: Any
) -> tuple[int, int, int, int, int]: ...

class Order:
    def __new__(cls, n: int, seed: int, stream: str) -> Order: ...
    def indices(self, epoch: int, positions: NDArray[uint64]) -> NDArray[uint64]: ...
    def positions(self, epoch: int, indices: NDArray[uint64]) -> NDArray[uint64]: ...

def members(
    seed: int,
    stream: str,
    epoch: int,
    groups: NDArray[uint64],
    sizes: NDArray[uint64],
    positions: NDArray[uint64],
) -> NDArray[uint64]: ...
def member_positions(
    seed: int,
    stream: str,
    epoch: int,
    groups: NDArray[uint64],
    sizes: NDArray[uint64],
    members: NDArray[uint64],
) -> NDArray[uint64]: ...
def dealt(
    seed: int,
    stream: str,
    n: int,
    cumulative: NDArray[uint64],
    epoch: int,
    slots: NDArray[uint64],
) -> tuple[NDArray[uint64], NDArray[uint64]]: ...
def dealt_to(
    seed: int, stream: str, n: int, cumulative: NDArray[uint64], epoch: int, index: int
) -> tuple[int, int]: ...

class Tally:
    def __new__(cls) -> Tally: ...
    def add(self, images: Any, layout: str | None, threads: int) -> None: ...
    def skip(self) -> None: ...
    def whole(self) -> tuple[str, int, int, NDArray[uint64]] | None: ...
    def floats(self) -> list[tuple[int, int, float, float, list[tuple[int, int]]]]: ...

def nearest(
    queries: NDArray[uint64], keys: NDArray[uint64], limit: int, alone: bool, threads: int
) -> tuple[NDArray[int64], NDArray[int64]]: ...
def digest(array: NDArray[Any]) -> str: ...
def layout(
    place: str,
    shape: Sequence[int],
    label: str | None,
    expected: Literal["image", "batch", "either", "images"],
    tensor: bool = False,
) -> str: ...
def likely_layout(shape: Sequence[int], tensor: bool = False) -> str | None: ...
def levels() -> list[str]: ...
def simd() -> str: ...
def containers() -> list[tuple[str, int, str]]: ...
def mixes(height: int, width: int, channels: int) -> list[tuple[str, int, str]]: ...
def registry(height: int, width: int, channels: int) -> list[tuple[str, int, str]]: ...
def schemas() -> str: ...
def philox(counter: NDArray[uint32], key: NDArray[uint32]) -> NDArray[uint32]: ...
def fold(key: NDArray[uint64], word: NDArray[uint64], tag: int) -> NDArray[uint64]: ...
def label(text: str) -> int: ...
def op_key(seed: int, stream: str, repeat: int, path: str) -> int: ...
def words(
    op_key: int, n: int, *, epoch: int, index: Any, plane: int | None, first: int
) -> NDArray[uint32]: ...
