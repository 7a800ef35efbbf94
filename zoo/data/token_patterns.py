"""The rules of the tokenizer and of words' shapes, regular expressions as RE2 writes them.

TensorFlow reads them inside its graphs (`zoo.data.tokenizer`); where there is no TensorFlow,
`zoo.serving.portable.text` does.
"""

CUT, OPEN, CLOSE = "\x1d", "\x1e", "\x1f"

# RE2's \s knows only ASCII: these are all that Unicode calls a space, and the separators above.
SPACE = r"[\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}]"

_PICTURE = (
    r"[\p{So}\x{203C}\x{2049}\x{2640}\x{2642}][\x{FE0F}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]*"
)
_BODY = r"[^ \x{1D}]"
_HYPHEN = r"\x{1D}?-\x{1D}?"  # addresses stay whole even where a word would have been cut
_WORD = r"[\p{L}\p{M}\p{N}_]"
TOKEN = "|".join(
    [
        rf"(?:https?://|www\.)(?:{_BODY}|{_HYPHEN})*[^ \x{{1D}}\p{{P}}]/?",
        rf"{_WORD}(?:[\w.+]|{_HYPHEN})*@(?:\w|{_HYPHEN})+(?:\.(?:\w|{_HYPHEN})+)+",
        rf"(?i:e){_HYPHEN}(?i:mail){_WORD}*|(?i:aujourd)['’]\x{{1D}}?(?i:hui)",
        r"[\x{1F1E6}-\x{1F1FF}]{2}|[0-9#*]\x{FE0F}?\x{20E3}",
        rf"{_PICTURE}(?:\x{{200D}}{_PICTURE})*",
        r"[:;=8]['-]?[()DPpO/\\|\]\[]+|<3",
        r"\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?",
        r"(?:\p{L}\.){2,}|(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|Inc|Corp|Ltd)\.",
        r"['’](?i:s|re|ve|ll|d|m)\b",
        rf"-?{_WORD}+(?:['’·.@&-]{_WORD}+)*['’]?",
        r"\.{2,}|-{2,}|[!?]{2,}|\*{2,}|={2,}|_{2,}|~{2,}",
        r"[\x{200D}\p{M}]*" + _BODY + r"[\x{200D}\p{M}]*",
    ]
)

_ENGLISH = (
    r"(\p{L})(['’](?:[^\p{L}]|$))",
    r"([\p{L}\d])(-)",
    r"(-)([\p{L}\d])",
    r"(?i)(\p{L})(n['’]t\b)",
    r"(?i)(\p{L}|\d)(['’](?:s|re|ve|ll|d|m)\b)",
    r"(?i)(\bcan)(not\b)",
    r"(?i)(\b(?:gon|wan))(na\b)",
    r"(?i)(\bgot)(ta\b)",
)
_ELISION = (r"(\p{L}['’])(\p{L})",)
_FRENCH = (*_ELISION, r"(?i)(\p{L})(-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|ce|là|ci)\b)")
# Tags of HTML that people and scrapers leave in texts, by their number of characters.
TAGS = {
    3: r"<[bipu]>",
    4: r"</[bipu]>|<(?:br|em|hr|h\d|li|ul|ol|tt)>",
    5: r"</(?:em|h\d|li|ul|ol|tt)>|<(?:br|hr)/>|<(?:div|sub|sup|pre)>",
    6: r"<(?:br|hr) />|</(?:div|sub|sup|pre)>",
    8: r"<strong>|<center>",
    9: r"</strong>|</center>",
}
# The shape of a word, step by step: what is replaced, and by what.
SHAPES = (
    (r"\p{Lu}", "\x01"),
    (r"\p{L}+", "x"),
    (r"\x{01}{2,}", "XX"),
    (r"\x{01}", "X"),
    (r"\p{Nd}", "0"),
    (r"00+", "00"),
)
CUTS = {"en": _ENGLISH, "fr": _FRENCH, "it": _ELISION}
