"""Clients that ask the broker how far topics and groups are, apart from those that read them."""

import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.runtime.kafka import connection
from services.runtime.settings import KafkaMixin


class Askers:
    """A consumer for ends and beginnings, an admin client for what groups have committed."""

    def __init__(self, settings: KafkaMixin) -> None:
        self._settings = settings
        self._clients: tuple[Any, Any] | None = None

    async def get(self) -> tuple[Any, Any]:
        """Both, started at the first question; after a `close` they are new ones."""
        if self._clients is None:
            options = connection(self._settings)
            asker = AIOKafkaConsumer(**options, enable_auto_commit=False)
            admin = AIOKafkaAdminClient(**options)
            self._clients = (asker, admin)
            await asker.start()
            await admin.start()
        return self._clients

    async def close(self) -> None:
        """Whatever state they are in: a client that failed may fail to stop as well."""
        clients, self._clients = self._clients, None
        if clients is None:
            return
        asker, admin = clients
        with contextlib.suppress(KafkaError, OSError, TimeoutError, AttributeError):
            await asker.stop()
            await admin.close()
