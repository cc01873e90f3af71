"""Draws tables and what refers to what as an SVG, layered from what is referred to (left) to what refers (right).

`tools/reference.py` writes it into the documents. The layout is computed here, in whole pixels, so that every machine draws the same
picture and a drawing that is out of date shows as a difference.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

__all__ = ["Box", "Line", "draw"]

WIDTH: Final = 206
HEADER: Final = 24
ROW: Final = 17
GAP_BETWEEN_LAYERS: Final = 76
GAP_BETWEEN_BOXES: Final = 22
MARGIN: Final = 16
SWEEPS: Final = 24
FONT: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Line:
    """A row of a box: a column, what it is to its table (``PK``, ``FK``, ``U``), and the table it refers to."""

    column: str
    mark: str
    refers_to: str | None = None


@dataclass
class Box:
    """A table: its name, its area's colour, the rows to show, and how many are not shown."""

    name: str
    colour: str
    lines: Sequence[Line]
    others: int
    layer: int = 0
    y: float = 0
    neighbours: tuple[list[Box], list[Box]] = field(default_factory=lambda: ([], []))  # to the left, to the right

    @property
    def is_bend(self) -> bool:
        """Whether this is only the place where a line passes a layer."""
        return not self.colour

    @property
    def height(self) -> int:
        """In pixels."""
        return 14 if self.is_bend else HEADER + ROW * (len(self.lines) + (self.others > 0)) + 6

    @property
    def x(self) -> int:
        """Its left edge."""
        return MARGIN + self.layer * (WIDTH + GAP_BETWEEN_LAYERS)


def draw(boxes: Sequence[Box]) -> str:
    """The picture of these tables."""
    by_name = {box.name: box for box in boxes}
    related = {name for box in boxes for line in box.lines if line.refers_to for name in (box.name, line.refers_to)}
    chains = _layered([box for box in boxes if box.name in related], by_name)
    layers: dict[int, list[Box]] = defaultdict(list)
    for box in (*(box for box in boxes if box.name in related), *(bend for chain in chains.values() for bend in chain)):
        layers[box.layer].append(box)
    _order(layers)
    _place(layers)
    alone = [box for box in boxes if box.name not in related]
    below = max(box.y + box.height for layer in layers.values() for box in layer) + 2 * GAP_BETWEEN_BOXES
    for place, box in enumerate(alone):
        box.layer, box.y = place % len(layers), below
    lines = list(_lines(boxes, by_name, chains))
    width = MARGIN * 2 + len(layers) * WIDTH + (len(layers) - 1) * GAP_BETWEEN_LAYERS
    height = round(max(box.y + box.height for box in boxes) + MARGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
            f'  font-family="{FONT}" font-size="11">',
            "<title>Tables of telemed_store, their keys, and what refers to what</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *lines,
            *(text for box in boxes for text in _box(box)),
            "</svg>",
            "",
        ]
    )


def _layered(boxes: Sequence[Box], by_name: dict[str, Box]) -> dict[tuple[str, str], list[Box]]:
    """Put each box right of all it refers to; returns the bends of lines that pass layers, from right to left."""

    def depth(box: Box) -> int:
        targets = {line.refers_to for line in box.lines if line.refers_to} - {box.name}
        return max((depth(by_name[target]) + 1 for target in targets), default=0)

    for box in boxes:
        box.layer = depth(box)
    chains: dict[tuple[str, str], list[Box]] = {}
    for box in boxes:
        for target in sorted({line.refers_to for line in box.lines if line.refers_to} - {box.name}):
            chain = [Box("", "", (), 0, layer) for layer in range(box.layer - 1, by_name[target].layer, -1)]
            chains[box.name, target] = chain
            path = [box, *chain, by_name[target]]
            for right, left in itertools.pairwise(path):
                right.neighbours[0].append(left)
                left.neighbours[1].append(right)
    return chains


def _order(layers: dict[int, list[Box]]) -> None:
    """Order each layer so that few lines cross: by the mean place of the neighbours, swept right and left."""
    best, fewest = {number: list(layer) for number, layer in layers.items()}, _crossings(layers)
    for sweep in range(SWEEPS):
        side = sweep % 2
        for number in sorted(layers, reverse=bool(side)):
            places = {id(box): place for layer in layers.values() for place, box in enumerate(layer)}

            def mean(box: Box, places: dict[int, int] = places, side: int = side) -> float:
                near = box.neighbours[side]
                return sum(places[id(other)] for other in near) / len(near) if near else places[id(box)]

            layers[number].sort(key=mean)
        if (crossings := _crossings(layers)) < fewest:
            best, fewest = {number: list(layer) for number, layer in layers.items()}, crossings
    layers.update(best)


