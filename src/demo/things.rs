//! What the demo collection holds. Everything in it is invented; no person, place or thing of it exists.

use super::drawing::Motif;

/// A file of a thing.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Its name; the ending says how it is written.
    pub name: &'static str,
    /// What it shows.
    pub motif: Motif,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Which of its kind.
    pub seed: u32,
}

const fn picture(name: &'static str, motif: Motif, width: u32, height: u32, seed: u32) -> Picture {
    Picture { name, motif, width, height, seed }
}

/// The columns of the table.
pub const COLUMNS: &[&str] = &[
    "identifier",
    "level",
    "access",
    "language",
    "title",
    "title_en",
    "title_zh-Hant",
    "creator",
    "creator_uri",
    "date",
    "date_start",
    "date_end",
    "object_type",
    "material",
    "dimensions",
    "subject",
    "place",
    "description",
    "part_of",
    "realises",
    "produced_by",
    "instance_of",
    "item_of",
    "derived_from",
    "related",
];

/// A thing: identifier, level, access, the other cells by column, its pictures.
pub struct Thing {
    /// The identifier.
    pub identifier: &'static str,
    /// The level.
    pub level: &'static str,
    /// Who may see it.
    pub access: &'static str,
    /// The other cells.
    pub cells: &'static [(&'static str, &'static str)],
    /// Its files.
    pub pictures: &'static [Picture],
}

const fn thing(
    identifier: &'static str,
    level: &'static str,
    cells: &'static [(&'static str, &'static str)],
    pictures: &'static [Picture],
) -> Thing {
    Thing { identifier, level, access: "public", cells, pictures }
}

const LETTERS: &[Picture] = &[
    picture("lettre-1.jpg", Motif::Lines, 1_000, 1_400, 31),
    picture("lettre-2.jpg", Motif::Lines, 1_000, 1_400, 32),
    picture("lettre-3.jpg", Motif::Lines, 1_000, 1_400, 33),
];

const BOOK: &[Picture] = &[
    picture("sen-01.png", Motif::Columns, 900, 1_300, 41),
    picture("sen-02.png", Motif::Columns, 900, 1_300, 42),
    picture("sen-03.png", Motif::Columns, 900, 1_300, 43),
    picture("sen-04.png", Motif::Columns, 900, 1_300, 44),
    picture("sen-05.png", Motif::Columns, 900, 1_300, 45),
    picture("sen-06.png", Motif::Columns, 900, 1_300, 46),
];

