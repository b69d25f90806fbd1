"""What the IIIF Image API must answer for images whose every pixel we know: versions 3.0 and 2.1.1, and HTTP.

Each row is an address and what comes back. What a server need not do (`^`, other angles, other formats) is asked for where
its info.json declares it, and must be refused where it does not (Image API 3.0 §5.7).
"""

import io
import math

from PIL import Image

from checklib import ask
from iiif_collection import GRID_HEIGHT, GRID_SQUARE, GRID_WIDTH, TURNED_AS_SHOWN, grid_colour
from iiif_http import declared

# How far a colour may be off after JPEG.
COLOUR_TOLERANCE = 14
# The largest colour profile that may be in every tile: a micro profile of sRGB has half of it.
PROFILE_BYTES_MAX = 1000
# 400 where a parameter is wrong. An angle, quality or format that is not supported should be 400 (3.0 §4.3, §4.4, §4.5; 501
# says the same); `^` where nothing is scaled up should be 501 (§4.2).
REFUSED, NOT_SUPPORTED, NOT_SCALED_UP = (400,), (400, 501), (501,)
MAGIC = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG", "gif": b"GIF8", "webp": b"RIFF", "pdf": b"%PDF", "tif": (b"II", b"MM"),
         "jp2": b"\x00\x00\x00\x0cjP"}


def decoded(body):
    """The image, or None where the bytes are none."""
    try:
        image = Image.open(io.BytesIO(body))
        image.load()
        return image
    except OSError:
        return None


class Probe:
    """One image service, and the checks that are counted."""

    def __init__(self, checks, service, version):
        self.checks, self.service, self.version = checks, service, version
        self.info = ask(f"{service}/info.json").json
        self.features, formats, self.qualities = declared(self.info)
        self.formats = {"jpg", "png"} | formats

    def named(self, path):
        return f"v{self.version} {path}"

    def image(self, path, size=None, where=None):
        """200, of that size, and where it is the large image, the colours of that region of it."""
        answer = ask(f"{self.service}/{path}")
        image = decoded(answer.body) if answer.status == 200 else None
        if not self.checks.that(image is not None, f"{self.named(path)}: an image", answer):
            return None
        if size:
            self.checks.that(image.size == size, f"{self.named(path)}: {size[0]} x {size[1]}", f"{image.size} came")
        if where:
            wrong = off_colour(image.convert("RGB"), where)
            self.checks.that(not wrong, f"{self.named(path)}: the right part of the image", wrong)
        return image

    def refused(self, path, statuses=REFUSED):
        """An error in short plain text that any page may read."""
        answer = ask(f"{self.service}/{path}")
        good = answer.status in statuses and answer.header("content-type").startswith("text/plain") and len(answer.body) < 500
        good = good and answer.header("access-control-allow-origin") == "*"
        self.checks.that(good, f"{self.named(path)}: {statuses[0]} in plain text", answer)

    def limit(self, region_width, region_height):
        """The largest size that `max` or `^max` may give: within maxWidth, maxHeight, maxArea (3.0 §5.3)."""
        # In 2.1 limits are in the second member of the profile (2.1 §5.3).
        said = self.info if self.version == 3 else self.info["profile"][1]
        width, height = said.get("maxWidth"), said.get("maxHeight") or said.get("maxWidth")
        scale = min(width / region_width if width else math.inf, height / region_height if height else math.inf)
        if said.get("maxArea"):
            scale = min(scale, math.sqrt(said["maxArea"] / (region_width * region_height)))
        return scale


def off_colour(image, where):
    """Where an image differs from the region (x, y, w, h) of the large one that it shows; pixels near an edge do not count."""
    left, top, width, height = where
    for across in (0.1, 0.35, 0.6, 0.9):
        for down in (0.1, 0.35, 0.6, 0.9):
            x, y = left + across * width, top + down * height
            near = max(width / image.width, height / image.height, 1) * 2
            if min(x % GRID_SQUARE, -x % GRID_SQUARE, y % GRID_SQUARE, -y % GRID_SQUARE) < near:
                continue
            at = (min(int(across * image.width), image.width - 1), min(int(down * image.height), image.height - 1))
            got, wanted = image.getpixel(at), grid_colour(x, y)
            if max(abs(a - b) for a, b in zip(got, wanted)) > COLOUR_TOLERANCE:
                return f"at {at}: {got}, not {wanted}"
    return ""


