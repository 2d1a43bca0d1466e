"""Where the two price libraries are read: they must be installed beside this command."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any

MAP = "model_prices_and_context_window_backup.json"


class LibraryMissingError(RuntimeError):
    """The library is not installed here."""


def version(name: str) -> str:
    """`name@version` of an installed library."""
    try:
        return f"{name}@{metadata.version(name)}"
    except metadata.PackageNotFoundError:
        raise LibraryMissingError(f"{name} is not installed here: pip install {name}") from None


def genai_prices() -> Sequence[Any]:
    """Its providers with their models."""
    version("genai-prices")
    providers: Sequence[Any] = import_module("genai_prices.data").providers
    return providers


def litellm(path: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Its model map: from the installed package, or from a file of the same form."""
    if path is None:
        version("litellm")
        spec = util.find_spec("litellm")
        if spec is None or spec.origin is None:
            raise LibraryMissingError("litellm is installed without files")
        path = Path(spec.origin).parent / MAP
    told: Mapping[str, Mapping[str, Any]] = json.loads(path.read_bytes())
    return told