/// Everything, in the order of the table.
pub const ALL: &[Thing] = &[
    // An archive: fonds, series, file, items.
    thing(
        "A",
        "fonds",
        &[
            ("language", "en"),
            ("title", "Papers of the Workshop of Imagined Things"),
            ("creator", "Workshop of Imagined Things"),
            ("date", "1898–1931"),
            ("date_start", "1898"),
            ("date_end", "1931"),
            ("description", "Letters, maps and designs of a workshop that made drawings of things nobody had seen."),
        ],
        &[],
    ),
    thing(
        "A/1",
        "series",
        &[
            ("language", "fr"),
            ("title", "Correspondance"),
            ("title_en", "Correspondence"),
            ("part_of", "A"),
            ("date", "1902–1911"),
            ("date_start", "1902"),
            ("date_end", "1911"),
            ("description", "Lettres reçues et copies de lettres envoyées, dans l’ordre où l’atelier les a laissées."),
        ],
        &[],
    ),
    thing(
        "A/1/1",
        "file",
        &[
            ("language", "fr"),
            ("title", "Lettres à un potier"),
            ("title_en", "Letters to a potter"),
            ("part_of", "A/1"),
            ("creator", "Élodie Vautrin"),
            ("date", "vers 1905"),
            ("date_start", "1904"),
            ("date_end", "1906"),
            ("object_type", "letter"),
            ("material", "ink|paper"),
            ("subject", "pottery|moon jars"),
            ("related", "M"),
            ("description", "Trois feuillets où l’atelier demande comment un vase rond peut rester debout."),
        ],
        LETTERS,
    ),
    thing(
        "A/2",
        "series",
        &[
            ("language", "en"),
            ("title", "Maps of Places That Are Not"),
            ("part_of", "A"),
            ("date", "1910–1931"),
            ("date_start", "1910"),
            ("date_end", "1931"),
            ("description", "Surveys drawn in the workshop, at many scales."),
        ],
        &[],
    ),
    thing(
        "A/2/1",
        "item",
        &[
            ("language", "en"),
            ("title", "Map of the Island of Oss"),
            ("part_of", "A/2"),
            ("creator", "Ida Renn"),
            ("date", "1912"),
            ("date_start", "1912"),
            ("date_end", "1912"),
            ("object_type", "map"),
            ("material", "watercolour|paper"),
            ("dimensions", "60 × 90 cm"),
            ("subject", "islands|heights"),
            ("place", "Island of Oss"),
            ("description", "Heights in brown, depths in blue; twelve lines to a side."),
        ],
        &[picture("oss.png", Motif::Map, 3_000, 2_100, 5)],
    ),
    thing(
        "A/2/2",
        "item",
        &[
            ("language", "ar"),
            ("title", "خريطة جزيرة الرمل"),
            ("title_en", "Map of the Island of Sand"),
            ("part_of", "A/2"),
            ("creator", "سلمى الرسّامة"),
            ("date", "1921"),
            ("date_start", "1921"),
            ("date_end", "1921"),
            ("object_type", "map"),
            ("material", "ink|paper"),
            ("subject", "islands"),
            ("description", "خريطة مرسومة باليد لجزيرة لم يرها أحد."),
        ],
        &[picture("raml.jpg", Motif::Map, 1_800, 1_300, 23)],
    ),
    // A museum: a work, the project that documented it, kinds of results, results.
    thing(
        "M",
        "work",
        &[
            ("language", "ko"),
            ("title", "달항아리"),
            ("title_en", "Moon jar"),
            ("title_zh-Hant", "月壺"),
            ("creator", "이름 모를 도공"),
            ("date", "18th century"),
            ("date_start", "1701"),
            ("date_end", "1800"),
            ("object_type", "jar"),
            ("material", "porcelain|clear glaze"),
            ("dimensions", "45 × 44 cm"),
            ("subject", "moon jars"),
            ("description", "두 개의 반구를 이어 만든 둥근 백자 항아리."),
        ],
        &[picture("jar.jpg", Motif::Jar(35), 2_000, 2_500, 2)],
    ),
    thing(
        "M/P",
        "project",
        &[
            ("language", "en"),
            ("title", "The moon jar under turning light"),
            ("realises", "M"),
            ("date", "2019"),
            ("date_start", "2019"),
            ("date_end", "2019"),
            ("creator", "Studio of Slow Cameras"),
            ("description", "Photographs from one place while the lamp went round the jar."),
        ],
        &[],
    ),
    thing(
        "M/P/1",
        "instance",
        &[
            ("language", "en"),
            ("title", "Photographs under turning light"),
            ("instance_of", "M"),
            ("produced_by", "M/P"),
            ("object_type", "photograph"),
            ("description", "One exposure for each place of the lamp."),
        ],
        &[],
    ),
    thing(
        "M/P/1/1",
        "item",
        &[
            ("language", "en"),
            ("title", "Moon jar, lamp on the left"),
            ("item_of", "M/P/1"),
            ("part_of", "M/P"),
            ("object_type", "photograph"),
            ("date", "2019"),
            ("date_start", "2019"),
            ("date_end", "2019"),
        ],
        &[picture("jar-left.jpg", Motif::Jar(5), 1_200, 1_500, 2)],
    ),
    thing(
        "M/P/1/2",
        "item",
        &[
            ("language", "en"),
            ("title", "Moon jar, lamp on the right"),
            ("item_of", "M/P/1"),
            ("part_of", "M/P"),
            ("object_type", "photograph"),
            ("date", "2019"),
            ("date_start", "2019"),
            ("date_end", "2019"),
        ],
        &[picture("jar-right.jpg", Motif::Jar(95), 1_200, 1_500, 2)],
    ),
    // Things by themselves.
    thing(
        "B/1",
        "item",
        &[
            ("language", "ja"),
            ("title", "線の小さな本"),
            ("title_en", "A small book of lines"),
            ("creator", "墨野 ひとし"),
            ("date", "1883"),
            ("date_start", "1883"),
            ("date_end", "1883"),
            ("object_type", "book"),
            ("material", "ink|paper"),
            ("dimensions", "26 × 18 cm"),
            ("subject", "writing|strokes"),
            ("description", "読めない文字だけで書かれた六葉の冊子。"),
        ],
        BOOK,
    ),
    thing(
        "N/1",
        "item",
        &[
            ("language", "mul"),
            ("title", "𛅰𛆁𛈩𛉑"),
            ("title_en", "Leaf in women’s script"),
            ("title_zh-Hant", "女書一葉"),
            ("date", "ca. 1900"),
            ("date_start", "1890"),
            ("date_end", "1910"),
            ("object_type", "manuscript leaf"),
            ("material", "ink|paper"),
            ("subject", "writing|women"),
        ],
        &[picture("nushu-𛅰.png", Motif::Columns, 800, 1_100, 61)],
    ),
    thing(
        "T/1",
        "item",
        &[
            ("language", "en"),
            ("title", "Twill with gold stripes"),
            ("object_type", "textile"),
            ("material", "wool|silk"),
            ("dimensions", "120 × 90 cm"),
            ("date", "1926"),
            ("date_start", "1926"),
            ("date_end", "1926"),
            ("creator", "Ida Renn"),
            ("subject", "stripes"),
            ("description", "Three over, two under, and a gold stripe."),
        ],
        &[picture("twill.jpg", Motif::Weave, 1_600, 1_200, 8)],
    ),
    thing(
        "T/2",
        "item",
        &[
            ("language", "fr"),
            ("title", "Panneau de zelliges aux étoiles"),
            ("title_en", "Panel of star tiles"),
            ("object_type", "tile panel"),
            ("material", "glazed earthenware"),
            ("dimensions", "200 × 200 cm"),
            ("date", "1908"),
            ("date_start", "1908"),
            ("date_end", "1908"),
            ("subject", "stars|geometry"),
            ("description", "Étoiles à huit branches, quatre couleurs."),
        ],
        &[picture("zellige.png", Motif::Tiles, 1_400, 1_400, 3)],
    ),
    thing(
        "T/3",
        "item",
        &[
            ("language", "en"),
            ("title", "Drawing after the panel of star tiles"),
            ("derived_from", "T/2"),
            ("object_type", "drawing"),
            ("material", "gouache|paper"),
            ("creator", "Ida Renn"),
            ("date", "1930"),
            ("date_start", "1930"),
            ("date_end", "1930"),
            ("subject", "stars|geometry"),
        ],
        &[picture("after-zellige.png", Motif::Tiles, 900, 700, 17)],
    ),
    // What not everybody sees.
    Thing {
        identifier: "X/1",
        level: "item",
        access: "restricted",
        cells: &[
            ("language", "en"),
            ("title", "Letter that names the living"),
            ("part_of", "A/1"),
            ("object_type", "letter"),
            ("material", "ink|paper"),
            ("description", "Restricted: it speaks of people who can still be hurt by it."),
        ],
        pictures: &[picture("restricted.jpg", Motif::Lines, 800, 1_100, 71)],
    },
    Thing {
        identifier: "X/2",
        level: "item",
        access: "embargoed until 2099-01-01",
        cells: &[
            ("language", "en"),
            ("title", "Notebook under embargo"),
            ("part_of", "A"),
            ("object_type", "notebook"),
            ("material", "pencil|paper"),
            ("description", "Closed by its donor until the century turns."),
        ],
        pictures: &[picture("embargoed.jpg", Motif::Lines, 800, 1_100, 72)],
    },
    thing(
        "X/3",
        "item",
        &[
            ("language", "en"),
            ("title", "Print given back to its owner"),
            ("object_type", "print"),
            ("material", "paper"),
            ("description", "Shown for a while, then claimed: what is left is that it was here."),
        ],
        &[picture("given-back.jpg", Motif::Map, 800, 600, 73)],
    ),
];
