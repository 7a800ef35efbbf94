"""Model cards, written from a model's description and from nothing else.

`rendering` knows what every card holds, and a module for each task what only its cards tell.
"""

from zoo.cards.rendering import headline, render

__all__ = ["headline", "render"]
