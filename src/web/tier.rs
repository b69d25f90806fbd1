//! What Europeana would make of an object, for its page: its tiers, why they are not higher, and the cheapest step up.

use fonds_projections::feed::{Format as _, Setting};
use fonds_schemas::Object;

use crate::formats::edm::{self, Edm};
use crate::tier::{Grade, Tiers, tiers};

/// What is told.
pub struct Told {
    /// The two tiers in short, for whoever reads no further.
    pub short: String,
    /// Each of them, with its reason.
    pub lines: Vec<Line>,
    /// What keeps the object out; nothing where it has its record.
    pub wanting: Vec<&'static str>,
}

/// A tier.
pub struct Line {
    /// Of what.
    pub of: &'static str,
    /// The tier.
    pub tier: String,
    /// Why it is this one.
    pub why: String,
    /// What would make it a better one, the cheapest.
    pub better: Vec<String>,
}

/// What there is to tell. Only of what everybody sees: nothing else is handed to Europeana.
#[must_use]
pub fn of(object: &Object, setting: &Setting<'_>) -> Option<Told> {
    let Some(record) = Edm.render(object, setting) else {
        let wanting = edm::wanting(object, setting);
        return Some(Told { short: "no record yet".to_owned(), lines: Vec::new(), wanting });
    };
    // Our own record can be read; if it ever could not, the page of the object would still be shown.
    let Tiers { content, metadata, metadata_if_dereferenced } = tiers(&record).ok()?;
    let grade = if metadata.tier == Grade::None { "below A".to_owned() } else { metadata.tier.to_string() };
    let short = format!("content tier {} (0 to 4), metadata tier {grade} (A to C)", content.tier);
    let content = Line {
        of: "Content",
        tier: content.tier.to_string(),
        why: sentence(&content.why),
        better: content.improvement.iter().map(|step| sentence(step)).collect(),
    };
    let mut better: Vec<String> = metadata.improvements.iter().map(|step| sentence(step)).collect();
    if metadata_if_dereferenced > metadata.tier {
        let known = format!("tier {metadata_if_dereferenced} once Europeana has looked up what the record names");
        better.insert(0, format!("It becomes {known}."));
    }
    let metadata = Line { of: "Metadata", tier: grade, why: sentence(&metadata.why), better };
    Some(Told { short, lines: vec![content, metadata], wanting: Vec::new() })
}

/// Words as a sentence.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let rest = characters.as_str();
    let end = if rest.ends_with('.') { "" } else { "." };
    format!("{first}{rest}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_sentences() {
        assert_eq!(sentence("its image has 0.50 megapixels"), "Its image has 0.50 megapixels.");
        assert_eq!(sentence("a and b."), "A and b.");
    }
}
