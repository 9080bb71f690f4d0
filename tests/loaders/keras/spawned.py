"""Trains with spawned processes, and prints what the model was given."""

import multiprocessing

import bitaug.keras as bk

from .common import Recorder, dataset

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    train = dataset(workers=1, use_multiprocessing=True)
    model = Recorder()
    model.fit(train, initial_epoch=3, epochs=5, callbacks=[bk.Epochs(train)])
    print(model.trained)
