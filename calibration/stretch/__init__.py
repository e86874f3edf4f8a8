"""Learning of how far a picture was squeezed or stretched, from the face in it."""
