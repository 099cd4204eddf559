"""Reads single files out of a wheel in a package index without downloading the wheel, by HTTP ranges.

Wheels of inference engines are up to several GB, and a few hundred kB of them say which flags the engine accepts.
Where a wheel lies is the answer of `pip`, so whatever index the machine is configured for is the one that is asked.

    wheel = RemoteWheel(url_of("vllm==0.33.0"))
    source = wheel.read("vllm/envs.py")
"""
import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

BLOCK = 1 << 20
ATTEMPTS = 5


def url_of(requirement, index_url=None):
    """URL of the wheel that pip would install for `requirement`, for example `vllm==0.33.0`."""
    index = ["--index-url", index_url] if index_url else []
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--no-deps",
               "--ignore-requires-python", "--only-binary", ":all:", *index, "--report", "-", requirement]
    for attempt in range(ATTEMPTS):
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode == 0:
            return json.loads(answer.stdout)["install"][0]["download_info"]["url"]
        time.sleep(attempt)
    raise RuntimeError(f"pip finds no wheel for {requirement}: {answer.stderr.strip()}")


def _patiently(request):
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except (OSError, urllib.error.URLError):
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(1 + attempt)


class _Ranges(io.RawIOBase):
    """A seekable file of blocks that are fetched once, when they are first read."""

    def __init__(self, url):
        self.url, self.position, self.blocks = url, 0, {}
        _, headers, _ = _patiently(urllib.request.Request(url, method="HEAD"))
        self.size = int(headers["Content-Length"])

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return self.position

    def seek(self, offset, whence=io.SEEK_SET):
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = start + offset
        return self.position

    def readinto(self, buffer):
        wanted = min(len(buffer), self.size - self.position)
        if wanted <= 0:
            return 0
        number, offset = divmod(self.position, BLOCK)
        data = self._block(number)[offset:offset + wanted]
        buffer[:len(data)] = data
        self.position += len(data)
        return len(data)

    def _block(self, number):
        if number not in self.blocks:
            last = min(self.size, (number + 1) * BLOCK) - 1
            request = urllib.request.Request(self.url, headers={"Range": f"bytes={number * BLOCK}-{last}"})
            status, _, body = _patiently(request)
            if status != 206:
                raise RuntimeError(f"{self.url} does not answer ranges (status {status})")
            self.blocks[number] = body
        return self.blocks[number]


class RemoteWheel:
    """`names()` of the files in the wheel and the bytes of one, `read(name)`; KeyError where there is none."""

    def __init__(self, url):
        self.url = url
        self._zip = None

    def _archive(self):
        if self._zip is None:
            self._zip = zipfile.ZipFile(io.BufferedReader(_Ranges(self.url), BLOCK))
        return self._zip

    def names(self):
        return self._archive().namelist()

    def read(self, name):
        return self._archive().read(name)
