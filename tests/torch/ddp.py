"""Lightning on two processes: python -m tests.torch.ddp FOLDER early|late."""

import json
import sys
from pathlib import Path

import bitaug.torch as bt

from .common import augmented, order, seen
from .lightning_module import Recorder, trainer

EPOCHS, GLOBAL = 2, 6


class Ranked(Recorder):
    """Its loader is made when the ranks are known."""

    def train_dataloader(self):
        return bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL, remainder="drop"))

    def on_train_end(self):
        rows = [[epoch, seen([batch])] for epoch, batch in self.batches]
        (self.folder / f"{self.global_rank}.json").write_text(json.dumps(rows))


def main(folder, when):
    model = Ranked()
    model.folder = folder
    loaders = [model.train_dataloader()] if when == "early" else []
    options = {"strategy": "ddp_spawn", "devices": 2, "max_epochs": EPOCHS}
    trainer(folder, **options).fit(model, *loaders)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
