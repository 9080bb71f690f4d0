"""What a value is: kinds of fields, numbers, names, and how errors show them."""