def regions_and_sizes(probe):
    """Rows for the large image."""
    whole = (0, 0, GRID_WIDTH, GRID_HEIGHT)
    for path, size, where in (
        # Edge tiles at scale factors 1 and 16: sides are rounded up.
        ("11776,0,224,512/224,512", (224, 512), (11776, 0, 224, 512)),
        ("11776,8704,224,296/224,296", (224, 296), (11776, 8704, 224, 296)),
        ("0,8192,8192,808/512,51", (512, 51), (0, 8192, 8192, 808)),
        # A level rounded up, and the same rounded down, which no level is.
        ("full/750,563", (750, 563), whole),
        ("full/750,562", (750, 562), whole),
        ("11990,8990,100,100/max", (10, 10), (11990, 8990, 10, 10)),
        ("pct:0,0,50,50/100,", (100, 75), (0, 0, 6000, 4500)),
        ("pct:33.3,25,12.5,12.5/150,", (150, 113), (3996, 2250, 1500, 1125)),
        ("square/100,", (100, 100), (1500, 0, 9000, 9000)),
        ("full/!400,400", (400, 300), whole),
        ("full/pct:5", (600, 450), whole),
        ("full/,90", (120, 90), whole),
        ("2000,3000,1000,500/max", (1000, 500), (2000, 3000, 1000, 500)),
        ("2000,3000,1000,500/333,77", (333, 77), (2000, 3000, 1000, 500)),
        # As large as possible, but not larger than the extracted region (3.0 §4.2, `!w,h`).
        ("0,0,100,100/!400,400", (100, 100), (0, 0, 100, 100)),
    ):
        if probe.version == 2:
            path = path.replace("/max", "/full")
        probe.image(f"{path}/0/default.jpg", size, where)
    for path in (
        "12000,0,10,10/max", "0,0,0,10/max", "0,0,10,0/max", "full/pct:0.001", "full/0,", "full/,0", "full/!0,0", "full/,",
        "full/",
        "full/!,", "full/-5,", "-1,0,10,10/max", "0,0,10/max", "0,0,10,10,10/max", "1e2,0,10,10/100,", "0x10,0,10,10/100,",
        "pct:0,0,0,50/max", "pct:0,0,NaN,50/max", "pct:100,100,10,10/max", "pct:-1,0,50,50/100,", "full/pct:-5",
        "full/pct:inf",
        "99999999999999999999999,0,1,1/max", "0,0,99999999999999999999999,1/9,9", "full/99999999999999999999999,",
        "full/4294967297,1", "SQUARE/100,", "full/MAX", "full/100.5,", "full/+100,", "full/100,100,", "%00/max",
    ):
        probe.refused(f"{path}/0/default.jpg")
    for path in ("0,0,100,100/400,400", "0,0,100,100/101,", "0,0,100,100/pct:101"):
        probe.refused(f"{path}/0/default.jpg")
    if probe.version == 3:
        probe.refused("full/full/0/default.jpg")


def limits(probe):
    """`max` of more than may be given is scaled down; any other size over the limit is refused (3.0 §4.2, §5.3)."""
    scale = probe.limit(GRID_WIDTH, GRID_HEIGHT)
    word = "full" if probe.version == 2 else "max"
    if scale >= 1:
        probe.checks.skip(f"{probe.named('full/max of more than the limit')}: info.json declares no limit below this image")
        return
    image = probe.image(f"full/{word}/0/default.jpg", None, (0, 0, GRID_WIDTH, GRID_HEIGHT))
    largest = (GRID_WIDTH * scale, GRID_HEIGHT * scale)
    good = image and all(limit - 2 < side <= limit for side, limit in zip(image.size, largest))
    probe.checks.that(good, f"{probe.named(f'full/{word}')}: scaled down to the limit, {largest[0]:.0f} x {largest[1]:.0f}",
                      image and image.size)
    probe.refused(f"full/{GRID_WIDTH},{GRID_HEIGHT}/0/default.jpg")
    probe.refused("full/pct:100/0/default.jpg")
    for size in probe.info.get("sizes", []):
        within = size["width"] <= largest[0] + 1 and size["height"] <= largest[1] + 1
        probe.checks.that(within,
                          f"{probe.named('info.json')}: {size['width']} x {size['height']} in sizes is within the limit")


