"""Apache Kafka from its own jars: one KRaft node (broker and controller) on this machine.

The jars come once by Maven into a shared cache. Data survives a SIGKILL and a restart, as it does
on a real cluster.
"""

import base64
import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.process import EngineError, Process, require_port

VERSION = "4.3.1"
POM_PATH = Path(__file__).with_name("pom.xml")
LOG_SETTINGS_PATH = Path(__file__).with_name("log4j2.properties")
REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
JAVA_MAJOR_MIN = 17
HEAP_MB = 512
MESSAGE_BYTES_MAX = 6 * 1024 * 1024
PROBE_TIMEOUT_S = 2.0
PORT_SETTING = "TRACETALLY_KAFKA_PORT"
CONTROLLER_PORT_SETTING = "TRACETALLY_KAFKA_CONTROLLER_PORT"
JAVA_NEEDED = (
    f"Kafka needs Java {JAVA_MAJOR_MIN} or newer: install it (for example the package "
    f"openjdk-{JAVA_MAJOR_MIN}-jre-headless) or point JAVA_HOME at it."
)
MAVEN_NEEDED = (
    "Fetching Kafka's jars needs Maven: install it (for example the package maven) "
    "so that the command mvn is found."
)

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={log_dir}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
message.max.bytes={message_bytes_max}
replica.fetch.max.bytes={message_bytes_max}
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=1
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=16777216
controlled.shutdown.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


@dataclass(frozen=True)
class Kafka:
    """A local Kafka node: where to reach it, and its process."""

    bootstrap: str
    port: int
    process: Process

    def start(self) -> None:
        self.process.start()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()


def cache_dir() -> Path:
    """Where the jars are kept between runs; TRACETALLY_CACHE_DIR shares it between checkouts."""
    return Path(os.environ.get("TRACETALLY_CACHE_DIR", str(REPOSITORY_ROOT / ".local" / "cache")))


def java() -> str:
    """The Java command, or one sentence saying what to install."""
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if command is None or not Path(command).exists():
        raise EngineError(JAVA_NEEDED)
    shown = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', shown.stderr + shown.stdout)
    if version is None or int(version[1]) < JAVA_MAJOR_MIN:
        raise EngineError(JAVA_NEEDED)
    return command


def jars(cache: Path | None = None) -> Path:
    """The directory of Kafka's jars, fetched on first use; complete or absent, never half."""
    recipe = hashlib.sha256(POM_PATH.read_bytes()).hexdigest()[:8]
    libs = (cache or cache_dir()) / f"kafka-{VERSION}-{recipe}" / "libs"
    if libs.is_dir():
        return libs
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineError(MAVEN_NEEDED)
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libs.parent) as scratch:
        fetched = Path(scratch) / "libs"
        _fetch(maven, fetched)
        try:
            fetched.rename(libs)
        except OSError:
            if not libs.is_dir():  # another process may have been first: its copy is as good
                raise
    return libs


def _fetch(maven: str, target: Path) -> None:
    goal = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
    argv = [maven, "-B", "-q", "-f", str(POM_PATH), goal, f"-DoutputDirectory={target}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        detail = "\n".join((done.stdout + done.stderr).splitlines()[:5])
        raise EngineError(f"Maven could not fetch Kafka {VERSION}: {detail}")


def java_argv(main_class: str, *arguments: str, heap_mb: int = HEAP_MB) -> tuple[str, ...]:
    """The command line that runs one of Kafka's own programs."""
    classpath = str(jars() / "*")
    return (
        java(),
        f"-Xmx{heap_mb}m",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={LOG_SETTINGS_PATH}",
        "-cp",
        classpath,
        main_class,
        *arguments,
    )


def console_producer_argv(
    bootstrap: str, topic: str, *, separator: str = "\t", properties: Sequence[str] = ()
) -> tuple[str, ...]:
    """Kafka's own console producer: reads lines `key<separator>value` and waits for all acks."""
    pairs = ("parse.key=true", f"key.separator={separator}", *properties)
    reader = [part for pair in pairs for part in ("--reader-property", pair)]
    where = ["--bootstrap-server", bootstrap, "--topic", topic, "--command-property", "acks=all"]
    return java_argv("org.apache.kafka.tools.ConsoleProducer", *where, *reader, heap_mb=128)


def configure(port: int, controller_port: int, home: Path) -> Path:
    """Write the node's settings and format its storage once; give the settings' path."""
    properties = home / "server.properties"
    log_dir = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    properties.write_text(
        PROPERTIES.format(
            port=port,
            controller_port=controller_port,
            log_dir=log_dir,
            message_bytes_max=MESSAGE_BYTES_MAX,
        )
    )
    if not (log_dir / "meta.properties").exists():
        _format(properties)
    return properties


def _format(properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    arguments = ("format", f"--cluster-id={cluster}", "-c", str(properties))
    argv = java_argv("kafka.tools.StorageTool", *arguments)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineError(f"Kafka could not format its storage: {done.stdout}{done.stderr}")


def answers(port: int) -> bool:
    """Whether the broker is registered and serves clients: it lists itself in its metadata."""
    body = struct.pack(">hhih5siB", 3, 4, 1, 5, b"probe", 0, 0)  # Metadata v4, no topics
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_TIMEOUT_S) as link:
            link.sendall(struct.pack(">i", len(body)) + body)
            reply = link.recv(4096)
    except OSError:
        return False
    return len(reply) >= 16 and struct.unpack_from(">i", reply, 12)[0] > 0


def define(port: int, home: Path) -> Kafka:
    """Describe the node without starting it (to ask for its state, or to stop it)."""
    process = Process("kafka", (), home, lambda: answers(port))
    return Kafka(f"127.0.0.1:{port}", port, process)


def start_kafka(port: int, controller_port: int, home: Path) -> Kafka:
    """Start a Kafka node with its data under `home`, and return once it answers."""
    kafka = define(port, home)
    if kafka.process.pid() is None:
        require_port(port, "Kafka", PORT_SETTING)
        require_port(controller_port, "Kafka's controller", CONTROLLER_PORT_SETTING)
        properties = configure(port, controller_port, home)
        kafka.process.argv = java_argv("kafka.Kafka", str(properties))
    kafka.start()
    return kafka
