"""The first batches of two epochs, as torch's real DataLoader gives them."""

import bitaug as ba
from bitaug.torch import Augmented, DataLoader, Sampler

from .common import CROP, batches, load_photos


def draw() -> None:
    dataset = load_photos(24)
    rows = []
    for epoch in (0, 1):
        for workers, start in ((0, None), (2, "fork"), (3, "spawn")):
            augmented = Augmented(dataset, CROP, seed=42, stream="train")
            sampler = Sampler(ba.Order(24, seed=42, stream="train"), 8)
            sampler.set_epoch(epoch)
            options = {"num_workers": workers, "multiprocessing_context": start}
            loader = DataLoader(augmented, sampler=sampler, **options)
            batch = next(iter(loader)).numpy()
            how = f"epoch {epoch}, {workers} workers" + (f" ({start})" if start else "")
            rows.append((how, batch))
    batches("the first batch of 8, and the digest of its bytes", rows, "pytorch.png")
