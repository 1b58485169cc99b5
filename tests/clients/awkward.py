"""Text of the pieces that signers differ about."""

PIECES = [
    "a", "B.txt", " ", "  ", "+", "=", "%", "%2F", "%20", "/", "//", "..", "/./", "/../", "~", "-_.", "&", "?", "#", ";", ":", "@", "!$'()*,",
    "\\", '"', "<>", "ö", "ß", "☃", "日本", "🦆", "e\u0301", "\u00a0", "\u200b",
]


def text(rng, least, most):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(least, most)))


def key(rng):
    return "k" + text(rng, 0, 10) + "k"
