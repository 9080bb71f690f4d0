"""What is checked of an address before the core reads it."""

from typing import Any

from .._values.fields import text as text_kind


class StreamLabel(int):
    """A stream of which only the label is known, as receipts have it."""


def check_names(stream: Any, layout: Any) -> None:
    """Refuses a stream or layout that is no text."""
    known = type(stream) is str and stream.isascii()
    if not known and not isinstance(stream, StreamLabel):
        text_kind(stream, "stream")
    if layout is not None:
        text_kind(layout, "layout")


def check_key(index: Any) -> None:
    """Refuses a key that UTF-8 cannot hold."""
    if isinstance(index, str) and not index.isascii():
        text_kind(index, "index")
