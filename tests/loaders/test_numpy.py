"""The call that the adapters must agree with."""

from bitaug._images.files import find, read

from .photos import AT, DIGEST, EPOCH, PIPELINE, digest


def test_digest(folder):
    files = find(folder)
    images = [read(path) for path in files.values()]
    made = PIPELINE(images, **AT, epoch=EPOCH, index=list(files))
    assert digest(dict(zip(files, made, strict=True))) == DIGEST
