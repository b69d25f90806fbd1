#!/usr/bin/env python3
"""Puts the format corpus of the Open Preservation Foundation, and some bombs made here, through the built program: what
has bytes is stored and comes back equal whatever it is called, what is an image is shown or refused in words, and
neither memory nor time goes with what a file claims.

    FONDS_BINARY=…/release/fonds corpus.py [-v]

With -v it prints what became of every image and bomb.
"""

import collections
import concurrent.futures
import csv
import hashlib
import json
import pathlib
import re
import struct
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checklib import Checks, Place, get, memory, png  # noqa: E402

VERBOSE = "-v" in sys.argv
CORPUS = pathlib.Path(__file__).resolve().parent.parent.parent / "../shared/data/fixtures/opf-format-corpus.tar.xz"
# What fonds may take, whatever it is given: the pixels of one picture that must be held whole (workers/picture), and the
# rest.
MEMORY_KIB_MAX = 1536 << 10
# How long anybody may wait for an answer about a bomb, on a machine that does other things, too.
ANSWER_SECONDS_MAX = 10
# How long the server may take to try all of a folder.
TRIED_SECONDS_MAX = 300
# How long the bombs may take together to be looked at, stored and tried.
BOMBS_SECONDS_MAX = 60
# A limit of the settings: with the usual one, 30,000 × 30,000 is only a large picture and gets its tiles.
PIXELS_MAX = 500_000_000
LIMITS = {"FONDS__LIMITS__IMAGE_PIXELS": str(PIXELS_MAX)}
# What fonds decodes (`MEDIA_TYPES` of workers/picture).
IMAGES = {"image/jpeg", "image/png", "image/tiff", "image/jp2", "image/j2c", "image/webp", "image/gif"}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(url):
    """Status, media type, bytes and seconds."""
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            return reply.status, reply.headers.get_content_type(), reply.read(), time.monotonic() - begun
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read(), time.monotonic() - begun


class Run:
    """A run of fonds whose memory is watched."""

    def __init__(self, place, *arguments, data):
        begun = time.monotonic()
        process = place.start(*arguments, data=data, env=LIMITS)
        self.memory = 0
        with concurrent.futures.ThreadPoolExecutor() as pool:
            said = pool.submit(process.communicate)
            while not said.done():
                try:
                    self.memory = max(self.memory, memory(process.pid))
                except (OSError, AttributeError):
                    pass
                concurrent.futures.wait([said], timeout=0.02)
            out, err = (part.decode("utf-8", "replace") for part in said.result())
        place.running.remove(process)
        self.code, self.out, self.err, self.seconds = process.returncode, out, err, time.monotonic() - begun
        self.lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.summary = self.lines[-1] if self.lines else {}
        self.text = out + err


