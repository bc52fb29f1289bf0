"""Smooth paths: chains of cubic Bézier curves, their offsets beside them, and their ends at the outline of a shape.

A path is a list of curves, a curve four points (x, y), in points with y upward; consecutive curves share an end and its direction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
Path = list[Curve]

ROUND = 0.552
"""Of the way to the corner: the control points that make a cubic curve nearly a quarter of a circle."""


def between(a: Point, b: Point, share: float) -> Point:
    """The point at a share of the way from a to b."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def straight(a: Point, b: Point) -> Curve:
    """The line from a to b."""
    return a, between(a, b, 1 / 3), between(a, b, 2 / 3), b


def rounded(points: Sequence[Point], radius: float) -> Path:
    """The path along the points, its corners rounded."""
    kept = [b for a, b in pairwise(points) if a != b]
    corners = [points[0], *kept]
    path: Path = []
    start = corners[0]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        lengths = hypot(corner[0] - before[0], corner[1] - before[1]), hypot(after[0] - corner[0], after[1] - corner[1])
        reach = min(radius, lengths[0] / 2, lengths[1] / 2)
        enter, leave = between(corner, before, reach / lengths[0]), between(corner, after, reach / lengths[1])
        path += [straight(start, enter), (enter, between(enter, corner, ROUND), between(leave, corner, ROUND), leave)]
        start = leave
    return [*path, straight(start, corners[-1])]


def swing(a: Point, b: Point) -> Curve:
    """The curve from a to b that leaves and arrives vertically."""
    middle = (a[1] + b[1]) / 2
    return a, (a[0], middle), (b[0], middle), b


def arch(a: Point, b: Point, height: float) -> Curve:
    """The curve from a to b by way of `height` above them."""
    return a, between((a[0], a[1] + height), (b[0], b[1] + height), 0.2), between((a[0], a[1] + height), (b[0], b[1] + height), 0.8), b


def beside(path: Path, by: float) -> Path:
    """The path moved to its right by so much, by moving each leg of each control polygon (Tiller and Hanson 1984)."""
    return [_beside(curve, by) for curve in path]


def _beside(curve: Curve, by: float) -> Curve:
    legs = [(a, b) for a, b in pairwise(curve) if hypot(b[0] - a[0], b[1] - a[1]) > 1e-6]
    normals = [_right(a, b) for a, b in legs]
    if not legs:
        return curve
    ends = _moved(curve[0], normals[0], by), _moved(curve[3], normals[-1], by)
    inner = [_meeting(one, other, by, at) for (one, other), (_, at) in zip(pairwise(normals), legs, strict=False)]
    if len(inner) < 2:
        return straight(*ends)
    return ends[0], inner[0], inner[1], ends[1]


def _right(a: Point, b: Point) -> Point:
    """The unit vector to the right of the way from a to b."""
    length = hypot(b[0] - a[0], b[1] - a[1])
    return (b[1] - a[1]) / length, (a[0] - b[0]) / length


def _moved(point: Point, normal: Point, by: float) -> Point:
    return point[0] + normal[0] * by, point[1] + normal[1] * by


def _meeting(one: Point, other: Point, by: float, at: Point) -> Point:
    """Where two legs meet that were moved along their normals."""
    share = by / (1 + one[0] * other[0] + one[1] * other[1])
    return at[0] + (one[0] + other[0]) * share, at[1] + (one[1] + other[1]) * share


def reverse(path: Path) -> Path:
    """The path from its end to its start."""
    return [(d, c, b, a) for a, b, c, d in reversed(path)]


def at(curve: Curve, share: float) -> Point:
    """The point of a curve at a parameter in 0..1."""
    return split(curve, share)[0][3]


def split(curve: Curve, share: float) -> tuple[Curve, Curve]:
    """The two parts of a curve (de Casteljau)."""
    a, b, c, d = curve
    ab, bc, cd = between(a, b, share), between(b, c, share), between(c, d, share)
    abc, bcd = between(ab, bc, share), between(bc, cd, share)
    middle = between(abc, bcd, share)
    return (a, ab, abc, middle), (middle, bcd, cd, d)


def after_leaving(path: Path, is_inside: Callable[[Point], bool]) -> Path:
    """The path from where it leaves a region, in which it starts."""
    for place, curve in enumerate(path):
        if is_inside(curve[3]):
            continue
        low, high = 0.0, 1.0
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if is_inside(at(curve, middle)) else (low, middle)
        return [split(curve, high)[1], *path[place + 1 :]]
    return path[-1:]
