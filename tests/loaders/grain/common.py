"""The samples in Grain's ways. Everything here can be sent to a spawned worker."""

import grain

import bitaug.grain as bg

from ..samples import AT, ORDER, PIPELINE, Photos, digest


def augmented(**options):
    return bg.augment(grain.MapDataset.source(Photos()), PIPELINE, **(AT | options))


def workers(count):
    return grain.multiprocessing.MultiprocessingOptions(num_workers=count)


def seen(samples):
    """(label, digest) of each, in the order they come."""
    return [(int(label), digest(image)) for image, label in samples]


def unbatched(batches):
    return [sample for batch in batches for sample in zip(*batch, strict=True)]


def source(**options):
    return bg.Source(Photos(), PIPELINE, ORDER, **(AT | options))


def loader(data_source, batch_size=4, **options):
    sampler = grain.samplers.SequentialSampler(len(data_source))
    options = {"shard_options": grain.sharding.NoSharding()} | options
    batch = grain.transforms.Batch(batch_size)
    return grain.DataLoader(data_source=data_source, sampler=sampler, operations=[batch], **options)