def upscaling(probe):
    """`^`: as declared (3.0 §4.2)."""
    rows = (("^400,400", (400, 400)), ("^!400,300", (300, 300)), ("^400,", (400, 400)), ("^,250", (250, 250)),
            ("^pct:250", (250, 250)), ("^80,60", (80, 60)), ("%5E400,400", (400, 400)))
    for size, expected in rows:
        if "sizeUpscaling" in probe.features:
            probe.image(f"0,0,100,100/{size}/0/default.jpg", expected, (0, 0, 100, 100))
        else:
            probe.refused(f"0,0,100,100/{size}/0/default.jpg", NOT_SCALED_UP)
    if "sizeUpscaling" not in probe.features:
        probe.refused("0,0,100,100/^max/0/default.jpg", NOT_SCALED_UP)
        return
    scale = probe.limit(100, 20)
    probe.checks.that(scale < math.inf, "sizeUpscaling is declared with a limit: maxWidth or maxArea (3.0 §5.3)", probe.info)
    if scale < math.inf:
        image = probe.image("0,0,100,20/^max/0/default.jpg", None, (0, 0, 100, 20))
        good = image and all(limit - 2 < side <= limit for side, limit in zip(image.size, (100 * scale, 20 * scale)))
        probe.checks.that(good, f"^max is {100 * scale:.0f} x {20 * scale:.0f}, the limit", image and image.size)


def rotations(probe):
    """Right angles and their written forms always; mirrors and other angles as declared (3.0 §4.3)."""
    for rotation, size in (("90", (150, 200)), ("180", (200, 150)), ("270", (150, 200)), ("360", (200, 150)),
                           ("90.0", (150, 200)),
                           ("0.000", (200, 150))):
        probe.image(f"full/200,/{rotation}/default.jpg", size)
    for rotation in ("361", "360.1", "-90", "+90", "1e1", "NaN", "", "!", "90!", "!!90", ".", "1.2.3", "9" * 400):
        probe.refused(f"full/200,/{rotation}/default.jpg")
    upright = probe.image("full/200,/0/default.png", (200, 150))
    turned = probe.image("full/200,/90/default.png", (150, 200))
    if upright and turned:
        expected = upright.convert("RGB").transpose(Image.Transpose.ROTATE_270)
        probe.checks.that(same(turned, expected), probe.named("90 turns clockwise"))
    if "mirroring" in probe.features:
        mirrored = probe.image("full/200,/!0/default.png", (200, 150))
        both = probe.image("full/200,/!90/default.png", (150, 200))
        flipped = upright and upright.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if mirrored and both and flipped:
            probe.checks.that(same(mirrored, flipped), probe.named("!0 mirrors left and right"))
            probe.checks.that(same(both, flipped.transpose(Image.Transpose.ROTATE_270)),
                              probe.named("!90 mirrors, then turns"))
    else:
        probe.refused("full/200,/!0/default.jpg", NOT_SUPPORTED)
    if "rotationArbitrary" in probe.features:
        arbitrary(probe)
    else:
        probe.refused("full/200,/45/default.png", NOT_SUPPORTED)
        probe.refused("full/200,/22.5/default.jpg", NOT_SUPPORTED)


