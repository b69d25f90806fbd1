//! What a thing of the demo collection is made of.

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

/// A picture.
#[must_use]
pub const fn picture(name: &'static str, motif: Motif, width: u32, height: u32, seed: u32) -> Picture {
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

/// A thing that everybody sees.
#[must_use]
pub const fn thing(
    identifier: &'static str,
    level: &'static str,
    cells: &'static [(&'static str, &'static str)],
    pictures: &'static [Picture],
) -> Thing {
    Thing { identifier, level, access: "public", cells, pictures }
}
