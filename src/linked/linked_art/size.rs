//! Dimensions in what is said of size: only those that certainly are one, because side, number and unit are all said.

use super::list;
use super::shown::unit;
use super::words::aat;
use crate::linked::face::Node;

/// Characters of a statement that are read.
const CHARS_MAX: usize = 500;
/// Dimensions of a statement that are told.
const SIZES_MAX: usize = 12;

/// What sides are called, with their number in the Art and Architecture Thesaurus.
const SIDES: &[(&[&str], &str, &str)] = &[
    (&["height", "h", "h."], "300055644", "Height"),
    (&["width", "w", "w."], "300055647", "Width"),
    (&["depth", "d", "d."], "300072633", "Depth"),
    (&["diameter", "diam", "diam."], "300055624", "Diameter"),
    (&["length", "l", "l."], "300055645", "Length"),
    (&["weight", "wt", "wt."], "300056240", "Weight"),
];
/// What units are called.
const UNITS: &[(&[&str], &str, &str)] = &[
    (&["mm", "mm."], "300379097", "millimeters"),
    (&["cm", "cm."], "300379098", "centimeters"),
    (&["m", "m."], "300379099", "meters"),
    (&["in", "in."], "300379100", "inches"),
    (&["g", "g."], "300379225", "grams"),
    (&["kg", "kg."], "300379226", "kilograms"),
];

/// A dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    side: (&'static str, &'static str),
    value: f64,
    unit: (&'static str, &'static str),
}

impl Size {
    pub(super) fn node(&self) -> Node {
        Node::new("type", "Dimension")
            .with("classified_as", list([aat(self.side.0, self.side.1)]))
            .with("value", self.value)
            .with("unit", unit(self.unit.0, self.unit.1))
    }
}

/// The dimensions in a text: `Height: 45.1 cm; Diam. 43,8 cm` has two, `45.1 × 43.8 cm` has none, because it does not say
/// which is which.
#[must_use]
pub fn sizes(text: &str) -> Vec<Size> {
    let text: String = text.chars().take(CHARS_MAX).map(|c| if c == '(' { ' ' } else { c }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for window in words.windows(3) {
        let [side, number, unit] = window else { continue };
        let side = SIDES.iter().find(|(names, _, _)| is_in(side.trim_end_matches(':'), names));
        let unit = UNITS.iter().find(|(names, _, _)| is_in(unit.trim_end_matches([';', ')']), names));
        if let (Some((_, side, side_name)), Some(value), Some((_, unit, unit_name))) = (side, value(number), unit) {
            found.push(Size { side: (side, side_name), value, unit: (unit, unit_name) });
        }
    }
    found.truncate(SIZES_MAX);
    found
}

fn is_in(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(word.trim_end_matches(',')))
}

/// A number with a point or a comma before its fraction.
fn value(text: &str) -> Option<f64> {
    let text = text.replacen(',', ".", 1);
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if digits && text.len() <= 9 { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, sizes_of: &[(&str, f64, &str)]) {
        let found = sizes(text);
        let found: Vec<_> = found.iter().map(|size| (size.side.1, size.value, size.unit.1)).collect();
        assert_eq!(found, sizes_of, "{text}");
    }

    #[test]
    fn a_side_with_number_and_unit_is_a_dimension() {
        check("Height: 45.1 cm; Diam. 43,8 cm", &[("Height", 45.1, "centimeters"), ("Diameter", 43.8, "centimeters")]);
        check("H. 17 in. (43.2 cm)", &[("Height", 17.0, "inches")]);
        check("weight 3 kg, width 20 mm", &[("Weight", 3.0, "kilograms"), ("Width", 20.0, "millimeters")]);
    }

    #[test]
    fn what_does_not_say_all_three_is_none() {
        for text in ["45.1 × 43.8 cm", "Height 45", "tall 45 cm", "H. 17 1/2 in.", "height 1.2.3 cm", "height 1e9 m"] {
            check(text, &[]);
        }
    }
}
