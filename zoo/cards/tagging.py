"""What the cards of taggers tell, of parts of speech and of names."""

from zoo.cards.markdown import directed_stack, percent, table

NOUN = "tagger"

PROTOCOL = (
    "gold tokens, words only (multiword tokens and empty nodes are no words), everything fitted "
    "on train alone, every choice made on dev."
)
ENTITY_PROTOCOL = (
    "gold tokens, one sentence at a time, whole entities (type and both ends must be right, "
    "counted as `conlleval` does), everything fitted on train alone, every choice made on dev."
)
LIMITS = (
    "It knows the language, the genres and the mistakes of its training data, and no other text "
    "from outside. Raw text is cut into tokens by a few rules: contractions that are spelled as "
    "one word (French *du*, Italian *della*) and words written with spaces (Vietnamese) are not "
    "taken apart or joined as the treebank does, so give tokens where you have them. One string "
    "is one sentence. Scores are for gold tokens."
)
ENTITY_LIMITS = (
    "It knows the names, the genre and the years of its training data, and no other text from "
    "outside: on other text it finds less, and less surely. Raw text is cut into tokens by a "
    "few rules, which part some words that the corpus leaves whole (*Paris-based*), so give "
    "tokens where you have them. One string is one sentence, and no sentence sees its "
    "neighbours. Scores are for gold tokens."
)


def finds_entities(description):
    """Whether its tags are those of names."""
    return "tags" in description["sizes"]


def purpose(description):
    """What the model is for."""
    if finds_entities(description):
        return "named-entity recognition"
    return "part-of-speech tagging (UPOS)"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    return directed_stack(options) + (" with a CRF" if options.get("head") == "crf" else "")


def example(description):
    """What `predict` is given."""
    return '["One sentence ."]'


def details(description):
    """What there is to know of inputs and outputs."""
    return ""


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    text = 'text=tf.constant(["One sentence ."])'
    tokens = 'tokens=tf.constant([["One", "sentence", "."]])'
    padded = 'all `(sentences, tokens)`, padded with `""` and 0'
    offsets = "`start`, `end` (offsets in code points)"
    yield "serving_default", text, f"`tokens`, `tags`, `probability`, {offsets}, {padded}"
    yield "tokens", tokens, f"`tags`, `probability`, {padded}; so are its inputs"
    if finds_entities(description):
        padded = 'all `(sentences, entities)`, padded with `""` and 0'
        yield "entities", text, f"`text`, `type`, `probability`, {offsets}, {padded}"
        offsets = "`start`, `end` (counted in tokens)"
        yield "entities_of_tokens", tokens, f"`type`, `probability`, {offsets}, {padded}"


def protocol(description):
    """How the scores were measured."""
    return ENTITY_PROTOCOL if finds_entities(description) else PROTOCOL


def limits(description):
    """What the model cannot do."""
    return ENTITY_LIMITS if finds_entities(description) else LIMITS


def headline(found):
    """The one figure that tells most of a split's."""
    return percent(found["f1"] if "f1" in found else found["accuracy"])


def figure(rival, description):
    """The score of a rival, with as many digits as the sources have."""
    if finds_entities(description):
        return percent(rival.get("f1", rival.get("accuracy")))
    return f"{100 * rival['accuracy']:.1f}"


def scores(description):
    """The table of scores."""
    if any("f1" in found for found in description["metrics"].values()):
        return _entity_scores(description["metrics"])
    columns = ["split", "tokens", "accuracy", "on unknown words", "whole sentences"]
    rows = []
    for split, found in description["metrics"].items():
        unknown = percent(found["unknown_accuracy"])
        rows.append(
            [
                split,
                f"{found['tokens']:,}",
                f"**{percent(found['accuracy'])}**",
                f"{unknown} ({100 * found['unknown_share']:.1f} % of tokens)",
                percent(found["sentence_accuracy"]),
                percent(found["baseline"]["accuracy"]),
            ]
        )
    return table([*columns, "most frequent tag"], rows)


def _entity_scores(metrics):
    columns = ["split", "entities", "precision", "recall", "F1", "recall of unseen", "baseline F1"]
    rows = []
    for split, found in metrics.items():
        unseen = percent(found["unseen_recall"])
        rows.append(
            [
                split,
                f"{found['entities']:,}",
                percent(found["precision"]),
                percent(found["recall"]),
                f"**{percent(found['f1'])}**",
                f"{unseen} ({percent(found['unseen_share'])} % of entities)",
                percent(found["baseline"]["f1"]),
            ]
        )
    return table(columns, rows) + (
        "\n\nUnseen are the entities that training does not have, with that type; the baseline "
        "finds again what was an entity in training, with the type it had most often."
    )
