//! Writes XML 1.0 that is well-formed whatever it is handed.
//!
//! Descriptions come from everywhere and hold anything. One control character in one record must not cost a harvester
//! the page that the record is on: what XML 1.0 cannot carry becomes U+FFFD.

/// Whether XML 1.0 (§2.2) can carry the character.
#[must_use]
pub fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Appends character data, for the inside of an element.
pub fn text(out: &mut String, value: &str) {
    escape(out, value, |byte| match byte {
        b'<' => Some("&lt;"),
        b'&' => Some("&amp;"),
        // Only `]]>` asks for it; always is simpler.
        b'>' => Some("&gt;"),
        // A reader would turn it into a line feed.
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Appends the value of an attribute, for the inside of double quotes.
pub fn attribute_value(out: &mut String, value: &str) {
    escape(out, value, |byte| match byte {
        b'<' => Some("&lt;"),
        b'&' => Some("&amp;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        // A reader would turn these into spaces.
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Appends ` name="value"`.
pub fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    attribute_value(out, value);
    out.push('"');
}

/// Appends `<name>value</name>`.
pub fn element(out: &mut String, name: &str, value: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    text(out, value);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Copies runs that need nothing at once; only the exceptions are looked at one by one.
fn escape(out: &mut String, value: &str, replacement: impl Fn(u8) -> Option<&'static str>) {
    let bytes = value.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (with, length) = match bytes[at] {
            byte @ (b'\t' | b'\n' | b'\r' | b' '..=0x7e | 0x7f) => (replacement(byte), 1),
            0..=0x1f => (Some("\u{fffd}"), 1),
            // U+FFFE and U+FFFF are the only others; UTF-8 cannot hold a surrogate.
            0xef if matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => (Some("\u{fffd}"), 3),
            0x80.. => (None, 1),
        };
        if let Some(with) = with {
            out.push_str(&value[copied..at]);
            out.push_str(with);
            copied = at + length;
        }
        at += length;
    }
    out.push_str(&value[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader finds in an attribute and in the element, of what was written there.
    fn read_back(value: &str) -> (String, String) {
        let mut document = String::from("<a");
        attribute(&mut document, "b", value);
        document.push('>');
        text(&mut document, value);
        document.push_str("</a>");
        let mut reader = quick_xml::Reader::from_str(&document);
        let (mut in_attribute, mut in_element) = (String::new(), String::new());
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(start) => {
                    let attribute = start.attributes().next().unwrap().unwrap();
                    in_attribute = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                }
                quick_xml::events::Event::Text(text) => in_element.push_str(&text),
                quick_xml::events::Event::GeneralRef(reference) => {
                    let reference = format!("&{};", &*reference);
                    in_element.push_str(&quick_xml::escape::unescape(&reference).unwrap());
                }
                quick_xml::events::Event::Eof => return (in_attribute, in_element),
                _ => {}
            }
        }
    }

    fn check(value: &str, found: &str) {
        assert_eq!(read_back(value), (found.to_owned(), found.to_owned()));
    }

    #[test]
    fn markup_is_only_text() {
        check("<b title=\"x\">&amp; ]]> 'y'</b>", "<b title=\"x\">&amp; ]]> 'y'</b>");
    }
    #[test]
    fn line_ends_and_tabs_survive() {
        check("a\tb\nc\r\nd", "a\tb\nc\r\nd");
    }
    #[test]
    fn controls_are_replaced() {
        check("a\0b\u{b}c\u{1f}d", "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }
    #[test]
    fn noncharacters_are_replaced() {
        check("x\u{fffe}y\u{ffff}z", "x\u{fffd}y\u{fffd}z");
    }
    #[test]
    fn the_character_before_them_stays() {
        check("\u{fffd}\u{ffbe}\u{fbff}", "\u{fffd}\u{ffbe}\u{fbff}");
    }
    #[test]
    fn emoji_and_nushu_survive() {
        check("🏺 \u{1b170}\u{1b171} שלום 文", "🏺 \u{1b170}\u{1b171} שלום 文");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back_or_replaced(value in any::<String>()) {
            let wanted: String = value.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect();
            prop_assert_eq!(read_back(&value), (wanted.clone(), wanted));
        }
    }
}
