"""Drawing of covers, changes and harmless things on photos of faces, to evaluate what is said about a picture.

Everything is anchored on the 478 landmarks of the bare photo and drawn from a seeded generator. None of these drawings
was used to learn or tune a detector.
"""
