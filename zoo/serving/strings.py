"""What a person gives as texts, checked and encoded."""

import collections.abc


def strings(name, given):
    """Checks and encodes several texts.

    Args:
        name: What the argument is called, for the error.
        given: An iterable of strings, and no string itself.

    Returns:
        A list of UTF-8 bytes.

    Raises:
        TypeError: If it is something else, or one of them is.

    Example:

    >>> strings("texts", ["a", "b"])
    [b'a', b'b']
    """
    if isinstance(given, bytes) or not isinstance(given, collections.abc.Iterable):
        raise wrong(name, given)
    found = list(given)
    for each in found:
        if not isinstance(each, str):
            raise wrong(name, each)
    return [utf8(each) for each in found]


def utf8(text):
    """Encodes a text; a lone surrogate is no character, and becomes "?"."""
    return text.encode("utf-8", "replace")


def wrong(name, received):
    """Makes the error that says what came in place of texts."""
    return TypeError(
        f"`{name}` must be a string or an iterable of strings. "
        f"Received: {received!r:.200} ({type(received).__name__})"
    )
