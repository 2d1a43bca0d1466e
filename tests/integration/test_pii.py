"""The detector of the extra `pii`, with the real Presidio, in the environment that has it."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASK = """
import json, sys
from services.ingest.pii import detector
text = sys.stdin.read()
print(json.dumps([(text[start:end], what) for start, end, what in detector()(text)]))
"""
TEXT = (
    "Mail bob@example.com or call +49 30 901820, card 4111 1111 1111 1111 (not 4111 1111 1111 "
    "1112), IBAN DE89370400440532013000, from 10.1.2.3. Invoice 2026-11-26, total 12.50."
)


def test_what_identifies_people_is_found_without_a_network() -> None:
    done = subprocess.run(
        [ROOT / ".venv" / "examples" / "bin" / "python", "-c", ASK],
        input=TEXT.encode(), capture_output=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert b"Exception reading" not in done.stderr
    found = {tuple(hit) for hit in json.loads(done.stdout)}
    assert found >= {
        ("bob@example.com", "EMAIL_ADDRESS"), ("+49 30 901820", "PHONE_NUMBER"),
        ("4111 1111 1111 1111", "CREDIT_CARD"), ("DE89370400440532013000", "IBAN_CODE"),
        ("10.1.2.3", "IP_ADDRESS"),
    }  # fmt: skip
    assert not {text for text, _ in found} & {"12.50", "4111 1111 1111 1112"}
