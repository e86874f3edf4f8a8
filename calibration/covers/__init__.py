"""Learning of what covers a face, from portraits with drawings on them."""
