"""A file of TensorBoard's events, written without a thread: what fails is told to whoever writes."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

PATTERN = "events.out.tfevents.*"
# what the compiler of protocol buffers makes is not seen by type checkers
proto: Any = event_pb2
Summary: Any = summary_pb2.Summary  # pyright: ignore[reportAttributeAccessIssue]


class Events:
    """One more file in a folder of events, which the others come before; open only while it is written.

    Args:
        folder: Is made if need be.
        purge: Hide what the other files say of this step and later ones; 0 to hide nothing.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, folder: Path, purge: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        before = sum(1 for _ in folder.glob(PATTERN))  # in the name, as two files may be of one second
        name = f"events.out.tfevents.{int(time.time()):010d}.{before:04d}.{platform.node()}.{os.getpid()}"
        self._path = folder / name
        self._pending: list[Any] = []
        self._event(file_version="brain.Event:2")
        if purge:
            self._event(session_log=proto.SessionLog(status=proto.SessionLog.START), step=purge)
        self.write()

    def add(self, summary: Any, step: int) -> None:
        """Keep a summary until `write`."""
        self._event(summary=summary, step=step)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Keep a point of a curve."""
        self.add(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), step)

    def picture(self, tag: str, png: bytes, size: tuple[int, int], step: int) -> None:
        """Keep an RGB picture of (width, height) as it is encoded."""
        image = Summary.Image(encoded_image_string=png, width=size[0], height=size[1], colorspace=3)
        self.add(Summary(value=[Summary.Value(tag=tag, image=image)]), step)

    def write(self) -> None:
        """Write all that is kept.

        Raises:
            OSError: The disk is full, for example; what the file may end in then is no event, and none may follow.
        """
        with self._path.open("ab") as file:
            records = RecordWriter(file)
            for event in self._pending:
                records.write(event.SerializeToString())
        self._pending.clear()

    def _event(self, **what: Any) -> None:
        self._pending.append(proto.Event(wall_time=time.time(), **what))
