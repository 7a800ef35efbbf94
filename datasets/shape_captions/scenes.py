"""Scenes of coloured shapes: what is in them, how it is said, how it is drawn."""

import itertools
import typing

import numpy as np

SHAPES = ("circle", "square", "triangle", "diamond", "cross")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple")
SIZES = ("small", "large")
RELATIONS = ("left of", "right of", "above", "below")
MOST_OBJECTS = 3

# Never drawn in training: of every colour one shape, of every shape one colour or two.
HELD_OUT = tuple((colour, SHAPES[place % 5]) for place, colour in enumerate(COLOURS))
_ALL = tuple(itertools.product(COLOURS, SHAPES))
_SEEN = tuple(pair for pair in _ALL if pair not in HELD_OUT)

_RGB = {
    "red": (208, 32, 38),
    "orange": (245, 135, 20),
    "yellow": (240, 218, 40),
    "green": (40, 150, 62),
    "blue": (38, 84, 200),
    "purple": (140, 46, 160),
}
# In parts of the picture's side: radii, the least gap between objects and to the edge, and by how
# much a relation must be plain.
_RADII = {"small": (0.080, 0.105), "large": (0.150, 0.180)}
_GAP, _MARGIN = 0.02, 0.10
_TURN = np.pi / 15


class Thing(typing.NamedTuple):
    """An object of a scene; place and radius are in parts of the picture's side."""

    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float
    turn: float
    shade: tuple

    @property
    def text(self):
        """Its name, for instance `a small red circle`."""
        return f"a {self.size} {self.colour} {self.shape}"


class Scene(typing.NamedTuple):
    """Objects in the order in which they are named, and the lightness of what is behind them."""

    things: tuple
    background: float

    @property
    def relations(self):
        """Where the first object is, seen from each other one."""
        return [relation(self.things[0], other) for other in self.things[1:]]

    @property
    def caption(self):
        """What the scene shows; there is one right caption a scene.

        The larger object is named first, of equals the one nearer to the upper left corner, and of
        the first it is said where it is, seen from each other one.
        """
        first, *others = self.things
        said = [f"{to} {other.text}" for to, other in zip(self.relations, others, strict=True)]
        return " ".join([first.text, " and ".join(said)]) if said else first.text


def relation(thing, other):
    """Says where an object is, seen from another one."""
    across, down = other.x - thing.x, other.y - thing.y
    if abs(across) > abs(down):
        return "left of" if across > 0 else "right of"
    return "above" if down > 0 else "below"


def scene(seed, *, unseen=False):
    """Makes up a scene of one to three objects.

    Args:
        seed: An int or a sequence of ints; equal seeds give equal scenes.
        unseen: Whether one of the objects has a held-out combination of colour and shape. Without
            it none has.

    Returns:
        A `Scene` whose objects do not overlap and whose relations are plain.

    Example:

    >>> scene(13).caption
    'a large purple diamond left of a large purple square and below a small orange diamond'
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    number = 1 + int(MOST_OBJECTS * rng.random())
    new = int(number * rng.random()) if unseen else None
    kinds = [
        (*_chosen(rng, HELD_OUT if place == new else _SEEN), _chosen(rng, SIZES))
        for place in range(number)
    ]
    background = 0.78 + 0.22 * rng.random()
    while True:
        things = [_thing(rng, *kind) for kind in kinds]
        things.sort(key=lambda thing: (-SIZES.index(thing.size), thing.x + thing.y))
        if _is_plain(things):
            return Scene(tuple(things), background)


def draw(scene, side):
    """Draws a scene.

    Args:
        scene: A `Scene`.
        side: Pixels a side.

    Returns:
        uint8 `(side, side, 3)`, RGB.
    """
    centres = (np.arange(side) + 0.5) / side
    down, across = np.meshgrid(centres, centres, indexing="ij")
    picture = np.full((side, side, 3), 255 * scene.background)
    for thing in scene.things:
        sine, cosine = np.sin(thing.turn), np.cos(thing.turn)
        x, y = across - thing.x, down - thing.y
        x, y = cosine * x + sine * y, cosine * y - sine * x
        outside = _DISTANCES[thing.shape](x, y, thing.radius) * side
        cover = np.clip(0.5 - outside, 0, 1)[..., None]
        picture = (1 - cover) * picture + cover * np.array(thing.shade)
    return np.round(picture).astype("uint8")


def _chosen(rng, options):
    return options[int(len(options) * rng.random())]


def _thing(rng, colour, shape, size):
    low, high = _RADII[size]
    radius = low + (high - low) * rng.random()
    x, y = (radius + _GAP + (1 - 2 * radius - 2 * _GAP) * rng.random() for _ in range(2))
    turn = _TURN * (2 * rng.random() - 1)
    shade = tuple(min(max(value + 36 * (rng.random() - 0.5), 0), 255) for value in _RGB[colour])
    return Thing(shape, colour, size, x, y, radius, turn, shade)


def _is_plain(things):
    """Whether objects keep apart, relations have no rival, and the order of equals is clear."""
    for one, other in itertools.combinations(things, 2):
        across, down = abs(one.x - other.x), abs(one.y - other.y)
        if np.hypot(across, down) < one.radius + other.radius + _GAP:
            return False
        if one is things[0] and abs(across - down) < _MARGIN:
            return False
        if one.size == other.size and other.x + other.y - one.x - one.y < _MARGIN:
            return False
    return True


# How far a point is from the edge of a shape, below 0 inside. All shapes fit into the circle.


def _circle(x, y, radius):
    return np.hypot(x, y) - 0.9 * radius


def _square(x, y, radius):
    return np.maximum(abs(x), abs(y)) - 0.78 * radius


def _diamond(x, y, radius):
    return (1.25 * abs(x) + 0.8 * abs(y) - radius) / np.hypot(1.25, 0.8)


def _triangle(x, y, radius):
    slanted = (np.sqrt(3) * abs(x) - y) / 2
    return np.maximum(y, slanted) - radius / 2


def _cross(x, y, radius):
    wide = np.maximum(abs(x) - 0.92 * radius, abs(y) - 0.3 * radius)
    high = np.maximum(abs(y) - 0.92 * radius, abs(x) - 0.3 * radius)
    return np.minimum(wide, high)


_DISTANCES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "diamond": _diamond,
    "cross": _cross,
}
