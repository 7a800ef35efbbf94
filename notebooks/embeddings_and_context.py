# %% [markdown]
# # Word vectors, and words in context
#
# A recurrent model gives every word a vector, and the layers above turn it into another one that
# depends on the sentence. Here you will see what such vectors hold: which words are neighbours to a
# tagger and which to a judge of films, how a word's vector moves with the words around it, and
# which texts lie side by side. It is said that a vector holds what its model was asked for. How far
# that is true, and what else it holds, was measured here, on words and sentences of our own.
#
# It takes about a minute on two cores, trains nothing and needs no data, only the published models.

# %%
import logging
import os

import keras
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

import zoo

logging.getLogger("tensorflow").setLevel(logging.ERROR)
COLOURS = ["#3f78b5", "#c9543b", "#3d8b4f", "#8367c7"]

# %% [markdown]
# One cell decides how much is read. `build.py --short` sets `ZOO_SHORT`: few sentences, to see
# whether everything runs. The figures of such a short run mean nothing.

# %%
SHORT = "ZOO_SHORT" in os.environ
tagger = zoo.load("bilstm_tagger.ud_en_ewt")
entities = zoo.load("bilstm_crf.conll2003")
films = zoo.load("bilstm_classifier.imdb")
phrases = zoo.load("gru_classifier.sst2")
questions = zoo.load("gru_classifier.trec")

# %% [markdown]
# ## Neighbours
#
# The first layer of each model is a table with a row for every word that it knows, the frequent
# ones first. Two words are alike to the model where the cosine of their rows is near 1. You will
# see the five nearest among the 5,000 most frequent words, to a tagger of parts of speech and to a
# model that tells whether a review praises a film.


# %%
def vectors(model):
    """Gives the word vectors of a model as a table by word, the most frequent first."""
    rows = model.model.get_layer("word_embedding").get_weights()[0]
    return pd.DataFrame(rows[2:], index=model.vocabulary[2:])


def neighbours(table, word, count=5):
    """Names the words whose vectors have the largest cosine with that of a word."""
    cosine = cosine_similarity(table.loc[[word]], table)[0]
    return table.index[np.argsort(-cosine)[1 : count + 1]].tolist()


static = {model.name: vectors(model) for model in (tagger, films, phrases)}
asked = ["wonderful", "terrible", "walked", "film", "music", "three", "london", "they"]
print(f"{'':10} {tagger.name:50} {films.name}")
for word in asked:
    lists = [", ".join(neighbours(static[m.name][:5000], word)) for m in (tagger, films)]
    print(f"{word:10} {lists[0]:50} {lists[1]}")

# %% [markdown]
# What do the lists on the left share, and what those on the right? Let us count. Here are words of
# three parts of speech, each half praise and half blame. For each of them we take the nearest of
# the others, by the vectors of each model that knows them, and ask two questions: is it of the same
# part of speech, and does it say the same?

# %%
praise_and_blame = {
    ("adjective", "praise"): """good great wonderful excellent brilliant beautiful perfect funny
        charming superb fresh clever""",
    ("adjective", "blame"): """bad terrible awful horrible boring stupid ugly dull poor cheap
        pathetic annoying""",
    ("noun", "praise"): """masterpiece joy hero beauty pleasure laughter success talent genius gem
        winner friendship""",
    ("noun", "blame"): """mess disaster failure garbage trash boredom insult flaw disappointment
        nonsense mistake nightmare""",
    ("verb", "praise"): """enjoyed loved liked admired praised impressed amazed charmed succeeded
        appreciated respected laughed""",
    ("verb", "blame"): """hated failed wasted ruined bored disappointed annoyed regretted lacked
        suffered insulted destroyed""",
}
judged = pd.DataFrame(
    [(word, *kind) for kind, words in praise_and_blame.items() for word in words.split()],
    columns=["word", "part of speech", "opinion"],
)
judged = judged[[all(word in table.index for table in static.values()) for word in judged.word]]


def found_alike(given, labels):
    """Gives the share of rows whose nearest other row, by cosine, has the same label.

    Where several are equally near, each of them counts for its part.
    """
    cosine = cosine_similarity(given)
    np.fill_diagonal(cosine, -np.inf)
    nearest = cosine >= cosine.max(axis=1, keepdims=True) - 1e-6
    same = np.equal.outer(np.asarray(labels), np.asarray(labels))
    return ((nearest & same).sum(axis=1) / nearest.sum(axis=1)).mean()


