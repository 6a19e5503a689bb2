"""The one error type of the engine."""


class EngineError(ValueError):
    """Say why an input cannot be calculated.

    ``code`` is stable (UPPER_SNAKE), ``field`` names the argument at fault, ``message`` says what would be accepted.
    The message never repeats a name or a date that was sent: it may end in a log.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type["EngineError"], tuple[str, str, str]]:
        return (type(self), (self.code, self.field, self.message))
