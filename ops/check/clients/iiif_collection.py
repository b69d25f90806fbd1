"""A small collection for the checks of IIIF, drawn by this file: a table, a mapping profile and its images.

A book of six pages (one gray, one turned by its EXIF orientation), a single sheet, one view in two lights, a large image of
squares whose every pixel is known, images of odd kinds, an object without images, titles that try to break out, and an object
that nobody may see.
"""

import csv
import shutil
import struct
import zlib

from PIL import Image, ImageDraw, ImageFont

# The large image: squares of one colour each, 12 by 9 of them.
GRID_WIDTH, GRID_HEIGHT, GRID_SQUARE = 12000, 9000, 1000
# As stored, the page lies on its side; EXIF orientation 6 says to turn it clockwise.
TURNED_AS_SHOWN = (1600, 2200)
EXIF_ORIENTATION = 0x0112

PROFILE = """name = "iiif-check"
detect = ["number", "scans"]
namespace = "iiif-check"
identifier = "{number}"
level = "{level}"
access = "{access}"
files = { column = "scans", split = "|" }
columns = [
  { name = "title", property = "title", language = "en" },
  { name = "title_ar", property = "title", language = "ar" },
  { name = "creator", property = "creator" },
  { name = "date", property = "date_created" },
  { name = "description", property = "description", language = "en" },
  { name = "licence", property = "rights" },
]
relations = [{ column = "part_of", kind = "part_of" }]
"""

PUBLIC_DOMAIN = "http://creativecommons.org/publicdomain/mark/1.0/"


