"""Everything an operator can set, each thing described once, here.

Read once, in `app`, from one TOML file and from environment variables of the same names
(``database_url`` is ``CATFLAP_DATABASE_URL``; the environment wins). `docs/operating.md` lists
them with the words below; a test compares the two.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from catflap.ground.database_url import of_sqlite
from catflap.ground.errors import CatflapError

PREFIX = "CATFLAP_"
FILE_NAME = "catflap.toml"


def _about(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class SettingsInvalid(CatflapError):
    """A setting is unknown or holds what it may not; ``where`` names the file or variable."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one community."""

    data: Annotated[
        Path, _about("Folder of everything this community keeps: database, media, dictionary.")
    ] = Path("data")
    database_url: Annotated[
        str,
        _about(
            "Where the database is: `sqlite:///path` or `postgresql://user:password@host/name`. "
            "Empty means `catflap.db` in the data folder."
        ),
    ] = ""
    database_durable: Annotated[
        bool, _about("On SQLite, wait for the disk at each commit; a power cut then loses nothing.")
    ] = True
    media_url: Annotated[
        str,
        _about(
            "Where files are kept: `file:///path`, `s3://bucket/prefix` … Empty means `media` in "
            "the data folder."
        ),
    ] = ""
    lexicon_dir: Annotated[
        str,
        _about(
            "Folder of the dictionary's file, which several communities may share. Empty means "
            "`lexicon` in the data folder."
        ),
    ] = ""
    public_url: Annotated[
        str,
        _about(
            "The address people type, e.g. `https://cats.example`. Empty means the address the "
            "server listens on."
        ),
    ] = ""
    host: Annotated[str, _about("Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535), _about("Port to listen on.")] = 8080
    behind_proxy: Annotated[
        bool, _about("Trust `X-Forwarded-For` from a proxy on this machine for people's addresses.")
    ] = False
    community_name: Annotated[str, _about("What this community is called.")] = "Catflap"
    community_tagline: Annotated[str, _about("One line under the name.")] = ""
    languages: Annotated[
        tuple[str, ...],
        _about("Languages that new notes are translated into ahead of need, most important first."),
    ] = ("en", "zh")
    registrations: Annotated[
        Literal["open", "valved", "invitation", "approval", "closed"],
        _about(
            "How people come in: `open`; `valved`, at the rate that operators and machine can "
            "bear, the others waiting in a queue; by `invitation`; by `approval` of an operator; "
            "`closed`."
        ),
    ] = "open"
    sign_ups_per_hour: Annotated[
        int, msgspec.Meta(ge=0, le=100_000),
        _about(
            "How many the valve lets in within any hour at most; 0 means as many as operators who "
            "were here this week, their open cases and waiting work allow."
        ),
    ] = 0
    engines: Annotated[
        tuple[str, ...],
        _about(
            "Translation engines in the order they are tried: `ctranslate2`, `openai`, "
            "`libretranslate`, `deepl`. Memory always goes first, the reading aid always stands "
            "behind."
        ),
    ] = ()
    routes: Annotated[
        dict[str, tuple[str, ...]],
        _about(
            "Engines of single language pairs, where the order above is not theirs. In the file "
            "a table: `zh-en = [\"openai\", \"ctranslate2\"]`; in the environment "
            "`zh-en=openai,ctranslate2; en-zh=openai`."
        ),
    ] = {}
    engine_chars_a_day: Annotated[
        dict[str, int],
        _about("How many characters an engine is given a day (UTC) at most: `deepl = 200000`."),
    ] = {}
    engine_tokens_a_day: Annotated[
        dict[str, int],
        _about("How many tokens an engine may use a day (UTC) at most: `openai = 1000000`."),
    ] = {}
    engine_price_chars: Annotated[
        dict[str, float],
        _about("What a million characters cost at an engine, for the figures: `deepl = 20`."),
    ] = {}
    engine_price_tokens: Annotated[
        dict[str, float],
        _about("What a million tokens cost at an engine, for the figures: `openai = 0.6`."),
    ] = {}
    engine_currency: Annotated[
        str, _about("The currency of both prices, as it is shown beside them: `USD`, `€`, `元`.")
    ] = "USD"
    models_dir: Annotated[
        str,
        _about(
            "Folder of the models of `ctranslate2`, which several communities may share. Empty "
            "means `models` in the data folder."
        ),
    ] = ""
    ctranslate2_threads: Annotated[
        int, msgspec.Meta(ge=0, le=256),
        _about("Processor cores for `ctranslate2`; 0 means all but one."),
    ] = 0
    ctranslate2_device: Annotated[
        Literal["auto", "cpu", "cuda"], _about("Where its models run; `auto` takes a GPU it finds.")
    ] = "auto"
    openai_url: Annotated[
        str,
        _about("Base address of an OpenAI-compatible server, e.g. `http://127.0.0.1:11434/v1`."),
    ] = ""
    openai_model: Annotated[str, _about("The model's name on that server.")] = ""
    openai_api_key: Annotated[str, _about("Its key, where it wants one.")] = ""
    libretranslate_url: Annotated[
        str, _about("Base address of a LibreTranslate server, e.g. `http://127.0.0.1:5000`.")
    ] = ""
    libretranslate_api_key: Annotated[str, _about("Its key, where it wants one.")] = ""
    deepl_api_key: Annotated[str, _about("Key of a DeepL account.")] = ""
    deepl_url: Annotated[
        str, _about("Base address of DeepL. Empty means the one that goes with the key.")
    ] = ""
    operators: Annotated[
        tuple[str, ...],
        _about("Handles of those who run this server: they see the operator's pages."),
    ] = ()
    smtp_url: Annotated[
        str,
        _about(
            "Mail server for password resets: `smtp://user:password@host:587` (STARTTLS) or "
            "`smtps://…:465`. Empty means no mail is sent."
        ),
    ] = ""
    letters_per_hour: Annotated[
        int, msgspec.Meta(ge=0, le=1_000_000),
        _about(
            "How many letters the mail server takes in an hour; where those who wait gave an "
            "address, the valve lets in no more. 0 means that no bound is known."
        ),
    ] = 0
    worker_niceness: Annotated[
        int, msgspec.Meta(ge=0, le=19),
        _about(
            "How far background work gives way to pages where processors are short, 0 to 19. At 15 "
            "it has a thirtieth of one that pages keep busy; lower it where they are to spare."
        ),
    ] = 15
    wave_per_second: Annotated[
        int, msgspec.Meta(ge=0, le=100_000),
        _about(
            "From how many posts, comments and likes within a second on they are a wave: a process "
            "of its own (100 MB) then takes them until it was quiet for ten minutes, so that "
            "reading stays quick. 0 means never; nor does it where there is one processor."
        ),
    ] = 20
    mail_from: Annotated[str, _about("Sender of that mail.")] = ""
    session_days: Annotated[
        int, msgspec.Meta(ge=1, le=3650), _about("Days a sign-in lasts when it is not used.")
    ] = 90
    attempts_per_hour: Annotated[
        int,
        msgspec.Meta(ge=1),
        _about(
            "Sign-ups and resets one address may try in an hour, and wrong passwords for one "
            "account from it."
        ),
    ] = 30
    posts_per_hour: Annotated[
        int, msgspec.Meta(ge=1), _about("Notes and comments one person may publish in an hour.")
    ] = 300
    connections: Annotated[
        int, msgspec.Meta(ge=16),
        _about(
            "Connections that the web process holds open at once: every open page and every app "
            "that listens keeps one. The system's limit of open files is raised where it may be."
        ),
    ] = 8192
    archive_max_mb: Annotated[
        int, msgspec.Meta(ge=1, le=100_000),
        _about(
            "How large an archive from elsewhere may be that somebody brings. The proxy in front "
            "must take as much, and the disk twice."
        ),
    ] = 2000
    api_calls_per_five_minutes: Annotated[
        int, msgspec.Meta(ge=1),
        _about("Calls that apps may make for one person, or from one address, in five minutes."),
    ] = 1500
    push_privately: Annotated[
        bool,
        _about(
            "Push to apps at private addresses and without TLS too, for a push service of one's "
            "own in the same network. Whoever has an account can then have this server call there."
        ),
    ] = False
    proofs_privately: Annotated[
        bool,
        _about(
            "Look at old profiles at private addresses and without TLS too, where people prove "
            "that they were theirs. Whoever has an account can then have this server call there."
        ),
    ] = False
    link_previews: Annotated[
        bool,
        _about(
            "Read pages that notes link to, for a card with their title and picture. Switched off, "
            "no page is asked and no card is shown."
        ),
    ] = True
    previews_privately: Annotated[
        bool,
        _about(
            "Read such pages at private addresses too, for a community within one network. Whoever "
            "has an account can then have this server call there."
        ),
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _about("How much is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "text"],
        _about("Form of log lines; `auto` is text on a terminal and JSON elsewhere."),
    ] = "auto"
    metrics_token: Annotated[
        str,
        _about(
            "Bearer token that `/metrics` asks for. Empty means only this machine may read it."
        ),
    ] = ""
    source_url: Annotated[
        str,
        _about(
            "Where the source code of this server is; shown on the About page. The AGPL asks "
            "whoever changes the code to say."
        ),
    ] = ""

    def database_address(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or of_sqlite((self.data / "catflap.db").resolve())

    def media_address(self) -> str:
        """The media store's URL, the default filled in."""
        return self.media_url or f"file://{(self.data / 'media').resolve()}"

    def lexicon_folder(self) -> Path:
        """Where the dictionary's file is, the default filled in."""
        return Path(self.lexicon_dir) if self.lexicon_dir else self.data / "lexicon"

    def models_folder(self) -> Path:
        """Where the models of `ctranslate2` are, the default filled in."""
        return Path(self.models_dir) if self.models_dir else self.data / "models"

    def address(self) -> str:
        """The public address without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def is_secure(self) -> bool:
        """Whether people reach this community over TLS."""
        return self.address().startswith("https://")


def descriptions() -> dict[str, str]:
    """Each setting's own words, in the order of `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    found = {}
    for name in Settings.__struct_fields__:
        metas = [meta for meta in hints[name].__metadata__ if meta.description]
        found[name] = str(metas[0].description)
    return found


def read(
    *, file: Path | None = None, environment: Mapping[str, str] = os.environ, **given: Any
) -> Settings:
    """The settings from a TOML file, the environment and the command line, the later winning.

    Without ``file``, ``catflap.toml`` in the data folder or here is taken where it exists.

    Raises:
        SettingsInvalid: naming the file or variable, and what would be right.
    """
    values: dict[str, Any] = {}
    path = file or _found_file(environment, given)
    if path is not None:
        values.update(_from_file(path))
    for name in Settings.__struct_fields__:
        variable = PREFIX + name.upper()
        if variable in environment:
            values[name] = _converted(name, environment[variable], where=variable)
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(str(path or "settings"), str(error)) from error


def _path(wanted: type, value: Any) -> Any:
    if wanted is Path:
        return Path(value)
    raise NotImplementedError(wanted)


def _found_file(environment: Mapping[str, str], given: Mapping[str, Any]) -> Path | None:
    folder = given.get("data") or environment.get(f"{PREFIX}DATA") or "data"
    for candidate in (Path(folder) / FILE_NAME, Path(FILE_NAME)):
        if candidate.is_file():
            return candidate
    return None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(str(path), str(error)) from error
    unknown = sorted(set(values) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingsInvalid(str(path), f"unknown setting: {', '.join(unknown)}")
    for name, value in values.items():
        _converted(name, value, where=f"{path}: {name}")
    return values


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


_TABLES = (dict[str, int], dict[str, float], dict[str, tuple[str, ...]])


def _converted(name: str, value: Any, *, where: str) -> Any:
    field_type = get_type_hints(Settings, include_extras=True)[name]
    if isinstance(value, str) and name in ("languages", "engines", "operators"):
        value = _listed(value)
    if isinstance(value, str) and field_type.__origin__ in _TABLES:
        parts = (part.partition("=") for part in value.split(";") if part.strip())
        value = {key.strip(): text.strip() for key, _, text in parts}
        if name == "routes":
            value = {pair: _listed(text) for pair, text in value.items()}
    try:
        return msgspec.convert(value, field_type, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(where, str(error)) from error
