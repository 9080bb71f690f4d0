"""The data set that a user begins with."""

from PIL import Image
from torch.utils.data import Dataset


class Photos(Dataset):
    """Pictures in folders; a sample is a PIL image and its path relative to the root."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(path.relative_to(root).as_posix() for path in root.glob("*/*.png"))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.root / self.paths[index]) as image:
            return image.convert("RGB"), self.paths[index]
