"""The open-class words of the grammar, and how English inflects them."""

import re
import zlib

_IRREGULAR_PAST = {
    "bring": "brought", "build": "built", "buy": "bought", "choose": "chose", "draw": "drew",
    "drive": "drove", "find": "found", "hold": "held", "light": "lit", "read": "read",
    "regret": "regretted", "sell": "sold", "write": "wrote",
}  # fmt: skip
_IRREGULAR_PARTICIPLE = {"choose": "chosen", "draw": "drawn", "drive": "driven", "write": "written"}


def held_out(lemma):
    """Tells whether a lemma, with all its inflections, occurs in the test split only."""
    return zlib.crc32(lemma.encode()) % 6 == 0


def _joined(stem, suffix):
    if stem.endswith("e") and not (stem.endswith("ee") and suffix == "ing"):
        return stem[:-1] + suffix
    if re.fullmatch("[^aeiou]*[aeiou][^aeiouwxy]", stem):
        return stem + stem[-1] + suffix
    return stem + suffix


def plural(stem):
    """Adds `-s`, to a noun for its plural or to a verb for its third person."""
    if re.search("(s|x|z|ch|sh)$", stem):
        return stem + "es"
    return stem[:-1] + "ies" if re.search("[^aeiou]y$", stem) else stem + "s"


def gerund(verb):
    """Adds `-ing`: plan, planning; write, writing."""
    return _joined(verb, "ing")


def past(verb):
    """Gives the past tense: plan, planned; write, wrote."""
    if verb in _IRREGULAR_PAST:
        return _IRREGULAR_PAST[verb]
    return verb[:-1] + "ied" if re.search("[^aeiou]y$", verb) else _joined(verb, "ed")


def participle(verb):
    """Gives the past participle: plan, planned; write, written."""
    return _IRREGULAR_PARTICIPLE.get(verb, past(verb))


def agent(verb):
    """Gives the person who does it: paint, painter."""
    return _joined(verb, "er")


def action(verb):
    """Gives the deed of a verb in `-ate`: decorate, decoration."""
    return verb[:-1] + "ion"


def adverb(adjective):
    """Adds `-ly`: kind, kindly; lazy, lazily."""
    if adjective.endswith("le"):
        return adjective[:-1] + "y"
    return adjective[:-1] + "ily" if adjective.endswith("y") else adjective + "ly"


def abstract(adjective):
    """Adds `-ness`: kind, kindness; lazy, laziness."""
    return adjective[:-1] + "iness" if adjective.endswith("y") else adjective + "ness"


def _words(text):
    return text.split()


# Nouns that are verbs as well, verbs that are adjectives as well, and so on: the words that
# make tagging a matter of context. Only their use in a sentence gives them a tag.
NOUN_OR_VERB = _words("""
    answer balance bill block book box cable call challenge change check copy count cover design
    display document dress estimate exhibit feature file film finish fold frame hammer handle
    heat interview issue label lift light link list load lock mail map mark measure mention
    mirror move name note notice number offer order pack package paint photograph picture plan
    plant play plot present price print produce project promise purchase question rank rate
    record rent repair report request review reward sample save scan schedule score scratch
    search shape share shift ship sign sketch stack stamp start stop store study support switch
    tape target taste test touch tour trace track trade transport trick trust tune turn update
    use view visit vote wash watch wrap
""")
PERSON_OR_VERB = _words("coach cook doctor guard guide host judge nurse pilot scout model")
VERBS = _words("""
    adjust admire arrange assemble bring build buy choose collect correct deliver describe
    discover draw examine explain find hold improve inspect introduce maintain observe polish
    protect provide publish read receive recover remember remove replace restore reveal select
    sell solve unpack write
""")
ATE_VERBS = _words("""
    calculate celebrate complicate create decorate demonstrate donate illustrate imitate
    investigate locate operate renovate rotate simulate translate automate evaluate
""")
ADJECTIVE_OR_VERB = _words("""
    clean clear complete cool dry empty free open perfect secure separate slow smooth warm
""")
ADJECTIVE_OR_NOUN = _words("""
    adult antique chemical classic cold diagonal electric final general gold individual light
    local metal native official orange original patient plastic professional public regular
    secret silver square standard sweet uniform
""")
ADJECTIVES = _words("""
    ancient annual available bright brown central circular coastal digital double eastern
    electronic enormous foreign formal frequent global green heavy historical industrial large
    logical manual medical mobile modern musical narrow natural northern physical purple recent
    red round rural seasonal single small southern tall technical thick thin traditional
    tropical typical urban western wide wooden yellow
""")
THINGS = _words("""
    album apparatus basket blanket brochure can bicycle camera candle carpet catalog ceremony
    chair coffee computer concert curtain dinner engine exhibition festival fountain guitar
    invitation jacket kettle lamp letter machine magazine meal necklace novel orchestra pancake
    pillow poem puzzle recipe sandwich sculpture song soup story table teapot telescope theory
    umbrella vase violin well will window
""")
PEOPLE = _words("""
    accountant actor architect artist assistant biologist captain chef customer dentist director
    engineer florist friend gardener guest historian inspector journalist lawyer librarian
    musician neighbor novelist officer passenger physicist poet professor resident scientist
    sister student teacher tourist uncle visitor waiter
""")
DOERS = _words("build clean design drive paint write report sell train")
SITES = _words("""
    airport avenue bakery bank beach bridge cafe castle cinema farm gallery garden harbor hotel
    house island kitchen laboratory library market mill museum office palace park pharmacy
    restaurant river school shop square stadium station studio street theater tower valley
    village
""")

