"""Files in S3: uploaded, served and deleted, against a server that speaks its protocol."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import httpx2
import pytest

from tests.conftest import Server, free_port, photo_bytes

KEYS = {"AWS_ACCESS_KEY_ID": "cat", "AWS_SECRET_ACCESS_KEY": "flap", "AWS_REGION": "us-east-1"}


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """An empty bucket; its address over plain HTTP."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    monkeypatch.delenv("SSL_CERT_DIR")  # without any certificate obstore does not even begin
    for name, value in {**KEYS, "AWS_ENDPOINT": url, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx2.put(f"{url}/cats", timeout=2)
            break
        except httpx2.HTTPError:
            time.sleep(0.1)
    yield f"{url}/cats"
    process.terminate()
    process.wait()


def held(bucket: str) -> list[str]:
    """Names of everything in the bucket."""
    return re.findall(r"<Key>([^<]+)</Key>", httpx2.get(f"{bucket}?list-type=2").text)


def test_photos_live_and_die_in_a_bucket(bucket, tmp_path):
    server = Server(tmp_path, media_url="s3://cats/media").start()
    try:
        with httpx2.Client(base_url=server.url) as client:
            client.post("/join", data={"handle": "juniper", "password": "correct horse 9"})
            files = {"files": ("a.jpg", photo_bytes(), "image/jpeg")}
            note = client.post("/new", data={"title": "Far away"}, files=files).headers["location"]
            assert held(bucket)
            assert not list((tmp_path / "data").glob("media/*/*"))
            picture = re.search(r'src="(/files/[^"]+)"', client.get(note).text)[1]
            shown = client.get(picture)
            assert shown.headers["content-type"] == "image/webp"
            part = client.get(picture, headers={"range": "bytes=4-11"})
            assert (part.status_code, part.content) == (206, shown.content[4:12])
            client.post(f"/n/{note.rpartition('/')[2]}/delete")
            deadline = time.monotonic() + 20
            while held(bucket) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert held(bucket) == []
    finally:
        server.stop()
