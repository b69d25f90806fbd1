//! What the reader of the settings says when they are wrong, in words for whoever wrote them.
//!
//! It names the setting and the place, never the value: that may be a password.

use figment::error::{Actual, Kind};

/// Why the settings cannot be read; one sentence for each thing that is wrong.
pub fn sentence(error: figment::Error) -> String {
    error.into_iter().map(|one| say(&one)).collect::<Vec<_>>().join("; ")
}

fn say(error: &figment::Error) -> String {
    let place = match &error.metadata {
        Some(metadata) => match metadata.source.as_ref().and_then(figment::Source::file_path) {
            Some(path) => path.display().to_string(),
            None if metadata.name.contains("environment") => "the environment".to_owned(),
            None => metadata.name.to_string(),
        },
        None => "the settings".to_owned(),
    };
    let key = error.path.join(".").to_lowercase();
    match &error.kind {
        Kind::UnknownField(name, known) => {
            let section = key.rsplit_once('.').map_or("", |(section, _)| section);
            let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            format!("{place}: there is no setting {key}, only {}", listed(section, known))
        }
        Kind::InvalidType(found, wanted) => {
            let wanted = if is_number(wanted) { "a whole number" } else { wanted.as_str() };
            format!("{place}: setting {key} must be {wanted}, not {}", kind(found))
        }
        // Of a file that is no TOML: where it goes wrong, as the parser shows it.
        Kind::Message(why) if key.is_empty() => format!("{place}: {}", why.trim_end()),
        Kind::Message(why) => format!("{place}: setting {key}: {why}"),
        _ => error.to_string(),
    }
}

fn listed(section: &str, known: &[&str]) -> String {
    let full = |name: &&str| if section.is_empty() { (*name).to_owned() } else { format!("{section}.{name}") };
    known.iter().map(full).collect::<Vec<_>>().join(", ")
}

fn is_number(wanted: &str) -> bool {
    matches!(wanted, "u8" | "u16" | "u32" | "u64" | "usize" | "i64")
}

fn kind(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number (put quotation marks around it)",
        Actual::Char(_) | Actual::Str(_) => "a text",
        Actual::Seq => "a list",
        Actual::Map => "a section",
        _ => "this",
    }
}
