"""Takes what a loader gives, and saves after each batch where it is, in one file."""

import json
import sys
from pathlib import Path

from ..samples import EPOCHS
from .common import augmented, loader, seen, source, unbatched, workers


def main(folder, kind, count):
    saved = Path(folder, "saved.json")
    if kind == "loader":
        batches = iter(loader(source(epochs=EPOCHS), worker_count=count))
    else:
        made = augmented().shuffle(seed=5).repeat(EPOCHS).batch(4).to_iter_dataset()
        batches = iter(made.mp_prefetch(workers(count)) if count else made)
    samples = []
    if saved.exists():
        state, samples = json.loads(saved.read_text())
        batches.set_state(state.encode() if kind == "loader" else state)
    for batch in batches:
        samples += seen(unbatched([batch]))
        state = batches.get_state()
        state = state.decode() if kind == "loader" else state
        Path(folder, "new.json").write_text(json.dumps([state, samples]))
        Path(folder, "new.json").replace(saved)
        print(len(samples), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
