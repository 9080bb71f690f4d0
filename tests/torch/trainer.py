"""A training process that can be killed: python -m tests.torch.trainer OUT OPTIONS-AS-JSON.

It writes what each step saw, saves the loader's state after each step, and goes on from it.
"""

import json
import sys
from pathlib import Path

import bitaug.torch as bt

from .common import augmented, order, seen

EPOCHS, GLOBAL = 3, 6


def main(folder, rank, world_size, workers, set_epoch=True, iterable=False):
    options = {"rank": rank, "world_size": world_size}
    if iterable:
        dataset = bt.Iterable(
            augmented().dataset, augmented().pipeline, order(), GLOBAL,
            seed=42, stream="train", **options,
        )  # fmt: skip
        loader = bt.DataLoader(dataset, num_workers=workers)
    else:
        sampler = bt.Sampler(order(), GLOBAL, **options)
        loader = bt.DataLoader(augmented(), sampler=sampler, num_workers=workers)
    saved = folder / "state.json"
    if saved.exists():
        loader.load_state_dict(json.loads(saved.read_text()))
    with (folder / "steps.jsonl").open("a") as steps:
        for epoch in range(loader.epoch, EPOCHS):
            if set_epoch:
                loader.set_epoch(epoch)
            for batch in loader:
                state = loader.state_dict()
                steps.write(json.dumps([state["epoch"], state["position"], seen([batch])]) + "\n")
                steps.flush()
                # Killed before this, it makes the step again.
                new = folder / "new.json"
                new.write_text(json.dumps(state))
                new.replace(saved)
                print("step", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), **json.loads(sys.argv[2]))