def arbitrary(probe):
    """The box grows, the contents are not scaled, corners are clear where the format can say so."""
    for angle in (45, 22.5, 359.9):
        turn = math.radians(angle)
        box = [200 * abs(math.cos(turn)) + 150 * abs(math.sin(turn)), 200 * abs(math.sin(turn)) + 150 * abs(math.cos(turn))]
        image = probe.image(f"full/200,/{angle}/default.png")
        if image:
            good = all(abs(side - expected) <= 2 for side, expected in zip(image.size, box))
            probe.checks.that(good, f"{probe.named(f'/{angle}')}: {box[0]:.1f} x {box[1]:.1f}", image.size)
            corner, middle = image.convert("RGBA").getpixel((0, 0)), image.convert("RGBA").getpixel((image.width // 2,
                                                                                                     image.height // 2))
            probe.checks.that(angle > 300 or corner[3] == 0, f"{probe.named(f'/{angle}')}: clear corners", corner)
            probe.checks.that(middle[3] == 255, f"{probe.named(f'/{angle}')}: the middle is not clear", middle)
    probe.image("full/200,/45/default.jpg")


def same(one, other):
    """Whether two images have the same pixels, but for rounding."""
    one, other = one.convert("RGB"), other.convert("RGB")
    if one.size != other.size:
        return False
    points = [(x * (one.width - 1) // 20, y * (one.height - 1) // 20) for x in range(1, 20) for y in range(1, 20)]
    off = [max(abs(a - b) for a, b in zip(one.getpixel(point), other.getpixel(point))) for point in points]
    # On an edge between two squares a pixel may fall on either side.
    return sum(difference > 6 for difference in off) <= len(off) // 12


def qualities_and_formats(probe):
    # Version 2 asks for gray and bitonal at level 2, version 3 where they are declared.
    if probe.version == 2 or "gray" in probe.qualities:
        image = probe.image("full/200,/0/gray.jpg", (200, 150))
        probe.checks.that(image and image.mode == "L", f"{probe.named('gray.jpg')}: one component", image and image.mode)
    else:
        probe.refused("full/200,/0/gray.jpg", NOT_SUPPORTED)
    if probe.version == 2 or "bitonal" in probe.qualities:
        image = probe.image("full/200,/0/bitonal.png", (200, 150))
        values = sorted({value for _, value in image.convert("L").getcolors()}) if image else []
        probe.checks.that(set(values) <= {0, 255}, f"{probe.named('bitonal.png')}: 0 and 255 only", values[:10])
    else:
        probe.refused("full/200,/0/bitonal.png", NOT_SUPPORTED)
    probe.image("full/200,/0/color.jpg", (200, 150))
    for last in ("native.jpg", "grey.jpg", "default.xyz", "default", "default.", ".jpg", "Default.jpg", "default.JPG",
                 "default.jpg.png"):
        probe.refused(f"full/200,/0/{last}")
    for ending, magic in MAGIC.items():
        path = f"full/200,/0/default.{ending}"
        if ending in probe.formats:
            answer = ask(f"{probe.service}/{path}")
            good = answer.status == 200 and answer.body.startswith(magic)
            probe.checks.that(good, f"{probe.named(path)}: 200 and of that format", answer)
        else:
            probe.refused(path, NOT_SUPPORTED)


def other_images(checks, services, version):
    """The image that EXIF turns, the gray one, and every level that is promised."""
    turned, gray = Probe(checks, services["page-5.jpg"], version), Probe(checks, services["page-4.jpg"], version)
    sides = (turned.info.get("width"), turned.info.get("height"))
    checks.that(sides == TURNED_AS_SHOWN, f"v{version} info.json of an image that EXIF turns has its sides as shown", sides)
    image = turned.image("full/160,/0/default.png", (160, 220))
    # The patches of colour are at the foot of the page.
    if image:
        foot = len(set(image.convert("RGB").crop((0, 185, 160, 205)).getdata()))
        head = len(set(image.convert("RGB").crop((100, 12, 160, 22)).getdata()))
        checks.that(foot > head, f"v{version} the image that EXIF turns stands upright",
                    f"{foot} colours at the foot, {head} at the head")
    image = gray.image("full/200,/0/default.jpg")
    checks.that(image and image.mode == "L", f"v{version} a gray image has one component", image and image.mode)
    gray.image("full/200,/0/color.jpg")
    checks.that("color" not in gray.qualities, f"v{version} a gray image does not list color")


def odd_images(checks, services, kinds, version):
    """Images of every kind are shown, whole and small, and never larger than they are."""
    for name, (width, height) in kinds.items():
        probe = Probe(checks, services[name], version)
        whole = "max" if version == 3 else "full"
        probe.image(f"full/{whole}/0/default.jpg", (width, height))
        probe.image(f"full/{whole}/0/default.png", (width, height))
        # Best fit: each side at least one pixel, and within the box (3.0 §4.2; a side of 0 would be an error).
        scale = min(100 / width, 100 / height, 1)
        if min(width, height) * scale >= 0.5:
            probe.image("full/!100,100/0/default.jpg", (max(1, round(width * scale)), max(1, round(height * scale))))
        promised(probe)


def jpeg_form(probe):
    """Without JFIF or Adobe markers Safari guesses the colours; profiles of 3 KB are a tenth of a tile (facts part 7)."""
    for path in ("0,0,512,512/512,512/0/default.jpg", "full/200,/0/default.jpg", "full/333,/0/gray.jpg"):
        body = ask(f"{probe.service}/{path}").body
        image = decoded(body)
        marked = body[2:4] == b"\xff\xe0" and body[6:10] == b"JFIF" or b"Adobe" in body[:64]
        probe.checks.that(image and marked and image.mode in ("RGB", "L"), f"{probe.named(path)}: JPEG with JFIF or Adobe",
                          body[:40])
        profile = len((image and image.info.get("icc_profile")) or b"")
        probe.checks.that(profile < PROFILE_BYTES_MAX, f"{probe.named(path)}: a colour profile of {profile} bytes")


def promised(probe):
    """Every size in info.json, and at each scale factor the first tile and the last, as OpenSeadragon asks for them."""
    width, height = probe.info["width"], probe.info["height"]
    for size in probe.info.get("sizes", []):
        if (size["width"], size["height"]) != (width, height):
            probe.image(f"full/{size['width']},{size['height']}/0/default.jpg", (size["width"], size["height"]))
    for tiles in probe.info.get("tiles", []):
        factors = tiles["scaleFactors"]
        probe.checks.that(factors == sorted(set(factors)), probe.named("info.json: scale factors ascend"), factors)
        side = tiles["width"]
        for factor in factors:
            across, down = math.ceil(width / factor / side) - 1, math.ceil(height / factor / tiles.get("height", side)) - 1
            for column, row in {(0, 0), (across, down)}:
                left, top = column * side * factor, row * side * factor
                w, h = min(side * factor, width - left), min(side * factor, height - top)
                size = (math.ceil(w / factor), math.ceil(h / factor))
                written = f"{size[0]},{size[1]}" if probe.version == 3 else f"{size[0]},"
                # Told by its width alone, a very flat image keeps its shape.
                flat = probe.version == 2 and abs(h * size[0] / w - size[1]) > 1
                where = (left, top, w, h) if (width, height) == (GRID_WIDTH, GRID_HEIGHT) else None
                # As OpenSeadragon does: a level that is smaller than a tile both ways is asked for as a whole.
                region = "full" if (w, h) == (width, height) else f"{left},{top},{w},{h}"
                probe.image(f"{region}/{written}/0/default.jpg", None if flat else size, where)


def probe_all(checks, services, kinds, version):
    """Every row, for one version of the API; `services` are the addresses of the images by their file names, `kinds` the sides
    of the odd ones."""
    probe = Probe(checks, services["grid.png"], version)
    regions_and_sizes(probe)
    limits(probe)
    if version == 3:
        upscaling(probe)
    rotations(probe)
    qualities_and_formats(probe)
    promised(probe)
    jpeg_form(probe)
    other_images(checks, services, version)
    odd_images(checks, services, kinds, version)
    if version == 2:
        probe.image("full/full/0/default.jpg")
        probe.image("0,0,100,100/full/0/default.jpg", (100, 100))
        probe.refused("full/^200,/0/default.jpg")
    checks.that(probe.info.get("width") == GRID_WIDTH and probe.info.get("height") == GRID_HEIGHT,
                f"v{version} info.json has the sides")
