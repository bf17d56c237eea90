"""The house's own rules, held by tests."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from tools import catalogue, settings_table

import catflap
from catflap.ground import settings
from catflap.ground.errors import CatflapError
from catflap.ground.statements import SQLITE, Statement, postgresql
from catflap.mastodon import problems as apps_problems
from catflap.web import problems
from catflap.words.sentences import SENTENCES

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "catflap"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "service"}
LONGEST_FILE = 600
# Errors that an operator meets at the command line, never a reader at the web door.
OPERATORS_OWN = {
    "SettingsInvalid", "JobUnknown", "NetworkInTransaction", "HostNotConfigured", "UnknownScene",
    "TooManyProcesses", "PlaceTaken", "AddressTaken", "HalfADemo",
    "EngineBusy", "PairUnsupported", "EngineRefused", "SpansLost", "AnswerRefused",
    "ModelUnknown", "ModelNotInstalled", "LicenceNotAccepted", "HubUnreachable", "ModelFileMissing",
    "ModelNotUnderstood", "ArchiveUnsafe", "HashWrong", "TooLarge", "NoSpace",
    "VersionUnknown", "PushFailed", "PeerUnreachable", "EngineUnknown", "PairUnknown", "PairUntranslated", "TestSetInvalid",
}


# Errors that only apps meet: they have a form at Mastodon's door, and none for a reader.
APPS_OWN = {
    "AddressRefused",
    "BodyTooLarge", "BodyInvalid", "ParameterInvalid", "OutsideScopes", "PersonNeeded",
    "NotTranslatable", "NoTranslation", "TokenInvalid", "RegistrationRefused", "JoinOnPage",
    "DomainInvalid", "StreamUnknown", "PushKeysInvalid", "RevokingRefused",
}
# What cannot come to Mastodon's door: nothing there raises it.
READERS_OWN = {
    "FormTooLarge", "FormInvalid", "CrossSite", "ResetInvalid", "SubtitlesInvalid",
    "NotBilingual", "SuggestionRefused", "HostsOnly", "TermTaken", "ProposalRefused",
    "ProposalDecided", "OwnProposal", "InvitationSpent", "StampRefused", "TaxPaid", "ProofRefused",
    "ArchiveUnknown", "TextExport", "ArchiveEncrypted", "ArchiveDamaged", "ArchiveTooLarge",
    "ArchiveBomb", "ArchiveNested", "ArchivePathUnsafe", "ArchiveNamesTwice", "JsonInvalid",
    "OldHandleInvalid", "NotProvable",
}


def modules():
    for found in pkgutil.walk_packages(catflap.__path__, "catflap."):
        if "migrations." in found.name or found.name.endswith("__main__"):
            continue
        yield importlib.import_module(found.name)


def every_error(root=CatflapError):
    for error in root.__subclasses__():
        yield error
        yield from every_error(error)


def test_every_statement_compiles_on_both_databases_and_fits_its_row():
    list(modules())
    assert len(Statement.every) > 80
    for statement in Statement.every:
        for dialect in (SQLITE, postgresql()):
            statement.compiled(dialect)


def test_every_error_a_reader_can_meet_has_words_and_a_status():
    list(modules())
    missing = {
        error.__name__
        for error in every_error()
        if not (error in problems.STATUS and (error in SENTENCES or error in problems.OWN))
        and error.__name__ not in OPERATORS_OWN | APPS_OWN
    }
    assert missing == set()


def test_every_error_an_app_can_meet_has_mastodons_form():
    list(modules())
    missing = {
        error.__name__
        for error in every_error()
        if error not in apps_problems.SAID
        and error not in apps_problems.OAUTH
        and error.__name__ not in OPERATORS_OWN | READERS_OWN
    }
    assert missing == set()


def test_every_error_at_the_apps_door_is_said_in_the_persons_language_or_compared():
    list(modules())
    unsaid = set(apps_problems.SAID) - apps_problems.COMPARED - set(SENTENCES) - set(apps_problems.OWN)
    assert unsaid == set()


def test_every_word_of_the_interface_is_translated_with_its_placeholders():
    for message in catalogue.updated(catalogue.PATH, "zh_Hans"):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), f"no translation of {ids[0]!r}: run `make words` and write it"
        for string in strings:
            holes = set(re.findall(r"%\((\w+)\)s", string))
            assert holes <= set(re.findall(r"%\((\w+)\)s", " ".join(ids))), ids[0]


def test_no_file_is_named_for_nothing_or_too_long():
    for path in SOURCE.rglob("*.py"):
        assert path.stem not in FORBIDDEN_NAMES, path
        assert len(path.read_text().splitlines()) <= LONGEST_FILE, path


def test_nobody_imports_pythons_own_sqlite():
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert all(alias.name != "sqlite3" for alias in node.names), path
            if isinstance(node, ast.ImportFrom):
                assert node.module != "sqlite3", path


def test_tables_are_private_to_their_feature():
    for path in SOURCE.rglob("*.py"):
        feature = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".tables"):
                assert node.module == f"catflap.{feature}.tables", path


def test_every_test_file_is_collected():
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text()
        if re.search(r"^(async )?def test_", text, re.MULTILINE):
            assert path.name.startswith("test_"), path


def test_the_handbook_lists_every_setting():
    text = (ROOT / "docs" / "operating.md").read_text()
    assert settings_table.table() in text, "run `make settings`"
    assert set(settings.descriptions()) == set(settings.Settings.__struct_fields__)


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md", "docs/operating.md"])
def test_the_docs_name_only_files_that_exist(name):
    text = (ROOT / name).read_text()
    for found in re.findall(r"\]\(((?!http|#)[^)#]+)", text):
        assert ((ROOT / name).parent / found).exists(), found
