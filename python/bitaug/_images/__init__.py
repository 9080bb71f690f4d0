"""Images from where people have them: files, Pillow, arrays, data sets."""