def _crossings(layers: dict[int, list[Box]]) -> int:
    places = {id(box): place for layer in layers.values() for place, box in enumerate(layer)}
    total = 0
    for layer in layers.values():
        ends = [(places[id(box)], places[id(other)]) for box in layer for other in box.neighbours[1]]
        total += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(ends) for c, d in ends[i + 1 :])
    return total


def _place(layers: dict[int, list[Box]]) -> None:
    """Give each box its height: near its neighbours, in the layer's order, without touching."""
    for layer in layers.values():
        _stack(layer, [0.0] * len(layer))
    for sweep in range(SWEEPS):
        for number in sorted(layers, reverse=bool(sweep % 2)):
            layer = layers[number]
            _stack(layer, [_wanted(box, sweep % 2) for box in layer])
    top = min(box.y for layer in layers.values() for box in layer)
    for layer in layers.values():
        for box in layer:
            box.y = round(box.y - top + MARGIN)


def _wanted(box: Box, side: int) -> float:
    near = box.neighbours[side] or box.neighbours[1 - side]
    return sum(other.y + other.height / 2 for other in near) / len(near) - box.height / 2


def _stack(layer: list[Box], wanted: list[float]) -> None:
    """As near to the wanted places as the order allows: from above, from below, and the middle of both."""
    down: list[float] = []
    for box, want in zip(layer, wanted, strict=True):
        down.append(max(want, down[-1] + layer[len(down) - 1].height + GAP_BETWEEN_BOXES) if down else want)
        box.y = down[-1]
    up = [0.0] * len(layer)
    for place in reversed(range(len(layer))):
        limit = up[place + 1] - layer[place].height - GAP_BETWEEN_BOXES if place + 1 < len(layer) else wanted[place]
        up[place] = min(wanted[place], limit)
    for box, low, high in zip(layer, down, up, strict=True):
        box.y = (low + high) / 2


def _lines(boxes: Sequence[Box], by_name: dict[str, Box], chains: dict[tuple[str, str], list[Box]]) -> Iterator[str]:
    for box in boxes:
        for place, line in enumerate(box.lines):
            if line.refers_to is None or line.refers_to == box.name:
                continue
            target = by_name[line.refers_to]
            x, y = box.x, round(box.y + HEADER + ROW * (place + 0.5)) + 2
            path = [f"M {x} {y}"]
            for bend in chains[box.name, line.refers_to]:
                path.append(_curve(x, y, bend.x + WIDTH, middle := round(bend.y + bend.height / 2)))
                path.append(f"L {bend.x} {middle}")
                x, y = bend.x, middle
            end = round(target.y + HEADER / 2)
            path.append(_curve(x, y, target.x + WIDTH, end))
            yield f'<path d="{" ".join(path)}" fill="none" stroke="#7a869a" stroke-width="1.2"/>'
            foot, row = box.x, round(box.y + HEADER + ROW * (place + 0.5)) + 2
            yield (
                f'<path d="M {foot} {row - 4} L {foot - 8} {row} L {foot} {row + 4}" fill="none" stroke="#7a869a"'
                ' stroke-width="1.2"/>'
            )
            edge = target.x + WIDTH + 5
            yield f'<path d="M {edge} {end - 4} V {end + 4}" stroke="#7a869a" stroke-width="1.2"/>'


def _curve(x: int, y: int, to_x: int, to_y: int) -> str:
    half = round((x + to_x) / 2)
    return f"C {half} {y} {half} {to_y} {to_x} {to_y}"


def _box(box: Box) -> Iterator[str]:
    top = round(box.y)
    yield f'<rect x="{box.x}" y="{top}" width="{WIDTH}" height="{box.height}" rx="4" fill="#ffffff" stroke="{box.colour}"/>'
    yield f'<path d="M {box.x} {top + HEADER} v -20 q 0 -4 4 -4 h {WIDTH - 8} q 4 0 4 4 v 20 z" fill="{box.colour}"/>'
    yield f'<text x="{box.x + 8}" y="{top + 16}" fill="#ffffff" font-size="12" font-weight="bold">{escape(box.name)}</text>'
    y = top + HEADER + 14
    for line in box.lines:
        yield f'<text x="{box.x + 8}" y="{y}" fill="#5a6577" font-size="9">{escape(line.mark)}</text>'
        yield f'<text x="{box.x + 44}" y="{y}" fill="#1f2933">{escape(line.column)}</text>'
        y += ROW
    if box.others:
        yield f'<text x="{box.x + 44}" y="{y}" fill="#7a869a" font-style="italic">and {box.others} more</text>'
