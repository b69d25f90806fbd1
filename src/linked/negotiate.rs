//! Which of the media types on offer the asker takes: the header `Accept` (RFC 9110 §12.5.1), where a profile says in which
//! shape (RFC 6906).

/// Ranges of one header that are read. Browsers send ten.
const RANGES_MAX: usize = 32;

/// The place of the media type that is liked best; among equals the one offered first. No header takes anything.
///
/// What is offered in a profile, as `type/subtype;profile="URI"`, is chosen by who names the type, but before others only by
/// who names the profile; what nobody offers is not listened to.
#[must_use]
pub fn choose(accept: Option<&str>, offered: &[&str]) -> Option<usize> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return (!offered.is_empty()).then_some(0);
    };
    let ranges: Vec<Range<'_>> = accept.split(',').take(RANGES_MAX).filter_map(Range::read).collect();
    let mut best: Option<(u16, usize)> = None;
    let profiles: Vec<&str> = offered.iter().filter_map(|offer| parameter(offer, "profile")).collect();
    for (place, offer) in offered.iter().enumerate() {
        let quality = quality(&ranges, offer, &profiles);
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, place));
        }
    }
    best.map(|(_, place)| place)
}

/// The URIs of a header `Accept-Profile`, the one that is liked best first (<https://www.w3.org/TR/dx-prof-conneg/>, §7).
#[must_use]
pub fn profiles(header: &str) -> Vec<&str> {
    let mut wanted: Vec<(u16, &str)> = Vec::new();
    for part in header.split(',').take(RANGES_MAX) {
        let Some((uri, rest)) = part.trim().strip_prefix('<').and_then(|part| part.split_once('>')) else { continue };
        let weight = rest.split(';').find_map(|part| part.trim().strip_prefix("q="));
        wanted.push((weight.map_or(1000, thousandths), uri));
    }
    wanted.retain(|(weight, _)| *weight > 0);
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wanted.into_iter().map(|(_, uri)| uri).collect()
}

/// The value of a parameter of a media type, without quotation marks.
fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = media_type.split(';').skip(1).map(str::trim);
    let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"'))
}

/// An address without what differs for no reason.
fn bare(uri: &str) -> &str {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or(uri);
    rest.trim_end_matches('/')
}

/// Whether two addresses name the same profile, however they end and whichever way they are fetched.
#[must_use]
pub fn is_same_profile(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// The profiles that are named.
    profiles: Vec<&'a str>,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=").map(str::trim));
        let profiles = parameter(text, "profile").unwrap_or_default().split_ascii_whitespace().collect();
        Some(Self { kind, subtype, profiles, quality: weight.map_or(1000, thousandths) })
    }

    /// How precisely the range names that type in that profile; `None` where it does not. `known` are the profiles that are
    /// offered: another one than these says nothing.
    fn precision(&self, kind: &str, subtype: &str, profile: Option<&str>, known: &[&str]) -> Option<u8> {
        let names = |profile: &str| self.profiles.iter().any(|named| is_same_profile(named, profile));
        if known.iter().any(|profile| names(profile)) {
            let is_named = profile.is_some_and(names) && self.type_precision(kind, subtype).is_some();
            return is_named.then_some(3);
        }
        self.type_precision(kind, subtype)
    }

    fn type_precision(&self, kind: &str, subtype: &str) -> Option<u8> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (named, "*") if named.eq_ignore_ascii_case(kind) => Some(1),
            (named, sub) if named.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => Some(2),
            (_, _) => None,
        }
    }
}

/// The quality that the most precise range gives.
fn quality(ranges: &[Range<'_>], offer: &str, known: &[&str]) -> u16 {
    let bare = offer.split(';').next().unwrap_or_default();
    let Some((kind, subtype)) = bare.split_once('/') else { return 0 };
    let profile = parameter(offer, "profile");
    let fits = ranges.iter().filter_map(|range| Some((range.precision(kind, subtype, profile, known)?, range.quality)));
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
    const PLAIN: &str = "application/ld+json";
    const SHAPED: &str = "application/ld+json;profile=\"https://shape.example/\"";

    #[test]
    fn a_shape_is_for_who_names_it() {
        let offered = &["text/html", PLAIN, SHAPED];
        check("application/ld+json", offered, Some(PLAIN));
        check(SHAPED, offered, Some(SHAPED));
        check(
            "application/ld+json; q=0.9; profile=\"http://other.example http://shape.example\"",
            offered,
            Some(SHAPED),
        );
        check("application/ld+json;profile=\"http://www.w3.org/ns/json-ld#compacted\"", offered, Some(PLAIN));
        check(&format!("{SHAPED};q=0.5, text/html;q=0.8"), offered, Some("text/html"));
        check(&format!("{SHAPED};q=0"), offered, None);
    }
    #[test]
    fn profiles_come_in_the_order_of_their_weights() {
        assert_eq!(profiles("<a:x>;q=0.5, <b:y>, <c:z>; q=0.9, <d:w>;q=0, e"), ["b:y", "c:z", "a:x"]);
    }
    #[test]
    fn a_browser_takes_the_page() {
        check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", OFFERED, Some("text/html"));
    }
}
