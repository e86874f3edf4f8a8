"""The lowest layer, which every other layer may use."""
