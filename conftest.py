"""What holds for every test of every app."""

from numerai.api.testing import _every_response_is_as_described as _every_response_is_as_described
