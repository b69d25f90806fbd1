//! Which of the media types on offer the asker takes: the header `Accept` (RFC 9110 §12.5.1).

/// Ranges of one header that are read. Browsers send ten.
const RANGES_MAX: usize = 32;

/// The place of the media type that is liked best; among equals the one offered first. No header takes anything.
#[must_use]
pub fn choose(accept: Option<&str>, offered: &[&str]) -> Option<usize> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return (!offered.is_empty()).then_some(0);
    };
    let ranges: Vec<Range<'_>> = accept.split(',').take(RANGES_MAX).filter_map(Range::read).collect();
    let mut best: Option<(u16, usize)> = None;
    for (place, offer) in offered.iter().enumerate() {
        let quality = quality(&ranges, offer);
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, place));
        }
    }
    best.map(|(_, place)| place)
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=").map(str::trim));
        Some(Self { kind, subtype, quality: weight.map_or(1000, thousandths) })
    }

    /// How precisely the range names that type; `None` where it does not.
    fn precision(&self, kind: &str, subtype: &str) -> Option<u8> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (named, "*") if named.eq_ignore_ascii_case(kind) => Some(1),
            (named, sub) if named.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => Some(2),
            (_, _) => None,
        }
    }
}

/// The quality that the most precise range gives.
fn quality(ranges: &[Range<'_>], offer: &str) -> u16 {
    let Some((kind, subtype)) = offer.split_once('/') else { return 0 };
    let fits = ranges.iter().filter_map(|range| Some((range.precision(kind, subtype)?, range.quality)));
    fits.max_by_key(|(precision, _)| *precision).map_or(0, |(_, quality)| quality)
}

/// A weight such as `0.8`; what is no weight counts for nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => 1000,
        "0" if digits => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, offered: &[&str], chosen: Option<&str>) {
        assert_eq!(choose(Some(accept), offered).map(|place| offered[place]), chosen, "{accept}");
    }

    const OFFERED: &[&str] = &["text/html", "text/turtle", "application/ld+json"];

    #[test]
    fn nothing_said_takes_the_first() {
        assert_eq!(choose(None, OFFERED), Some(0));
    }
    #[test]
    fn anything_takes_the_first() {
        check("*/*", OFFERED, Some("text/html"));
    }
    #[test]
    fn the_highest_weight_wins() {
        check("text/html;q=0.5, application/ld+json;q=0.9, text/turtle;q=0.85", OFFERED, Some("application/ld+json"));
    }
    #[test]
    fn the_precise_range_decides() {
        check("text/*, text/html;q=0", OFFERED, Some("text/turtle"));
    }
    #[test]
    fn what_is_not_offered_is_not_chosen() {
        check("image/png", OFFERED, None);
    }
    #[test]
    fn a_browser_takes_the_page() {
        check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", OFFERED, Some("text/html"));
    }
}
