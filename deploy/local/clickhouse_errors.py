"""Which HTTP status ClickHouse's server answers for each of its error codes."""

BAD_REQUEST = frozenset(
    {6, 7, 8, 20, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 72, 117, 131, 167, 168, 321, 457, 501}
)
NOT_FOUND = frozenset({16, 46, 47, 50, 56, 60, 63, 73, 81, 115, 336, 497})
STATUS = {
    159: 408,  # TIMEOUT_EXCEEDED
    164: 500,  # READONLY
    194: 401,  # REQUIRED_PASSWORD
    192: 403,  # UNKNOWN_USER
    193: 403,  # WRONG_PASSWORD
    516: 403,  # AUTHENTICATION_FAILED
    48: 501,  # NOT_IMPLEMENTED
    202: 503,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209: 503,  # SOCKET_TIMEOUT
    439: 503,  # CANNOT_SCHEDULE_TASK
    223: 413,  # QUERY_IS_TOO_LARGE
}


def http_status(code: int) -> int:
    """The status for an error code: the client's fault, not found, or the engine's own."""
    if code in STATUS:
        return STATUS[code]
    if code in BAD_REQUEST:
        return 400
    return 404 if code in NOT_FOUND else 500
