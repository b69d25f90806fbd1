//! The format of events is for ever: every type has a fixture that is never edited and a JSON Schema that is generated.
//!
//! `FONDS_BLESS=1` writes the schemas anew; fixtures are written by hand, once.

use std::path::{Path, PathBuf};

use fonds_schemas::event::{KINDS, json_schemas};
use fonds_schemas::{Envelope, Event, canonical};
use serde_json::Value;

use crate::support::checkout;

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_event_ever_written_is_read_and_written_back_to_the_byte() {
    for kind in KINDS {
        let path = checkout().join(format!("fixtures/events/{kind}.v1.json"));
        let body = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(canonical::check(&body), Ok(()), "{kind}");
        let event = Event::from_body(kind, 1, &body).unwrap();
        assert_eq!(event.kind(), *kind);
        assert_eq!(String::from_utf8(event.to_body().unwrap()).unwrap(), String::from_utf8(body).unwrap());
    }
}

#[test]
fn every_fixture_is_of_an_event_that_exists() {
    let mut wanted: Vec<String> = KINDS.iter().map(|kind| format!("{kind}.v1.json")).collect();
    wanted.sort();
    assert_eq!(names_in(&checkout().join("fixtures/events")), wanted);
}

#[test]
fn an_event_of_a_later_release_is_refused_by_its_name() {
    let message = Event::from_body("accessioned", 2, b"{}").unwrap_err().to_string();
    assert_eq!(message, "this release of fonds does not know events of type accessioned in version 2");
}

/// Every schema file, with the text that it must have.
fn schemas() -> Vec<(PathBuf, String)> {
    let mut all = json_schemas();
    all.push(("envelope", schemars::schema_for!(Envelope)));
    let text = |schema: &schemars::Schema| serde_json::to_string_pretty(&sorted(schema.as_value())).unwrap() + "\n";
    all.iter().map(|(name, schema)| (checkout().join(format!("schemas/json/{name}.json")), text(schema))).collect()
}

/// The same value with its keys in order, whatever the features of other packages make of a JSON object.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write schemas is no setting of fonds")]
fn the_json_schemas_are_the_ones_of_the_code() {
    let bless = std::env::var("FONDS_BLESS").is_ok_and(|value| value == "1");
    for (path, text) in schemas() {
        if bless {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(stored, text, "{} is not what the code says; FONDS_BLESS=1 writes it", path.display());
    }
    assert_eq!(names_in(&checkout().join("schemas/json")).len(), KINDS.len() + 1);
}
