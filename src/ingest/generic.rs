//! The profile for a table that no shipped one recognises: columns that are named like properties say them.
//!
//! It is written as TOML and read like any other, so that `--check` can show it and somebody can start from it.

use std::fmt::Write as _;

use fonds_schemas::{Language, property};

use super::profile::{BadProfile, quoted};

/// Columns that can serve as identifier, the best first.
const IDENTIFIERS: &[&str] = &[
    "identifier",
    "id",
    "accession_number",
    "accession",
    "inventory_number",
    "inventory_no",
    "object_number",
    "object_id",
    "shelfmark",
    "call_number",
    "reference",
    "reference_code",
    "inv",
];

/// Columns that can name files.
const FILES: &[&str] = &["file", "files", "filename", "file_name", "image_file", "image"];

/// What other words tables use for a property.
const SYNONYMS: &[(&str, &str)] = &[
    ("name", "title"),
    ("creators", "creator"),
    ("artist", "creator"),
    ("artists", "creator"),
    ("author", "creator"),
    ("authors", "creator"),
    ("maker", "creator"),
    ("date", "date_created"),
    ("type", "object_type"),
    ("medium", "material"),
    ("materials", "material"),
    ("subjects", "subject"),
    ("keywords", "subject"),
    ("places", "place"),
    ("credit", "credit_line"),
    ("licence", "rights"),
    ("license", "rights"),
    ("url", "landing_page"),
    ("institution", "holding_institution"),
];

/// The name of a column as it is compared: `Date created` is `date_created`.
fn normal(column: &str) -> String {
    column.trim().to_lowercase().replace([' ', '-', '.'], "_")
}

/// The property that a column says, and the language if its name ends in one (`title_fr`, `title@zh-Hant`).
fn meaning(column: &str) -> Option<(&'static str, Option<String>)> {
    let known = |name: &str| {
        let synonym = SYNONYMS.iter().find(|(word, _)| *word == name).map(|(_, property)| *property);
        synonym.or_else(|| property::find(name).map(|term| term.name))
    };
    if let Some(name) = known(&normal(column)) {
        return Some((name, None));
    }
    let (stem, tag) = column.trim().rsplit_once(['@', '_', ':'])?;
    // Only two or three letters before a script or region: `date_start` does not end in a language.
    let primary = tag.split('-').next().unwrap_or_default();
    if !(2..=3).contains(&primary.len()) || Language::parse(tag).is_err() {
        return None;
    }
    Some((known(&normal(stem))?, Some(tag.to_owned())))
}

fn first<'a>(wanted: &[&str], columns: &'a [String]) -> Option<&'a String> {
    wanted.iter().find_map(|name| columns.iter().find(|column| normal(column) == *name))
}

/// A profile for these columns; `table` names what is taken in and becomes the namespace.
pub fn profile(table: &str, columns: &[String]) -> Result<String, BadProfile> {
    let identifier = first(IDENTIFIERS, columns).filter(|column| !column.contains(['{', '}', '|']));
    let Some(identifier) = identifier else {
        return Err(BadProfile::NoIdentifier { table: table.to_owned(), wanted: IDENTIFIERS.join(", ") });
    };
    let mut toml = String::from("name = \"generic\"\n");
    let namespace = table.replace('{', "{{").replace('}', "}}");
    let _ = writeln!(toml, "namespace = {}", quoted(&namespace));
    let _ = writeln!(toml, "identifier = {}", quoted(&format!("{{{identifier}}}")));
    let named = |name: &str| columns.iter().find(|column| normal(column) == name);
    let plain = |column: &&String| !column.contains(['{', '}', '|']);
    if let Some(level) = named("level").filter(plain) {
        let _ = writeln!(toml, "level = {}", quoted(&format!("{{{level}}}")));
    }
    if let Some(access) = named("access").filter(plain) {
        // A table that has the column and leaves a cell empty does not say `everybody`.
        let _ = writeln!(toml, "access = {}", quoted(&format!("{{{access}}}")));
    }
    let file = first(FILES, columns);
    if let Some(file) = file {
        let _ = writeln!(toml, "files = {{ column = {}, split = \"|\" }}", quoted(file));
    }
    let parent = named("parent").or_else(|| named("part_of"));
    if let Some(parent) = parent {
        let _ = writeln!(toml, "relations = [{{ column = {}, kind = \"part_of\" }}]", quoted(parent));
    }
    toml.push_str("columns = [\n");
    for column in columns.iter().filter(|column| Some(*column) != file && Some(*column) != parent) {
        // The identifier is said of the object too: it is what people know it by.
        let property = if column == identifier { Some(("identifier", None)) } else { meaning(column) };
        let Some((property, language)) = property else { continue };
        let _ = write!(toml, "  {{ name = {}, property = \"{property}\"", quoted(column));
        if let Some(language) = language {
            let _ = write!(toml, ", language = {}", quoted(&language));
        }
        toml.push_str(" },\n");
    }
    toml.push_str("]\n");
    Ok(toml)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::profile::Profile;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_named_like_properties_say_them() {
        let (profile, _) = Profile::detected("t", &columns(&["ID", "Title", "title_fr", "Artist", "weight"])).unwrap();
        let said: Vec<_> = profile.columns.iter().map(|c| (c.name.as_str(), c.property.as_str())).collect();
        assert_eq!(said, [("ID", "identifier"), ("Title", "title"), ("title_fr", "title"), ("Artist", "creator")]);
        assert_eq!(profile.columns[2].language.as_ref().unwrap().as_str(), "fr");
    }
    #[test]
    fn the_end_of_a_word_is_not_a_language() {
        assert_eq!(meaning("date_start"), None);
    }
    #[test]
    fn a_table_without_identifier_is_refused_with_what_would_do() {
        let message = Profile::detected("t.csv", &columns(&["colour"])).unwrap_err().to_string();
        assert!(message.contains("t.csv") && message.contains("accession_number"), "{message}");
    }
    #[test]
    fn a_column_with_quotation_marks_does_not_break_the_profile() {
        let (profile, _) = Profile::detected("a\"b", &columns(&["id", "title", "x\"y"])).unwrap();
        assert_eq!(profile.columns.len(), 2);
    }
}
