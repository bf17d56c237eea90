"""The small words of the languages in Latin letters: articles, pronouns, verbs of being.

Data, for `detection` and `sharing`. A word stands under each of the languages that has it, so that
it weighs only against those that have not.
"""

from __future__ import annotations

from catflap.ground.stemming import stem

WORDS = {
    "en": """
        a an the no i i'm i've i'll i'd you you're your we we're our he he's she she's they
        they're their it it's its me my mine his her this that that's these those is are was
        were be been am and or but not don't doesn't didn't can't isn't won't of to in on at
        for from with by as if than then there there's here what what's when where who why
        how which do does did have has had will would can could should just all one two both
        out up down off over under about into
    """,
    "es": """
        a el la los las un una unos unas de del y o no que en es son está estoy por para con
        sin se me te mi mis tu su sus lo le les muy más pero como qué cuando yo él ella este
        esta esto eso
    """,
    "fr": """
        le la les un une des du de et ou ne pas que qui en est sont je j'ai c'est il elle
        nous vous ils on ce cette ces mon ma mes ton son sa ses au aux dans sur pour avec
        sans plus très mais
    """,
    "de": """
        der die das den dem ein eine einen einem einer und oder nicht kein keine ich du er
        sie es wir ihr ist sind war bin hat habe haben mit von zu zum zur im in am auf für
        aus bei auch nur aber wenn wie was mein meine dein sein noch schon sehr so dass
    """,
    "pt": """
        o a os as no um uma de do da dos das e ou não que em no na nos nas é são foi eu você
        ele ela meu minha seu sua por para com sem mais muito mas como isso este esta está
        se
    """,
    "it": """
        a il lo la no i gli le un uno una di del della dei e o non che in nel nella è sono
        ho hai ha io tu lui lei mio mia tuo sua per con senza più molto ma come questo
        questa quando anche
    """,
    "id": """
        yang dan di ke dari ini itu tidak bukan ada saya aku kamu dia kami kita mereka untuk
        dengan pada adalah akan sudah belum bisa juga atau tapi sangat banyak apa
    """,
    "vi": """
        và là của không có một những các được cho với trong này đó tôi bạn anh chị em nó rất
        đã đang sẽ thì mà ở từ người cũng như
    """,
    "tr": """
        ve bir bu şu o ben sen biz siz onlar değil için ile çok ama gibi var yok ne mi mı da
        de daha en olarak kadar sonra her
    """,
}

SPEAKERS: dict[str, tuple[str, ...]] = {}
"""The languages that have each word."""
for _lang, _words in WORDS.items():
    for _word in _words.split():
        SPEAKERS[_word] = (*SPEAKERS.get(_word, ()), _lang)

_EMPTY = """
    let got get go went gone say said like really very so too much many more most some any every
    each other also only even still yet now ever never again ll ve re be being
"""
EMPTY_STEMS = frozenset(stem(word.split("'")[0]) for word in (WORDS["en"] + _EMPTY).split())
"""Stems of English words that say too little for two texts to share them."""