def grid_colour(x, y):
    """The colour of a pixel of the large image."""
    square = (int(y) // GRID_SQUARE) * (GRID_WIDTH // GRID_SQUARE) + int(x) // GRID_SQUARE
    return (square * 37 % 256, (square * 91 + 40) % 256, (square * 53 + 90) % 256)


def grid(path):
    """Writes the large image as a PNG with a palette, row by row: 108 million pixels in a fifth of a second."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    columns, rows = GRID_WIDTH // GRID_SQUARE, GRID_HEIGHT // GRID_SQUARE
    centres = [(c * GRID_SQUARE, r * GRID_SQUARE) for r in range(rows) for c in range(columns)]
    packer, packed = zlib.compressobj(1), []
    for row in range(rows):
        line = b"\0" + b"".join(bytes([row * columns + column]) * GRID_SQUARE for column in range(columns))
        packed.append(packer.compress(line * GRID_SQUARE))
    packed.append(packer.flush())
    header = struct.pack(">IIBBBBB", GRID_WIDTH, GRID_HEIGHT, 8, 3, 0, 0, 0)
    palette = b"".join(bytes(grid_colour(x, y)) for x, y in centres)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"PLTE", palette)
                     + chunk(b"IDAT", b"".join(packed)) + chunk(b"IEND", b""))


def sheet(width, height, title, paper):
    """A sheet that looks like something: a frame, a large title, lines of small words, patches of colour."""
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    margin = width // 12
    draw.rectangle((margin // 2, margin // 2, width - margin // 2, height - margin // 2), outline=(90, 60, 40), width=6)
    draw.text((margin, margin), title, fill=(120, 20, 20), font=ImageFont.load_default(margin))
    words, small = "In the year of the great flood the river stood above the third arch ", ImageFont.load_default(28)
    for number, y in enumerate(range(margin * 3, height - margin * 4, 48)):
        draw.text((margin, y), f"{number + 1}. " + words * (width // 900), fill=(40, 34, 30), font=small)
    for number in range(8):
        left = margin + number * (width - 2 * margin) // 8
        colour = ((number * 90 + 60) % 256, (number * 47 + 30) % 256, (number * 151 + 20) % 256)
        draw.rectangle((left, height - margin * 3, left + margin // 2, height - margin), fill=colour)
    return image


def book(folder):
    """Six pages; their names in order."""
    names = []
    for number in range(1, 7):
        name = f"page-{number}.jpg"
        names.append(name)
        if number == 5:
            turned = sheet(*TURNED_AS_SHOWN, "Folio 5, turned", (238, 228, 200)).transpose(Image.Transpose.ROTATE_90)
            exif = Image.Exif()
            exif[EXIF_ORIENTATION] = 6
            turned.save(folder / name, quality=88, exif=exif)
            continue
        page = sheet(1700 + number * 20, 2300, f"Folio {number}", (244 - number * 4, 234, 205))
        (page.convert("L") if number == 4 else page).save(folder / name, quality=88)
    return names


def odd(folder):
    """Images of kinds and sides that decoders stumble over; their names with their sides."""
    plain = sheet(640, 480, "Odd", (210, 220, 230))
    clear = plain.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    made = {
        "clear.png": clear,
        "palette.png": plain.quantize(16),
        "deep.png": Image.linear_gradient("L").resize((640, 480)).convert("I;16"),
        "bits.png": plain.convert("1"),
        "cmyk.jpg": plain.convert("CMYK"),
        "progressive.jpg": plain,
        "one.png": plain.crop((0, 0, 1, 1)),
        "narrow.png": plain.resize((1, 3000)),
        "wide.png": plain.resize((5000, 3)),
    }
    for name, image in made.items():
        image.save(folder / name, **({"progressive": True} if name.startswith("progressive") else {}))
    return {name: image.size for name, image in made.items()}


def make(folder, validator_image):
    """Writes the collection into `folder`; `validator_image` is the official validator's own, or None.

    Returns the mapping profile and the sides of the odd images.
    """
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    profile = folder.parent / "iiif-check.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    pages, kinds = book(folder), odd(folder)
    sheet(3600, 2400, "A map of the bridges", (222, 230, 226)).save(folder / "single.jpg", quality=88)
    state = sheet(1800, 1300, "A sketch", (240, 236, 226))
    state.save(folder / "daylight.jpg", quality=88)
    state.convert("L").save(folder / "infrared.jpg", quality=88)
    sheet(800, 600, "Not for the public", (200, 200, 200)).save(folder / "hidden.jpg")
    grid(folder / "grid.png")
    if validator_image:
        shutil.copy(validator_image, folder)
    scan = validator_image.name if validator_image else ""
    rows = [
        # number, title, title_ar, creator, date, description, licence, scans, part_of, level, access
        ("series", "Papers of the bridge office", "", "", "1780/1910", "A series.", "", "", "", "series", "public"),
        ("book", "Book of floods", "كتاب الفيضانات", "Anna Weir", "1784", "Six leaves.", PUBLIC_DOMAIN, "|".join(pages),
         "series",
         "item", "public"),
        ("single", "A map of the bridges", "", "Jan Brug", "1852-03", "One sheet.", PUBLIC_DOMAIN, "single.jpg", "series",
         "item",
         "public"),
        ("sketch", "A sketch in two lights", "", "", "", "", PUBLIC_DOMAIN, "daylight.jpg|infrared.jpg", "", "item", "public"),
        ("grid", "Squares", "", "", "", "", "", "grid.png", "", "item", "public"),
        ("odd", "Odd images", "", "", "", "", "", "|".join(kinds), "", "item", "public"),
        ("bare", "<b>A letter</b> & \"its\" envelope", "", "", "undated", "<script>alert(1)</script>", "", "", "series",
         "item", "public"),
        ("hidden", "Not for the public", "", "", "", "", "", "hidden.jpg", "series", "item", "restricted"),
        ("validator", "67352ccc-d1b0-11e1-89ae-279075081939", "", "", "", "", "", scan, "", "item", "public"),
    ]
    with open(folder / "objects.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow("number title title_ar creator date description licence scans part_of level access".split())
        table.writerows(row for row in rows if row[0] != "validator" or validator_image)
    return profile, kinds
