"""What models for many languages call each of ours, and the tokens that name them.

A language that a model was not taught is no guess: the model is not asked. MADLAD's list is of the
languages it was taught most of, of some four hundred.

Sources: the tokenizers of M2M-100 and NLLB-200 (FLORES-200's codes); MADLAD-400, appendix A.
"""

from __future__ import annotations

from catflap.translation.codes import Lang

M2M100 = """
af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he
hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no
ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo
zh zu
"""
MADLAD = """
af ak am ar as az ba be bg bm bn bo br bs ca ce ceb ckb co cs cv cy da de dv ee el en eo es et eu
fa ff fi fil fo fr fy ga gd gl gn gsw gu ha haw he hi hil hmn hr ht hu hy id ig ilo is it ja jv ka
kg kk kl km kn ko ku ky la lb lg ln lo lt lus lv mg mi mk ml mn mr ms mt my ne nl no nso ny oc om
or pa pap pl ps pt rm rn ro ru rw sa sah sd se si sk sl sm sn so sq sr st su sv sw ta te tet tg th
ti tk tn tr ts tt ug uk ur uz ve vi wo xh yi yo yue zh zu
"""
_M2M100 = frozenset(M2M100.split())
_MADLAD = frozenset(MADLAD.split())
_M2M100_OTHERS = {"nso": "ns"}
_MADLAD_OTHERS = {"tl": "fil"}
_NLLB_BY_SCRIPT = {
    "Arab": "ar:arb fa:pes ps:pbt sd:snd ug:uig ur:urd ckb:ckb ary:ary arz:arz",
    "Armn": "hy:hye", "Beng": "as:asm bn:ben", "Deva": "hi:hin mr:mar ne:npi sa:san bho:bho",
    "Cyrl": "ba:bak be:bel bg:bul kk:kaz ky:kir mk:mkd mn:khk ru:rus sr:srp tg:tgk tt:tat uk:ukr",
    "Ethi": "am:amh ti:tir", "Geor": "ka:kat", "Grek": "el:ell", "Gujr": "gu:guj",
    "Guru": "pa:pan", "Hang": "ko:kor", "Hans": "zh:zho", "Hant": "yue:yue",
    "Hebr": "he:heb yi:ydd", "Jpan": "ja:jpn", "Khmr": "km:khm", "Knda": "kn:kan", "Laoo": "lo:lao",
    "Latn": (
        "af:afr ak:aka ast:ast ay:ayr az:azj bm:bam bs:bos ca:cat ceb:ceb cs:ces cy:cym da:dan "
        "de:deu ee:ewe en:eng eo:epo es:spa et:est eu:eus ff:fuv fi:fin fj:fij fo:fao fr:fra "
        "ga:gle gd:gla gl:glg gn:grn ha:hau hr:hrv ht:hat hu:hun id:ind ig:ibo ilo:ilo is:isl "
        "it:ita jv:jav ki:kik kg:kon ku:kmr lb:ltz lg:lug li:lim ln:lin lt:lit lv:lvs mg:plt "
        "mi:mri ms:zsm mt:mlt nl:nld no:nob nso:nso ny:nya oc:oci om:gaz pap:pap pl:pol pt:por "
        "qu:quy rn:run ro:ron rw:kin sc:srd scn:scn sg:sag sk:slk sl:slv sm:smo sn:sna so:som "
        "sq:als ss:ssw st:sot su:sun sv:swe sw:swh tk:tuk tl:tgl tn:tsn tpi:tpi tr:tur ts:tso "
        "tw:twi uz:uzn vec:vec vi:vie war:war wo:wol xh:xho yo:yor zu:zul"
    ),
    "Mlym": "ml:mal", "Mymr": "my:mya", "Orya": "or:ory", "Sinh": "si:sin", "Taml": "ta:tam",
    "Telu": "te:tel", "Thai": "th:tha", "Tibt": "bo:bod dz:dzo",
}
_NLLB = {
    ours: f"{theirs}_{script}"
    for script, named in _NLLB_BY_SCRIPT.items()
    for ours, theirs in (one.split(":") for one in named.split())
}


def token(kind: str, lang: Lang | str) -> str:
    """The token that names a language to a model of this kind, "" where it does not know it."""
    if kind == "nllb":
        return _NLLB.get(lang, "")
    if kind == "m2m100":
        code = _M2M100_OTHERS.get(lang, lang)
        return f"__{code}__" if code in _M2M100 else ""
    if kind == "madlad":
        code = _MADLAD_OTHERS.get(lang, lang)
        return f"<2{code}>" if code in _MADLAD else ""
    return ""


def knows(kind: str, source: Lang, target: Lang) -> bool:
    """Whether a model of this kind was taught both languages."""
    return source != target and bool(token(kind, source)) and bool(token(kind, target))
