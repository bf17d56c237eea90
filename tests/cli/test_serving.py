"""What stands in a server's way is said in one line, and Ctrl-C ends it quietly."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx2
import psutil
import pytest

from catflap.ground import locking
from catflap.translation import lexicon_building
from tests.conftest import Server, children_running, free_port, sqlite_database
from tests.forked import Forked, catflap, environment


def refused(told: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether a command ended with one line that has these words."""
    assert told.returncode not in (0, None)
    assert told.stderr.startswith("catflap: ")
    assert told.stderr.count("\n") == 1, told.stderr
    assert "open at" not in told.stdout
    return all(word in told.stderr for word in words)


def test_a_port_that_somebody_listens_at_is_refused_and_nothing_is_taken_from_them(server, tmp_path):
    other = tmp_path / "other"
    assert refused(
        catflap("serve", "--data", other, "--port", server.port), str(server.port), "in use", "--port"
    )
    assert not (other / "catflap.db").exists()
    for _ in range(20):
        assert httpx2.get(f"{server.url}/health/live").status_code == 200


@pytest.mark.parametrize("host", ["999.1.1.1", "203.0.113.7", "nowhere.invalid"])
def test_an_address_that_is_not_of_this_machine_is_refused(tmp_path, host):
    assert refused(catflap("serve", "--data", tmp_path, "--host", host, "--port", free_port()), host)


def test_a_second_server_on_one_sqlite_database_is_refused_unless_it_brings_no_worker(server, tmp_path):
    data = server.folder / "data"
    assert refused(catflap("serve", "--data", data, "--port", free_port()), "works on", str(data))
    assert refused(catflap("work", "--data", data), "works on", str(data))
    beside = Server(tmp_path, flags=("--no-worker",)).start()
    beside.stop()
    server.kill()  # however it ended, its place is free
    server.start()


def test_a_worker_started_by_hand_has_the_place_until_it_ends(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    address = sqlite_database(data / "catflap.db")
    said = [str(tmp_path / name) for name in ("out", "err")]
    first = Forked("work", "--data", data, environment=environment(), stdout=said[0], stderr=said[1])
    deadline = time.monotonic() + 20
    while not _is_taken(address):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert refused(catflap("work", "--data", data), "works on")
    assert refused(catflap("serve", "--data", data, "--port", free_port()), "works on")
    first.terminate()
    first.wait(10)
    assert not _is_taken(address)


def _is_taken(address: str) -> bool:
    try:
        with locking.held(address, locking.WORKING):
            return False
    except locking.PlaceTaken:
        return True


@pytest.mark.parametrize("command", ["serve", "work"])
def test_ctrl_c_while_a_new_folders_dictionary_is_built_ends_quietly(tmp_path, command):
    """As a terminal does it: every process of its foreground hears the signal."""
    settings = environment()
    del settings["CATFLAP_LEXICON_DIR"]
    assert catflap("migrate", "--data", tmp_path / "data").returncode == 0
    command = [sys.executable, "-m", "catflap", command, "--data", str(tmp_path / "data")]
    settings["CATFLAP_PORT"] = str(free_port())
    with (tmp_path / "said").open("w+") as said:
        server = subprocess.Popen(command, env=settings, stdout=said, stderr=said, process_group=0)
        deadline = time.monotonic() + 40
        while not (building := children_running(lexicon_building)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        subprocess.run(["kill", "-INT", "--", f"-{server.pid}"], check=True)
        assert server.wait(20) == 0
        assert not psutil.wait_procs(building, timeout=5)[1]
        said.seek(0)
        told = said.read()
    assert "Traceback" not in told
    assert "lexicon_not_built" not in told
    assert not list((tmp_path / "data" / "lexicon").iterdir())