def shares(given, labels):
    """Asks `found_alike` of several kinds of labels, and of vectors that are all the same."""
    given = {**given, "by chance": np.ones((len(labels), 1))}
    rows = {name: [found_alike(x, labels[kind]) for kind in labels] for name, x in given.items()}
    return (100 * pd.DataFrame(rows, index=labels.columns).T).round(1)


print(f"{len(judged)} words that all models know; nearest one of the same kind, %")
kinds = ["part of speech", "opinion"]
rows = {name: table.loc[judged.word] for name, table in static.items()}
display(shares(rows, judged[kinds]))

# %% [markdown]
# The tagger's neighbours share a part of speech, and of opinions they know little. The two judges
# of films know both, parts of speech no worse than the tagger, though nobody asked them. They did
# not begin with opinions, either:

# %%
for model in (tagger, films, phrases):
    before = model.description["recipe"]["pretraining"]
    print(f"{model.name:24} began as {before or 'random numbers'}")

# %% [markdown]
# A language model must foretell words, and a word's part of speech helps it as much as what the
# word says; so both may come from there. The same words drawn, as flat as the two directions of
# largest variance allow: colours are opinions, shapes parts of speech.


# %%
def draw(ax, given, title, colour, shape=None):
    """Draws vectors in the plane of their largest variance; colours and shapes are labels."""
    flat = PCA(2, random_state=0).fit_transform(given)
    labels = pd.DataFrame(
        {"colour": list(colour), "shape": list(colour if shape is None else shape)}
    )
    colours = dict(zip(labels.colour.unique(), COLOURS, strict=False))
    shapes = {} if shape is None else dict(zip(labels["shape"].unique(), "osX^DP", strict=False))
    for (one, other), rows in labels.groupby(["colour", "shape"]).groups.items():
        look = {"color": colours[one], "marker": shapes.get(other, "o")}
        ax.scatter(*flat[rows].T, s=28, alpha=0.8, lw=0, **look)
    for name, look in colours.items():
        ax.scatter([], [], color=look, label=name)
    for name, look in shapes.items():
        ax.scatter([], [], color="#888888", marker=look, label=name)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=10)


_, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, model in zip(axes, (tagger, films), strict=True):
    draw(ax, rows[model.name], model.name, judged["opinion"], judged["part of speech"])