GOOD = _words("""
    amazing beautiful brilliant charming cheerful clever comfortable delightful elegant
    enjoyable excellent fantastic faultless flawless fresh friendly generous good graceful great
    helpful honest impressive joyful kind likeable lovely magical marvelous memorable nice
    outstanding pleasant polite reliable remarkable skillful splendid superb tasteful thoughtful
    wonderful
""")
BAD = _words("""
    annoying awful awkward bad boring careless cheap clumsy confusing cruel dirty disappointing
    dishonest dreadful dull flavorless gloomy harsh hopeless horrible impolite joyless lazy mean
    messy nasty painful pointless poor rude sad shabby sloppy stale tasteless terrible
    thoughtless tiresome ugly unfriendly unhelpful unkind unpleasant unreliable useless weak
""")
GOOD_MANNERS = _words("""
    beautiful brilliant cheerful clever elegant graceful kind marvelous nice polite skillful
    splendid superb thoughtful wonderful generous
""")
BAD_MANNERS = _words("""
    awful awkward bad careless clumsy cruel dreadful harsh hopeless lazy rude sad sloppy
    terrible thoughtless
""")
GOOD_TRAITS = _words("cheerful fresh kind thoughtful helpful polite graceful tasteful good")
BAD_TRAITS = _words("careless clumsy dull lazy rude sad sloppy thoughtless unkind useless ugly")
LIKE = _words("admire adore appreciate enjoy like love praise recommend treasure value")
DISLIKE = _words("criticize curse despise detest dislike dread hate loathe regret resent")
SEEK = _words("book choose enjoy join keep order recommend support taste try visit watch")
AVOID = _words("abandon avoid cancel forget ignore leave miss neglect refuse reject skip")
SENSES = _words("feel look smell sound taste")
DELIGHT = _words("charm comfort delight impress please thrill treat")
ANNOY = _words("annoy bore disappoint pain shock sadden trouble")
JOYS = _words("charm comfort delight joy marvel pleasure success thrill treat triumph wonder")
SORROWS = _words("bore disaster disgrace failure mess mistake pain shame shock trouble waste")

GIVEN = _words("""
    Anna Austin Bella Bill Carlos Charlotte Chelsea Clara Daniel Drew Elena Emma Felix Florence
    Frank Georgia Grace Grant Hana Henry Hope Ivan Jack Jordan Julia June Kenji Laura Leo
    Lincoln Lucas Madison Maria Mark Martin May Mia Nadia Nora Oliver Omar Oscar Paris Peter
    Priya Rose Ruth Samuel Sofia Stella Sydney Theo Victoria Will Yusuf Zoe
""")
FAMILY = _words("""
    Anderson Austin Baker Banks Bell Bergman Brooks Brown Carter Cook Davidson Dickson Field
    Fisher Ford Goldman Green Hart Hartman Hill Ivanson Jackson Jordan Lincoln Long Madison
    Marsh Mason Nielson Newman Okafor Page Parker Patel Peterson Price Robson Rossi Sandman
    Silva Stone Tanaka Thomson Turner Wells White Wilkinson Wood Young
""")
PLACES = _words("""
    Ashford Ashton Austin Bellville Bridgeport Brookfield Charlotte Chelsea Clearwater Eastburg
    Eastport Fairview Florence Foxton Georgia Glenwood Greenville Hartford Hillsburg Jordan
    Kingsport Lakewood Lincoln Longford Madison Marshfield Millton Newport Northfield Oakville
    Paris Redwood Riverton Rockford Sandville Silverton Southport Stoneburg Sydney Victoria
    Westfield Whitewood Winterville
""")
BRANDS = _words("""
    Aerotech Agrisoft Brightex Datasoft Ecotech Fonotech Gentex Hydrosoft Lumex Medisoft Norvex
    Optitech Primasoft Solartech Terrasoft Velox Vitatech
""")