class Archive:
    """One archive that takes in a folder, and a server beside it."""

    def __init__(self, place, checks, server):
        self.place, self.checks = place, checks
        self.data = place.data("archive")
        self.process, self.address = server

    def take_in(self, what, folder):
        """Takes a folder in with its tiles; returns the run."""
        run = Run(self.place, "ingest", folder, "--json", data=self.data)
        ended = run.code in (0, 2) and "panicked" not in run.text and run.summary.get("rows") is not None
        self.checks.that(ended, f"{what}: taken in, {run.summary.get('files')} files in {run.seconds:.1f} s", run.text)
        self.checks.that(run.memory < MEMORY_KIB_MAX, f"{what}: ingest took {run.memory >> 10} MiB at most")
        return run

    def tried(self, what):
        """Waits until the server has tried every image; returns the seconds."""
        begun = time.monotonic()
        while time.monotonic() - begun < TRIED_SECONDS_MAX:
            run = Run(self.place, "work", "--check", "--json", data=self.data)
            if run.code == 0 and run.summary.get("waiting") == 0:
                return time.monotonic() - begun
            time.sleep(0.2)
        self.checks.that(False, f"{what}: the server has tried every image within {TRIED_SECONDS_MAX} s", run.text)
        return TRIED_SECONDS_MAX

    def work(self, what):
        """Makes the tiles that are missing."""
        run = Run(self.place, "work", "--json", data=self.data)
        self.checks.that(run.code == 0 and "panicked" not in run.text, f"{what}: fonds work ends well", run.text)
        self.checks.that(run.memory < MEMORY_KIB_MAX, f"{what}: fonds work took {run.memory >> 10} MiB at most")
        return run

    def objects(self):
        """Every object that the API lists."""
        found, after = [], ""
        while after is not None:
            status, body = get(f"{self.address}/api/v1/objects?limit=500{after}")
            if status != 200:
                raise RuntimeError(f"the API does not list objects: {status} {body}")
            page = json.loads(body)
            found += page["objects"]
            after = f"&after={page['next']}" if page.get("next") else None
        return found

    def alive(self, what):
        status, body = get(f"{self.address}/readyz")
        self.checks.that(self.process.poll() is None and status == 200, f"{what}: the server stays up", body)
        most = memory(self.process.pid)
        self.checks.that(most < MEMORY_KIB_MAX, f"{what}: the server took {most >> 10} MiB at most")

    def stored(self, what, files):
        """Every file comes back as it was."""
        def equal(file):
            status, _, body, _ = fetch(f"{self.address}/api/v1/files/{file['file']}/content")
            return status == 200 and hashlib.sha256(body).hexdigest() == file["sha256"] and len(body) == file["bytes"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            wrong = [file["name"] for file, same in zip(files, pool.map(equal, files)) if not same]
        self.checks.that(not wrong, f"{what}: the bytes of {len(files)} files come back equal by checksum", wrong)

    def shown(self, file):
        """Whether an image is shown; where it is not, the reason. What is neither is said."""
        service = f"{self.address}/iiif/image/3/{file['file']}"
        answers = [fetch(f"{service}/info.json")] + [fetch(f"{service}/full/{size}/0/default.jpg")
                                                    for size in ("!200,200", "max")]
        slow = max(answer[3] for answer in answers)
        statuses = [answer[0] for answer in answers]
        last = answers[1][2]
        if statuses == [200] * 3:
            info = json.loads(answers[0][2])
            whole = [is_jpeg(answer[2]) for answer in answers[1:]]
            good = all(whole) and (info["width"], info["height"]) == (file.get("width"), file.get("height"))
            return good, slow, f"shown, {info['width']} × {info['height']}"
        # Where info.json is answered before anybody tried to decode it, only the pixels are refused.
        in_words = statuses[1] in (422, 501) and statuses[0] in (200, statuses[1]) and len(last.split()) > 3
        return in_words, slow, f"{statuses}: {last.decode('utf-8', 'replace').strip()}"

    def images(self, what, files):
        """Every image is shown, or refused in words, and nobody waits for long."""
        images = [file for file in files if file["media_type"] in IMAGES]
        for file in images:
            good, seconds, became = self.shown(file)
            told = f"{what}: {file['name'][:60]!r} ({file['media_type']}) {became}"
            self.checks.that(good and seconds < ANSWER_SECONDS_MAX, told, f"{seconds:.1f} s")
        return len(images)


    def manifests(self, what, objects):
        """No manifest leads to an image that is not there, and a canvas without one says why."""
        def look(it):
            status, _, body, _ = fetch(f"{self.address}/iiif/presentation/3/{it['id']}/manifest")
            return json.loads(body)["items"] if status == 200 else f"{it['id']}: {status}"
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = list(pool.map(look, objects))
        broken = [answer for answer in found if isinstance(answer, str)]
        canvases = [canvas for answer in found if not isinstance(answer, str) for canvas in answer]
        painted = [canvas for canvas in canvases if canvas["items"]]
        for canvas in painted:
            service = canvas["items"][0]["items"][0]["body"].get("service")
            if service and fetch(f"{service[0]['id']}/info.json")[0] != 200:
                broken.append(service[0]["id"])
        said = [canvas["metadata"][0]["value"]["en"][0] for canvas in canvases if not canvas["items"]]
        kept = [why for why in said if why.startswith("This image is kept, but cannot be shown: ") and len(why) > 50]
        self.checks.that(not broken, f"{what}: {len(painted)} canvases of {len(found)} manifests lead to what is there", broken)
        self.checks.that(kept and all(why in kept or "No image" in why for why in said),
                         f"{what}: {len(kept)} canvases have no image and say why it cannot be shown", said)
        return len(kept)


def is_jpeg(body):
    """Whether it is a whole JPEG, and one that decodes where something here can decode it."""
    if body[:3] != b"\xff\xd8\xff" or body[-2:] != b"\xff\xd9":
        return False
    try:
        from PIL import Image
        import io
    except ImportError:
        return True
    Image.open(io.BytesIO(body)).load()
    return True


def corpus(archive, checks, folder):
    """Every file of the corpus is stored or named with a reason, and nothing is lost in between."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    empty = [path for path in files if path.stat().st_size == 0]
    run = archive.take_in("corpus", folder)
    archive.tried("corpus")
    told = collections.defaultdict(list)
    for line in run.lines[:-1]:
        told[line["severity"]].append(f"{line['file']}: {line['why']}")
    everything = "\n".join(line for lines in told.values() for line in lines)
    aside = [path for path in files if re.search(rf"^[^\n]*{re.escape(path.name)}: [^\n]*left aside$", everything, re.M)
             and f"{path.relative_to(folder.parent)}: " in everything]
    for path in empty:
        said = str(path.relative_to(folder))
        named = path in aside or f'"{said}" is empty' in everything
        checks.that(named, f"corpus: {said!r} is empty, and fonds says that or leaves it aside with a word", everything)
    objects = archive.objects()
    stored = [file for it in objects for file in it["files"]]
    by_digest = collections.defaultdict(set)
    for file in stored:
        by_digest[file["sha256"]].add(file["name"])
    missing, renamed = [], []
    for path in sorted(set(files) - set(empty) - set(aside)):
        names = by_digest.get(digest(path))
        same = f'"{path.name}" has the same bytes as another file of its object' in everything
        if names is None:
            missing.append(str(path.relative_to(folder)))
        elif path.name not in names and not same:
            renamed.append(str(path.relative_to(folder)))
    checks.that(not missing, f"corpus: all {len(files) - len(empty) - len(aside)} files with bytes are stored", missing)
    checks.that(not renamed, "corpus: … under their own names, or named as the bytes of another file", renamed)
    checks.that(len(stored) == run.summary["files"], f"corpus: {len(stored)} files are listed, as many as were stored")
    print(f"        of {len(files)} files {len(stored)} are stored, {len(told['refused'])} refused (empty), "
          f"{len(told['note'])} left aside with a word (hidden, README, the same twice)")
    archive.stored("corpus", stored)
    shown = archive.images("corpus", stored)
    archive.manifests("corpus", objects)
    checks.that(shown >= 14, f"corpus: {shown} images were asked for")
    archive.alive("corpus")
    return stored


def listed(archive, checks, folder):
    """Named in a table, every file is stored, also what is left aside in a folder: READMEs, hidden files, the same twice."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    table = folder.parent / "every-file.csv"
    with table.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["path", "file"])
        rows.writerows([path.relative_to(folder), path.relative_to(table.parent)] for path in files)
    profile = folder.parent / "every-file.toml"
    profile.write_text('name = "every-file"\nnamespace = "corpus"\nidentifier = "{path}"\naccess_when_empty = "public"\n'
                       'files = { column = "file" }\n', encoding="utf-8")
    run = Run(archive.place, "ingest", table, "--map", profile, "--json", data=archive.data)
    full = [path for path in files if path.stat().st_size]
    checks.that(run.code in (0, 2) and run.summary.get("files") == len(full),
                f"corpus, named in a table: {run.summary.get('files')} of {len(full)} files with bytes are taken in", run.text)
    refused = {line["why"] for line in run.lines[:-1] if line["severity"] == "refused"}
    empty = {f'"{path.relative_to(table.parent)}" is empty' for path in files if path not in full}
    checks.that(refused == empty, f"corpus, named in a table: the other {len(empty)} are empty, and said to be", refused ^ empty)
    stored = {file["sha256"] for it in archive.objects() for file in it["files"]}
    missing = [str(path.relative_to(folder)) for path in full if digest(path) not in stored]
    checks.that(not missing, f"corpus, named in a table: all {len(full)} are stored", missing)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_bits(side, rows=None):
    """A PNG of black pixels, a bit each; `rows` of them are there."""
    packer = zlib.compressobj(9)
    line = b"\0" * (1 + (side + 7) // 8)
    data = b"".join(packer.compress(line * 100) for _ in range((side if rows is None else rows) // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(entries, data=b"", following=0):
    """A little-endian TIFF of one directory; entries are (tag, value)."""
    directory = struct.pack("<H", len(entries))
    for tag, value in sorted(entries):
        directory += struct.pack("<HHII", tag, 4, 1, value)
    directory += struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def strip(width, height, compression=1, length=64):
    """The entries of a picture of one strip that lies right behind the header."""
    return [(256, width), (257, height), (258, 8), (259, compression), (262, 1), (273, 8), (277, 1), (278, height),
            (279, length)]


def overlapping(directories):
    """Directories that begin inside one another, each of which says that it has very many entries."""
    size = 12 * 65_535 + 6
    body = bytearray(size + 4 * directories)
    for number in range(directories):
        struct.pack_into("<H", body, number * 4, 65_535)
    for number in range(directories):
        struct.pack_into("<I", body, number * 4 + size - 4, 8 + (number + 1) * 4 if number + 1 < directories else 0)
    return b"II*\0\x08\0\0\0" + bytes(body)


def chained(directories):
    """Directories without an entry, one behind the other: six bytes each."""
    links = b"".join(struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, directories))
    return b"II*\0\x08\0\0\0" + links + struct.pack("<HI", 0, 0)


def jpeg_header(width, height, marker=0xC0, components=3):
    """A JPEG that has everything but its pixels."""
    parts = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 8 + 3 * components, 8, height, width, components) + parts
    tables = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    # A Huffman table of one code, twice: brightness and colour coefficients of length zero.
    for kind in (0x00, 0x10):
        tables += b"\xff\xc4\x00\x14" + bytes([kind, 1] + [0] * 15) + b"\x00"
    scan = struct.pack(">BBHB", 0xFF, 0xDA, 6 + 2 * components, components)
    scan += b"".join(bytes([number, 0]) for number in range(1, components + 1)) + b"\x00\x3f\x00"
    return b"\xff\xd8" + tables + frame + scan + b"\x00" * 32 + b"\xff\xd9"


def gif(width, height):
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
            + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;")


def webp(width, height):
    """A lossless WebP whose stream ends behind its sides."""
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + b"\0" * 5
    return b"RIFF" + struct.pack("<I", len(body)) + body


def boxes(count):
    """A JP2 of very many boxes with nothing in them."""
    return b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08free" * count


# What is not more than the settings allow is stored; the rest is refused when it comes in. Either way with a reason.
BOMBS = [
    # Name, bytes, whether it is stored, what is said when it is not.
    ("png-60000-with-nothing.png", lambda: png(0, 0, (0, 0, 0), claims=(60_000, 60_000)), False, "60000 × 60000"),
    ("png-20000-with-nothing.png", lambda: png(0, 0, (0, 0, 0), claims=(20_000, 20_000)), True, None),
    ("png-30000-of-one-colour.png", lambda: png_of_bits(30_000), False, "30000 × 30000"),
    ("png-12000-of-one-colour.png", lambda: png_of_bits(12_000), True, None),
    ("png-22000-with-few-rows.png", lambda: png_of_bits(22_000, 100), True, None),
    ("tiff-2-to-31-in-one-strip.tif", lambda: tiff(strip(65_536, 32_768), b"\0" * 64), False, "65536 × 32768"),
    ("tiff-22000-in-one-strip.tif", lambda: tiff(strip(22_000, 22_000, 8), zlib.compress(b"\0" * 99)), True, None),
    ("tiff-4-billion-wide.tif", lambda: tiff(strip(4_294_967_295, 1), b"\0" * 64), False, "4294967295 × 1"),
    ("tiff-500-million-wide.tif", lambda: tiff(strip(500_000_000, 1), b"\0" * 64), True, None),
    ("tiff-circle.tif", lambda: tiff(strip(8, 8), b"\0" * 64, following=72), False, "circle"),
    ("tiff-overlapping.tif", lambda: overlapping(4_000), False, "too many|beyond its end|no width"),
    ("tiff-chained.tif", lambda: chained(500_000), False, "too many directories"),
    ("gif-65535.gif", lambda: gif(65_535, 65_535), False, "65535 × 65535"),
    ("gif-22000.gif", lambda: gif(22_000, 22_000), True, None),
    ("webp-16383.webp", lambda: webp(16_383, 16_383), True, None),
    ("jpeg-65535.jpg", lambda: jpeg_header(65_535, 65_535), False, "65535 × 65535"),
    ("jpeg-22000.jpg", lambda: jpeg_header(22_000, 22_000), True, None),
    ("jpeg-18000-progressive.jpg", lambda: jpeg_header(18_000, 18_000, 0xC2), True, None),
    ("jp2-boxes.jp2", lambda: boxes(2_000_000), False, "too many boxes"),
]


def bombs(archive, checks, folder):
    """What claims more than it is: refused with a reason or stored and not shown, quickly and in little memory."""
    folder.mkdir()
    for name, make, _, _ in BOMBS:
        (folder / name).write_bytes(make())
    run = archive.take_in("bombs", folder)
    seconds = run.seconds + archive.tried("bombs")
    checks.that(seconds < BOMBS_SECONDS_MAX, f"bombs: {len(BOMBS)} were looked at and tried in {seconds:.1f} s")
    files = {file["name"]: file for it in archive.objects() for file in it["files"]}
    for name, _, is_stored, says in BOMBS:
        if not is_stored:
            why = "\n".join(line["why"] for line in run.lines[:-1] if name in line["why"] + line["file"])
            checks.that(name not in files and re.search(says, why), f"bombs: {name} is refused: {why}", run.text)
        elif checks.that(name in files, f"bombs: {name} is stored", run.text):
            if VERBOSE:
                print(f"        {name}: {archive.shown(files[name])[2]}")
    kept = [files[name] for name, *_ in BOMBS if name in files]
    archive.stored("bombs", kept)
    archive.images("bombs", kept)
    archive.manifests("bombs", [it for it in archive.objects() if any(file in kept for file in it["files"])])
    archive.alive("bombs")


def main():
    checks = Checks()
    with Place() as place:
        server = place.serve(place.data("archive"), env=LIMITS)
        archive = Archive(place, checks, server)
        if CORPUS.exists():
            with tarfile.open(CORPUS) as tar:
                tar.extractall(place.folder / "files", filter="data")
            corpus(archive, checks, place.folder / "files" / "opf-format-corpus")
            listed(archive, checks, place.folder / "files" / "opf-format-corpus")
        else:
            checks.skip(f"THE FORMAT CORPUS: there is no {CORPUS}")
        bombs(archive, checks, place.folder / "bombs")
        again = archive.work("again")
        nothing = all(again.summary.get(key, 0) == 0 for key in ("made", "failed"))
        checks.that(nothing, "again: nothing new is made", again.text)
        verified = place.fonds("verify", "--blobs", data=archive.data, env=LIMITS)
        checks.that(verified.code == 0, "what was stored is whole: fonds verify --blobs finds nothing wrong", verified.text)
    checks.end()


if __name__ == "__main__":
    main()
