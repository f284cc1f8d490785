"""Versioned texts of the agreement and the privacy policy (E-17): files ``<document>.<version>.<language>.md``.

The newest version is shown and accepted; older files stay, since people have accepted them. A folder of the school's
own texts replaces the ones that come with rtserver, document by document.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError

SHIPPED = Path(__file__).parent / "texts"
NAMES: tuple[w.Document, ...] = get_args(w.Document)
LANGUAGES: tuple[w.Language, ...] = get_args(w.Language)


class Documents:
    """Reads every text once, at start. Raises ``ValueError`` for a version that lacks a language."""

    def __init__(self, folder: Path | None, brand: str, support: str) -> None:
        self._texts: dict[tuple[str, str, str], w.DocumentText] = {}
        self._versions: dict[str, str] = {}
        for name in NAMES:
            home = folder if folder is not None and any(folder.glob(f"{name}.*.md")) else SHIPPED
            versions = sorted({path.name.split(".")[1] for path in home.glob(f"{name}.*.md")})
            if not versions:
                raise ValueError(f"{home} has no {name}.<version>.<language>.md")
            self._versions[name] = versions[-1]
            for version in versions:
                for language in LANGUAGES:
                    path = home / f"{name}.{version}.{language}.md"
                    if not path.exists():
                        raise ValueError(f"{path} is missing")
                    text = path.read_text(encoding="utf-8").replace("{brand}", brand).replace("{support}", support)
                    title, _, rest = text.partition("\n")
                    self._texts[name, version, language] = w.DocumentText(
                        document=name,
                        language=language,
                        version=version,
                        title=title.removeprefix("# ").strip(),
                        text=rest.strip(),
                    )

    def versions(self) -> Mapping[str, str]:
        """Document to its newest version."""
        return self._versions

    def check_versions(self, shown: Mapping[str, str]) -> None:
        """Accepted is what was shown: another version than today's is refused, so that the new text is read."""
        if dict(shown) != self._versions:
            raise AppError("documents_changed")

    def text(self, document: str, language: str, version: str = "") -> w.DocumentText:
        """``document_unknown`` for another name, language or version."""
        try:
            return self._texts[document, version or self._versions.get(document, ""), language]
        except KeyError:
            raise AppError("document_unknown") from None
