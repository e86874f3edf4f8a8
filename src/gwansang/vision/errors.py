"""Errors of photos and clips that give no face; each message names the remedy."""

from gwansang.core.exceptions import InvalidInput, Malformed, TooLarge, Unavailable


class UnsupportedImageTypeError(Malformed):
    """Carries `format`, "heic" or "avif", in its context for photos in these formats."""

    # Not UnsupportedMedia: that is for the content type of a request, and this for the bytes of a file in it.
    code = "UNSUPPORTED_IMAGE_TYPE"
    title = "Not a JPEG, PNG or WebP image"


class EmptyImageError(InvalidInput):
    code = "EMPTY_FILE"
    title = "The file is empty"


class CorruptImageError(InvalidInput):
    code = "IMAGE_CORRUPT"
    title = "The image can't be decoded"


class ImageTooLargeError(TooLarge):
    code = "IMAGE_TOO_LARGE"
    title = "The image has too many pixels"


class ImageTooSmallError(InvalidInput):
    code = "IMAGE_TOO_SMALL"
    title = "The image is too small"


class NoFaceError(InvalidInput):
    code = "NO_FACE"
    title = "No face found"


class MultipleFacesError(InvalidInput):
    """Carries `count` in its context."""

    code = "MULTIPLE_FACES"
    title = "Several faces found"


class FaceTooSmallError(InvalidInput):
    code = "FACE_TOO_SMALL"
    title = "The face is too small"


class FaceTurnedError(InvalidInput):
    """Carries `yaw_deg` and `pitch_deg` in its context."""

    code = "FACE_TURNED"
    title = "The face is turned too far"


class FaceCoveredError(InvalidInput):
    """Carries `covered` regions in its context."""

    code = "FACE_COVERED"
    title = "Most of the face is covered"


class FaceBlurredError(InvalidInput):
    code = "FACE_BLURRED"
    title = "The face is too blurred"


class FaceCutOffError(InvalidInput):
    code = "FACE_CUT_OFF"
    title = "The face is not wholly in the picture"


class DegenerateLandmarksError(InvalidInput):
    code = "DEGENERATE_LANDMARKS"
    title = "The landmarks don't form a face"


class UnsupportedVideoTypeError(Malformed):
    """Carries `codec` in its context if the container is supported."""

    code = "UNSUPPORTED_VIDEO_TYPE"
    title = "Not an MP4, MOV, 3GP, WebM or Matroska video"


class CorruptVideoError(InvalidInput):
    code = "VIDEO_CORRUPT"
    title = "The video can't be decoded"


class NoVideoError(InvalidInput):
    code = "NO_VIDEO"
    title = "There are no pictures in the file"


class VideoTooLongError(TooLarge):
    """Carries `max_seconds` in its context."""

    code = "VIDEO_TOO_LONG"
    title = "The video is too long"


class VideoTooLargeError(TooLarge):
    """Carries the limits in its context."""

    code = "VIDEO_TOO_LARGE"
    title = "The video has too many pixels or pictures"


class VideoTooComplexError(TooLarge):
    code = "VIDEO_TOO_COMPLEX"
    title = "The video takes too long to decode"


class ModelsMissingError(Unavailable):
    code = "MODELS_MISSING"
    title = "The face models are not installed"
