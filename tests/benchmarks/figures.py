"""Figures: a name, a unit, and one value a round; how they are kept and shown."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results.json"

AIMS: Final = {
    "send_one_worker_to_bare_client": "at least 1.0",
    "send_one_worker_to_django_gov_notify": "at least 1.8",
    "pace_3000_to_ideal": "at most 1.03",
    "pace_30000_to_ideal": "at most 1.03",
    "pace_3000_refused": "0",
    "pace_30000_refused": "0",
    "confirmation_hand_over_p99": "at most 2",
    "register_to_bare_insert": "at least 0.8",
    "confirmation_at_100_a_second_p99": "at most 1",
    "export_100k_to_plain_copy": "at most 3",
    "export_worker_memory": "at most 250",
    "worker_memory_100k_to_1k": "about 1",
    "cpu_per_message_100k_to_1k": "about 1",
}
"""What the issue asks for. A miss is shown, and fails nothing."""


@dataclass(frozen=True)
class Figure:
    """One thing that was measured, once a round."""

    name: str
    unit: str
    values: tuple[float, ...]

    def row(self) -> dict[str, Any]:
        values = (median(self.values), min(self.values), max(self.values))
        return {
            "name": self.name,
            "unit": self.unit,
            **dict(zip(("median", "min", "max"), map(_short, values), strict=True)),
        }


@dataclass
class Figures:
    """Everything that one run measured. A ratio is the median of the ratios of each round."""

    figures: list[Figure] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, unit: str, values: Iterable[float]) -> None:
        self.figures.append(Figure(name, unit, tuple(values)))

    def ratio(self, name: str, over: Iterable[float], under: Iterable[float]) -> None:
        values = tuple(above / below for above, below in zip(over, under, strict=True))
        self.add(name, "ratio", values)
        self.ratios[name] = _short(median(values))

    def keep(self, versions: dict[str, str], sizes: dict[str, float], *, all_parts: bool) -> None:
        """Write results.json; what other parts measured before stays unless everything was measured."""
        kept: dict[str, Any] = {"versions": {}, "results": [], "ratios": {}}
        if not all_parts and RESULTS.exists():
            kept = json.loads(RESULTS.read_text())
        new = {figure.name: figure.row() for figure in self.figures}
        results = [row for row in kept["results"] if row["name"] not in new] + list(new.values())
        written = {
            "machine": machine(),
            "versions": {**kept["versions"], **versions},
            "sizes": sizes,
            "results": results,
            "ratios": {**kept["ratios"], **self.ratios},
        }
        RESULTS.write_text(json.dumps(written, indent=2) + "\n")

    def show(self) -> None:
        """Print a table, with the aim beside what has one."""
        print(f"\n{'':44} {'median':>9} {'min':>9} {'max':>9}  unit")
        for figure in self.figures:
            row = figure.row()
            aim = f"   aim: {AIMS[figure.name]}" if figure.name in AIMS else ""
            numbers = " ".join(f"{row[which]:>9}" for which in ("median", "min", "max"))
            print(f"{figure.name:44} {numbers}  {figure.unit}{aim}")


def machine() -> dict[str, Any]:
    """What it ran on; no name of it."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": len(os.sched_getaffinity(0)), "model": model, "memory_gib": round(memory, 1)}


def our_versions() -> dict[str, str]:
    packages = ("kept-informed", "notifications-python-client", "psycopg", "sqlalchemy", "requests")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _short(value: float) -> float:
    """Three digits that count, and whole numbers from a hundred on."""
    return round(value) if abs(value) >= 100 else float(f"{value:.4g}")