axes[1].legend(fontsize=7, bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# Smaller units have vectors, too. A language model of plays reads letters. Has it found out what a
# vowel is, which nobody told it? And a translator into German has a vector for each piece of a word
# that it writes; what are neighbours to it? The sign `▁` marks a piece that begins a word.

# %%
shakespeare = zoo.load("lstm_lm.tiny_shakespeare")
letters = vectors(shakespeare).loc[list("abcdefghijklmnopqrstuvwxyz")]
sounds = pd.DataFrame({"vowel or not": [letter in "aeiou" for letter in letters.index]})
display(shares({f"{shakespeare.name}, 26 letters": letters}, sounds))

translator = zoo.load("seq2seq.multi30k_en_de")
pieces = translator.model.get_layer("decoder").embedding.get_weights()[0]
pieces = pd.DataFrame(pieces[2:], index=translator.vocabulary[2:])
for word in ("▁Hund", "▁rot", "▁läuft", "▁drei"):
    print(f"{word:10} {', '.join(neighbours(pieces[:2000], word))}")

# %% [markdown]
# Yes, it has: the nearest letter is of the same kind for all but one of the 26, and by chance it
# would be for two in three. To the translator colours lie beside colours, and numbers beside
# numbers.
#
# ## The same word in two sentences
#
# *Play* has one row in the table, whether it is a noun or a verb. `model.backbone` is a model
# without its head: what it gives for a word are the states of its highest layer there, which have
# read the whole sentence from both sides. We wrote three sets of sentences, four for each word, two
# of either sense:
#
# - noun or verb, which is what the tagger of parts of speech was trained to tell;
# - person or place, which is what the tagger of names was trained to tell;
# - two nouns of different meaning, as the bank of a river and that of an account, which neither was
#   asked for.

# %%
NOUN_OR_VERB = """
play: the play lasted three hours . | we saw a play in the park .
    | they play outside every day . | nobody can play that song .
walk: after lunch we took a walk . | the walk home was cold .
    | most of us walk to school . | you should walk faster .
work: her work is almost done . | he lost interest in the work .
    | we work at night . | does the new machine work ?
run: the morning run was hard . | she went for a run .
    | dogs run in the garden . | i had to run for the bus .
call: i missed your call . | a call woke the whole family .
    | please call your mother . | they call him every week .
help: thank you for the help . | without help we are lost .
    | could you help me ? | these maps help travellers .
love: their love lasted for years . | it was love at first sight .
    | i love old houses . | children love stories .
answer: the answer was wrong . | she gave no answer .
    | please answer the door . | they never answer letters .
change: a change of plans is fine . | he has no change in his pocket .
    | we must change trains here . | opinions change slowly .
drink: the drink was too sweet . | he ordered a drink .
    | we drink tea at five . | do not drink the water .
sleep: a good sleep heals a lot . | she lost much sleep .
    | cats sleep all day . | i could not sleep .
fish: the fish tasted of salt . | a fish jumped out of the lake .
    | they fish from the bridge . | you may not fish here .
book: this book has no pictures . | she left her book on the train .
    | we book our rooms early . | you have to book a table .
plan: the plan failed . | everyone liked his plan .
    | they plan to move . | we plan every journey .
visit: the visit was short . | her last visit surprised us .
    | we visit our aunt in may . | tourists visit the tower .
cook: the cook burned the soup . | he hired a new cook .
    | i cook on sundays . | they cook with little salt .
dance: the dance began at nine . | they learned a slow dance .
    | we dance until midnight . | she wanted to dance .
cut: the cut on his hand hurt . | she noticed a small cut .
    | i cut the bread . | they cut the grass in june .
watch: his watch stopped . | she bought a gold watch .
    | we watch the birds . | you can watch from the window .
light: the light went out . | a light shone in the kitchen .
    | we light candles in winter . | please light the stove ."""
PERSON_OR_PLACE = """
Washington: Washington crossed the river with his men . | Mr. Washington was tall .
    | We flew to Washington on Monday . | The museums of Washington are free .
Jordan: Jordan scored thirty points . | Mr. Jordan lives next door .
    | They travelled through Jordan . | The border between Syria and Jordan was closed .
Paris: Her friend Paris sings well . | Paris smiled and signed her name .
    | We spent a week in Paris . | The trains to Paris are fast .
Lincoln: Lincoln gave a short speech . | Everyone admired Mr. Lincoln .
    | The train to Lincoln was late . | She grew up in Lincoln .
Florence: Florence told him a joke . | My aunt Florence is a nurse .
    | The hills around Florence are green . | He studied painting in Florence .
Austin: Austin called his mother . | Mr. Austin signed the papers .
    | The company moved to Austin . | It never snows in Austin .
Sydney: Sydney plays the piano well . | Her son Sydney is six .
    | The flight to Sydney took a day . | They live in Sydney .
Houston: Houston sang the anthem . | Mrs. Houston teaches music .
    | A storm hit the city of Houston . | He works in Houston .
Victoria: Victoria married at twenty . | His sister Victoria laughed .
    | They sailed to Victoria last year . | The weather in Victoria was mild .
Carolina: Carolina wrote three books . | Mrs. Carolina opened the door .
    | The beaches of Carolina are wide . | We drove through Carolina ."""
TWO_NOUNS = """
bank: the bank lent us money . | she opened an account at the bank .
    | we sat on the bank of the river . | the boat drifted to the muddy bank .
bat: he hit the ball with a bat . | the player broke his wooden bat .
    | a bat flew out of the cave . | the bat sleeps all day .
spring: flowers bloom in spring . | last spring was very wet .
    | the spring in the mattress broke . | a metal spring holds the lid .
club: she joined a chess club . | the club meets on fridays .
    | he struck the thief with a club . | the giant swung a heavy club .
match: our team won the match . | the match ended in a draw .
    | he lit the fire with a match . | the match burned his fingers .
letter: i wrote her a long letter . | the letter arrived by mail .
    | the word begins with a capital letter . | each letter of the alphabet has a sound .
board: the board fired the director . | she reports to the board .
    | he sawed the board in half . | a loose board creaked on the floor .
seal: the seal swam under the ice . | a seal ate the fish .
    | the king put his seal on the letter . | the wax seal was broken .
crane: the crane lifted the steel beam . | a crane stood beside the new tower .
    | a crane waded through the marsh . | the crane spread its wings .
ring: he gave her a diamond ring . | the ring slipped off her finger .
    | the boxers entered the ring . | he fell in the ring ."""


def read(written):
    """Makes a table of occurrences: the word, which of its senses, and the sentence as tokens."""
    rows = []
    for entry in written.replace("\n    |", " |").strip().split("\n"):
        word, _, sentences = entry.partition(": ")
        for place, sentence in enumerate(sentences.split(" | ")):
            rows.append((word, place // 2, sentence.split()))
    return pd.DataFrame(rows, columns=["word", "sense", "tokens"])


written = {"noun or verb": NOUN_OR_VERB, "person or place": PERSON_OR_PLACE, "two nouns": TWO_NOUNS}
occurrences = {name: read(each)[: 8 if SHORT else None] for name, each in written.items()}
for name, each in occurrences.items():
    print(f"{name}: {each.word.nunique()} words, {len(each)} sentences")


def states(model, network, each):
    """Gives the vector that a network of a tagger has for the word of each sentence."""
    tokens = pd.DataFrame(each.tokens.tolist()).fillna("").to_numpy(str)
    places = [words.index(word) for words, word in zip(each.tokens, each.word, strict=True)]
    ids = model.encoder(tokens)
    inputs = ids if len(ids) > 1 else ids["tokens"]
    found = keras.ops.convert_to_numpy(network(inputs, training=False))
    return found[np.arange(len(each)), places]


# %% [markdown]
# First a look. Each dot is one of the sentences with a noun or a verb, drawn by the vector of its
# word: from the table, after the first layer of the tagger, and after the second. In the table all
# four sentences of a word have the same vector, so that each blue dot lies under a red one.

# %%
each = occurrences["noun or verb"]
first = keras.Model(tagger.model.input, tagger.model.get_layer("lstm_1").output)
layers = {
    "the table": static[tagger.name].loc[each.word].to_numpy(),
    "the first layer": states(tagger, first, each),
    "the second layer": states(tagger, tagger.backbone, each),
}
senses = each.sense.map({0: "noun", 1: "verb"}).tolist()
_, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, (name, given) in zip(axes, layers.items(), strict=True):
    draw(ax, given, name, senses)
axes[-1].legend(fontsize=8)
plt.show()

# %% [markdown]
# What becomes of the word itself on the way up? For each occurrence we take the nearest among all
# others and ask whether it is the same word, and whether it is the same part of speech.

# %%
labels = pd.DataFrame({"same word": each.word, "same part of speech": senses})
display(shares(layers, labels))

# %% [markdown]
# The table knows the word and nothing else: its three other occurrences are equally near, and one
# of them has the same sense. Going up, the word fades and its part in the sentence comes forward.
#
# ## Which sense is it?
#
# Now for each word by itself: of its three other occurrences, is the nearest one of the same sense?
# One of three is, so that guessing is right in a third. Beside the two taggers stands what needs no
# model: how many words the two sentences share, counted by TF-IDF.


# %%
def told_apart(given, each):
    """Gives the share of occurrences whose nearest one of the same word has the same sense."""
    parts = each.reset_index(drop=True).groupby("word").indices.values()
    return np.mean([found_alike(given[part], each.sense.iloc[part]) for part in parts])


table = {}
for name, each in occurrences.items():
    sentences = each.tokens.str.join(" ")
    ways = {
        "any table: one vector a word": np.ones((len(each), 1)),
        "TF-IDF of the sentence": TfidfVectorizer().fit_transform(sentences).toarray(),
        f"states of {tagger.name}": states(tagger, tagger.backbone, each),
        f"states of {entities.name}": states(entities, entities.backbone, each),
        f"states of {films.name}": states(films, films.backbone, each),
    }
    table[name] = {way: 100 * told_apart(given, each) for way, given in ways.items()}
for name, each in occurrences.items():
    print(f"{name}: two standard errors of a half are {100 / np.sqrt(len(each)):.0f} %")
display(pd.DataFrame(table).round(1))

# %% [markdown]
# A state tells best what its model was asked to tell, but not that alone, and not always. The
# tagger of parts of speech knows nouns from verbs, of which the tagger of names knows nothing. The
# judge of films was asked neither, and yet has 76 % there. Persons and places are harder: the
# judge, who began as a language model, has 65 % and the tagger of names 62.5 %, which may be
# chance. Two meanings of one noun none of them tells: to give their tags, or their verdict, none
# had to. In that column nothing is far from a third, counting words included.
#
# ## Which texts are alike?
#
# What a classifier's head reads is one vector for a whole text. Two small collections of our own:
# questions about six things, each asked in four ways (who; where; how much or when; why, how or
# what for), which are four of the kinds that the data set TREC tells apart, and opinions on six
# parts of a film, for and against. The most similar text may be similar in either respect.

# %%
ASKED = {
    "bridge": """Which engineer designed the bridge ? | What city is the bridge in ?
        | How long is the bridge ? | Why did the bridge collapse ?""",
    "piano": """Who invented the piano ? | Where was the first piano made ?
        | How many keys does a piano have ? | What is the origin of the word piano ?""",
    "comet": """What astronomer discovered the comet ? | Where can the comet be seen ?
        | When will the comet return ? | How does a comet get its tail ?""",
    "volcano": """Who first climbed the volcano ? | What country has the tallest volcano ?
        | What year did the volcano erupt ? | What causes a volcano to erupt ?""",
    "telephone": """Name the inventor of the telephone . | In which town was the telephone made ?
        | How much did the first telephone cost ? | How does a telephone work ?""",
    "castle": """Which queen lived in the castle ? | Where is the oldest castle ?
        | How old is the castle ? | Why was the castle built ?""",
}
OPINIONS = {
    "acting": """The acting was superb and every scene felt true . | I could watch this acting for
        hours . | The acting was wooden from start to finish . | Such lazy acting is painful .""",
    "music": """The music gave me goosebumps . | A lovely score , the music carries the film .
        | The music was loud and dreadful . | I muted the music , it was that bad .""",
    "story": """The story is clever and kept me guessing . | A touching story , told with warmth .
        | The story makes no sense at all . | A dull story that goes nowhere .""",
    "camera": """The camera work is stunning . | Every shot of the camera is a painting .
        | The shaky camera gave me a headache . | Whoever held the camera was clearly bored .""",
    "ending": """The ending moved me to tears of joy . | I loved the perfect ending .
        | The ending ruined everything . | I hated the silly ending .""",
    "jokes": """The jokes are hilarious . | I laughed at all the jokes .
        | The jokes are stale and cheap . | Not one of the jokes is funny .""",
}


def texts(collection, labels):
    """Makes a table of texts: each with what it is about, and with its label by its place."""
    rows = [
        (" ".join(text.split()), about, label)
        for about, several in collection.items()
        for text, label in zip(several.split("|"), labels, strict=True)
    ]
    return pd.DataFrame(rows, columns=["text", "about", "kind"])


def whole(model, several):
    """Gives what the head of a classifier reads of each text; of a tagger the mean of states."""
    head = model.backbone if model.task == "tagging" else model.model.get_layer("logits").input
    if model.task != "tagging":
        head = keras.Model(model.model.input, head)
    found = [keras.ops.convert_to_numpy(head(model.read(text)[1]))[0] for text in several]
    return np.stack([each.mean(axis=0) if each.ndim > 1 else each for each in found])


collections = {
    "questions": texts(ASKED, ["who", "where", "how much", "why"]),
    "opinions": texts(OPINIONS, ["for", "for", "against", "against"]),
}
similar, drawn = {}, {}
for name, each in collections.items():
    given = {
        "TF-IDF, all words": TfidfVectorizer().fit_transform(each.text).toarray(),
        "TF-IDF": TfidfVectorizer(stop_words="english").fit_transform(each.text).toarray(),
    }
    for model in (questions, phrases, films, tagger):
        given[model.name] = whole(model, each.text)
    similar[name] = shares(given, each[["about", "kind"]])
    drawn[name] = given
display(pd.concat(similar, axis=1))

# %% [markdown]
# What is similar is a question of what is asked. Whoever looks for texts about the same thing is
# served best by counting words, function words left out, and no network comes near. Whoever looks
# for the same kind of question is served by the model that learned kinds of questions, so well that
# it never once finds the same thing; and whoever looks for the same opinion, by one that learned
# opinions. To take any sentence vector for the meaning would be a mistake.

# %%
_, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
each = collections["questions"]
for ax, name in zip(axes, ("TF-IDF", questions.name), strict=True):
    draw(ax, drawn["questions"][name], name, each.kind, each.about)
axes[1].legend(fontsize=7, bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# Where to go from here: `notebooks/bring_your_own.py` puts a new head on such a backbone.
