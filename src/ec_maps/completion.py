"""What a shell proposes after the TAB key: keys of measures, and names of places and regions, from shipped tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from click import Context, Parameter
from click.shell_completion import BashComplete, CompletionItem, add_completion_class


def measures(_context: Context, _parameter: Parameter | None, begun: str) -> list[CompletionItem]:
    """Return the keys of measures that begin so, with their titles."""
    from ec_maps.measures import MEASURES

    return [CompletionItem(key, help=one.title) for key, one in MEASURES.items() if key.startswith(begun)]


def places(_context: Context, _parameter: Parameter | None, begun: str) -> list[CompletionItem]:
    """Return the local authorities whose names begin so, with their regions."""
    from ec_maps.geography.codes import official_districts

    return _named(((one.name, one.region) for one in official_districts().values()), begun)


def regions(_context: Context, _parameter: Parameter | None, begun: str) -> list[CompletionItem]:
    """Return the regions whose names begin so."""
    from ec_maps.geography.codes import official_districts

    return _named(((one.region, None) for one in official_districts().values()), begun)


def anywhere(context: Context, parameter: Parameter | None, begun: str) -> list[CompletionItem]:
    """Return the regions and the local authorities whose names begin so."""
    return [*regions(context, parameter, begun), *places(context, parameter, begun)]


def _named(names: Iterable[tuple[str, str | None]], begun: str) -> list[CompletionItem]:
    from ec_maps.geography.names import plain

    found = sorted((name, more) for name, more in set(names) if plain(name).startswith(plain(begun)))
    return [CompletionItem(name, help=more) for name, more in found]


class _Bash(BashComplete):
    """Completion in Bash, which inserts a proposal as it is: spaces and apostrophes are escaped here."""

    source_template = BashComplete.source_template.replace(" read type value", " read -r type value")

    def format_completion(self, item: CompletionItem) -> str:
        escaped = re.sub(r"([^\w,./-])", r"\\\1", str(item.value))
        return f"{item.type},{escaped}"


add_completion_class(_Bash)
