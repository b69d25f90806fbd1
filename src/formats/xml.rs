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
    escape(out, value, IN_TEXT);
}

/// Appends the value of an attribute, for the inside of double quotes.
pub fn attribute_value(out: &mut String, value: &str) {
    escape(out, value, IN_ATTRIBUTES);
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

const IN_TEXT: u8 = 1;
const IN_ATTRIBUTES: u8 = 2;

/// Which bytes cannot stand as they are, and where.
static SPECIAL: [u8; 256] = {
    let mut special = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        special[control] = IN_TEXT | IN_ATTRIBUTES;
        control += 1;
    }
    // Only `]]>` asks for `>`; always is simpler. A reader would turn a carriage return into a line feed.
    special[b'<' as usize] = IN_TEXT | IN_ATTRIBUTES;
    special[b'&' as usize] = IN_TEXT | IN_ATTRIBUTES;
    special[b'>' as usize] = IN_TEXT | IN_ATTRIBUTES;
    // A reader would turn these into spaces.
    special[b'\t' as usize] = IN_ATTRIBUTES;
    special[b'\n' as usize] = IN_ATTRIBUTES;
    special[b'"' as usize] = IN_ATTRIBUTES;
    // U+FFFE and U+FFFF begin with it.
    special[0xef] = IN_TEXT | IN_ATTRIBUTES;
    special
};

/// Copies runs that need nothing at once; only the exceptions are looked at one by one.
fn escape(out: &mut String, value: &str, place: u8) {
    let bytes = value.as_bytes();
    let (mut copied, mut at) = (0, 0);
    while let Some(plain) = bytes[at..].iter().position(|byte| SPECIAL[usize::from(*byte)] & place != 0) {
        at += plain;
        let (with, length) = match bytes[at] {
            b'<' => ("&lt;", 1),
            b'&' => ("&amp;", 1),
            b'>' => ("&gt;", 1),
            b'"' => ("&quot;", 1),
            b'\t' => ("&#9;", 1),
            b'\n' => ("&#10;", 1),
            b'\r' => ("&#13;", 1),
            0xef if !matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => {
                at += 1;
                continue;
            }
            0xef => ("\u{fffd}", 3),
            _ => ("\u{fffd}", 1),
        };
        out.push_str(&value[copied..at]);
        out.push_str(with);
        at += length;
        copied = at;
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
