"""Converts dlib's face recognition network, as `gwansang models fetch` brings it, into the .tflite file of the service.

    python -m tools.convert_face_network [MODEL_DIR]

Runs once a machine (`make models`). Its libraries (requirements-models.lock) are no dependency of the service.
"""
