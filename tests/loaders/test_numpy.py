"""The call that the adapters must agree with."""

from bitaug._images import files as _files

from .photos import AT, DIGEST, EPOCH, PIPELINE, digest


def test_digest(folder):
    files = _files.find(folder)
    images = [_files.read(path) for path in files.values()]
    made = PIPELINE(images, **AT, epoch=EPOCH, index=list(files))
    assert digest(dict(zip(files, made, strict=True))) == DIGEST
