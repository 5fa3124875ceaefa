"""Rules that say where events go, and how one is compared with an event."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self


@dataclass(frozen=True)
class Route:
    to: str
    type: str
    where: dict[str, Any]

    @classmethod
    def of(cls, rule: Any) -> Self:
        match rule:
            case {"to": str(to), **rest} if to and not rest.keys() - {"type", "where"}:
                kind, where = rest.get("type", "*"), rest.get("where", {})
                if isinstance(kind, str) and isinstance(where, dict):
                    return cls(to, kind, where)
        raise ValueError(
            'expected {"to": topic, "type": pattern, "where": {field: value}}, '
            f"the last two optional, found {json.dumps(rule)}"
        )

    def takes(self, data: Any) -> bool:
        return all(_equal(_field(data, path), wanted) for path, wanted in self.where.items())


def parse(text: str) -> list[Route]:
    """Raises ValueError where the text is not a JSON list of rules."""
    rules = json.loads(text)
    if not isinstance(rules, list):
        raise ValueError(f"expected a list of rules, found {text[:40]}")
    return [Route.of(rule) for rule in rules]


def topics_for(routes: list[Route], kind: str, data: bytes) -> list[str]:
    """The topics of all rules that match, each once. Raises ValueError where one looks into data that is not JSON."""
    of_type = [route for route in routes if fnmatchcase(kind, route.type)]
    fields = json.loads(data) if any(route.where for route in of_type) else None
    return list(dict.fromkeys(route.to for route in of_type if route.takes(fields)))


def _field(data: Any, path: str) -> Any:
    """The value at a path such as `customer.country`; None where there is none."""
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _equal(found: Any, wanted: Any) -> bool:
    """A list means "one of these". In JSON, unlike in Python, true is not 1."""
    if isinstance(wanted, list):
        return any(_equal(found, each) for each in wanted)
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
