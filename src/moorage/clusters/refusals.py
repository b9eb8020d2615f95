"""What does Sahara call what is wrong with a request? ``error_name`` is what clients see of it.

All but ``Missing`` answer 400, also where something named in the request does not exist.
"""

from __future__ import annotations

from moorage import errors


class InvalidSchema(errors.BadRequest):
    error_name = "VALIDATION_ERROR"


class MalformedBody(errors.BadRequest):
    error_name = "MALFORMED_REQUEST_BODY"


class InvalidParameters(errors.BadRequest):
    """An unknown query parameter."""

    error_name = "INVALID_PARAMS_ON_REQUEST"


class InvalidReference(errors.BadRequest):
    """Something named is not there, not usable, or in use."""

    error_name = "INVALID_REFERENCE"


class ReferenceNotFound(errors.BadRequest):
    """Something named does not exist in another service."""

    error_name = "NOT_FOUND"


class InvalidData(errors.BadRequest):
    error_name = "INVALID_DATA"


class NameTaken(errors.BadRequest):
    error_name = "NAME_ALREADY_EXISTS"


class UpdateFailed(errors.BadRequest):
    error_name = "UPDATE_FAILED"


class DeletionFailed(errors.BadRequest):
    error_name = "DELETION_FAILED"


class ImageNotRegistered(errors.BadRequest):
    error_name = "IMAGE_NOT_REGISTERED"


class QuotaExceeded(errors.BadRequest):
    error_name = "QUOTA_ERROR"


class Missing(errors.NotFound):
    """404: the object in the URL."""

    error_name = "NOT_FOUND"
