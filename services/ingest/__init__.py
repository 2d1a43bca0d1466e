"""HTTP to Kafka: a 2xx means every accepted event is written by all in-sync replicas.

Good events of a batch are taken, bad ones are answered by index and dead-lettered with their
bytes. When Kafka does not answer in time the client is told to resend; identity absorbs it.
"""
