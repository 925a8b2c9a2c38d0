"""As much of SQL as clients ask a feature server for: ``1=1``, comparisons, LIKE, IN, IS NULL, AND, OR, NOT."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

_TOKEN = re.compile(r"\s*(?:([(),])|('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(<>|<=|>=|=|<|>))")
_COMPARE: dict[str, Callable[[object, object], object]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


class BadQuery(Exception):
    """A query that the server cannot perform; the text is the detail of its answer."""


def chosen(table: pd.DataFrame, oid: str, query: dict[str, str]) -> pd.DataFrame:
    """Return the rows that `where` and `objectIds` choose, having looked at the fields of `orderByFields` too."""
    ids, where = query.get("objectIds", ""), query.get("where", "")
    if not ids and not where:
        detail = "'where' clause is missing: 'where' parameter is invalid"
        raise BadQuery(detail)
    for part in query.get("orderByFields", "").split(","):
        if part.strip() and part.split()[0] not in table.columns:
            detail = f"'Invalid field: {part.split()[0]}' parameter is invalid"
            raise BadQuery(detail)
    if ids:
        table = table[table[oid].isin([int(number) for number in ids.split(",")])]
    return table[_Where(where, table).mask()] if where else table


class _Where:
    """A clause, read from the left."""

    def __init__(self, text: str, table: pd.DataFrame) -> None:
        self.table = table
        self.tokens: list[str] = []
        at = 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise BadQuery(_DETAIL)
            self.tokens.append(match[0].strip())
            at = match.end()

    def mask(self) -> np.ndarray:
        found = self._either()
        if self.tokens:
            raise BadQuery(_DETAIL)
        return np.broadcast_to(np.asarray(found, dtype=bool), len(self.table))

    def _next(self) -> str:
        if not self.tokens:
            raise BadQuery(_DETAIL)
        return self.tokens.pop(0)

    def _word(self, *words: str) -> bool:
        """Return whether these words come next, and pass over them if so."""
        if [token.upper() for token in self.tokens[: len(words)]] != list(words):
            return False
        del self.tokens[: len(words)]
        return True

    def _either(self) -> np.ndarray:
        found = self._both()
        while self._word("OR"):
            found = found | self._both()
        return found

    def _both(self) -> np.ndarray:
        found = self._one()
        while self._word("AND"):
            found = found & self._one()
        return found

    def _one(self) -> np.ndarray:
        if self._word("NOT"):
            return ~self._one()
        if self._word("("):
            found = self._either()
            if not self._word(")"):
                raise BadQuery(_DETAIL)
            return found
        left = self._operand(self._next())
        if self._word("IS"):
            wanted = not self._word("NOT")
            if not self._word("NULL"):
                raise BadQuery(_DETAIL)
            return np.asarray(pd.isna(left)) == wanted
        wanted = not self._word("NOT")
        return np.asarray(self._compared(left)) == wanted

    def _compared(self, left: object) -> object:
        if self._word("LIKE"):
            return self._like(left)
        if self._word("IN"):
            return self._in(left)
        sign = self._next()
        if sign not in _COMPARE:
            raise BadQuery(_DETAIL)
        return _COMPARE[sign](left, self._operand(self._next()))

    def _operand(self, token: str) -> object:
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return float(token)
        if token not in self.table.columns:
            detail = f"'Invalid field: {token}' parameter is invalid"
            raise BadQuery(detail)
        return self.table[token]

    def _like(self, left: object) -> np.ndarray:
        text = re.escape(str(self._operand(self._next()))).replace("%", ".*").replace("_", ".")
        return pd.Series(left).astype(str).str.fullmatch(text).to_numpy()

    def _in(self, left: object) -> np.ndarray:
        if not self._word("("):
            raise BadQuery(_DETAIL)
        values = [self._operand(self._next())]
        while self._word(","):
            values.append(self._operand(self._next()))
        if not self._word(")"):
            raise BadQuery(_DETAIL)
        return pd.Series(left).isin(values).to_numpy()


_DETAIL = "'where' parameter is invalid"
