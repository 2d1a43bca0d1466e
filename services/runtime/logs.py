"""Structured logs: one JSON object a line on stderr. Never content, never secrets."""

import logging
import sys
import time

import structlog

NOISY = ("aiokafka", "faust", "mode", "uvicorn.access", "urllib3")
REPEAT_SECONDS = 10.0
REMEMBERED_MAX = 1_000


class Repeats(logging.Filter):
    """Lets a library say the same thing once in a while: Kafka away is 50 lines a second else."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for what the same logger said just now; our own loggers are never cut."""
        if not record.name.startswith(NOISY):
            return True
        now, key = time.monotonic(), (record.name, str(record.msg))
        if now - self._told.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._told) >= REMEMBERED_MAX:
            self._told.clear()
        self._told[key] = now
        return True


def configure(service: str, level: str, form: str) -> None:
    """Send structlog and the standard library's logging through one renderer."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; pass facts as keyword arguments, never formatted into the event."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
