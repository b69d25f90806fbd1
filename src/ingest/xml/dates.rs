//! Dates of records as EDTF (ISO 8601-2, level 0), exactly as precise as they are written.
//!
//! Only what is certain: anything else stays text.

use fonds_schemas::edtf;

/// One date: a year, a month or a day; `18850131` and moments are days.
#[must_use]
pub fn single(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once('T').map_or(text, |(day, _)| day);
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        return single(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
    }
    if edtf::first_day(text).is_some() {
        return Some(text.to_owned());
    }
    // Years of other lengths and before our era; a day that is none stays text.
    let is_year = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    is_year.then(|| edtf::span(text, text)).flatten()
}

/// The span from one date to another.
#[must_use]
pub fn span(start: &str, end: &str) -> Option<String> {
    let (start, end) = (single(start)?, single(end)?);
    let order = |date: &str| {
        let (sign, rest) = date.strip_prefix('-').map_or((1, date), |rest| (-1, rest));
        let mut parts = rest.split('-').map(|part| part.parse::<i64>().unwrap_or(0));
        let year = parts.next().unwrap_or(0) * sign;
        (year, parts.collect::<Vec<_>>())
    };
    if start == end {
        return Some(start);
    }
    let ((from, rest_from), (to, rest_to)) = (order(&start), order(&end));
    // `1900-05/1900` ends no earlier than it begins.
    let shared = rest_from.len().min(rest_to.len());
    let in_order = from < to || (from == to && rest_from[..shared] <= rest_to[..shared]);
    in_order.then(|| format!("{start}/{end}"))
}

/// The date that a text is: one, two with a slash between them, or two years with a dash.
#[must_use]
pub fn of(text: &str) -> Option<String> {
    if let Some(date) = single(text) {
        return Some(date);
    }
    if let Some((start, end)) = text.split_once('/') {
        return span(start, end);
    }
    let (start, end) = text.split_once(['-', '–'])?;
    let (start, end) = (start.trim(), end.trim());
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year(start) && is_year(end) { span(start, end) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, date: Option<&str>) {
        assert_eq!(of(text).as_deref(), date, "{text}");
    }

    #[test]
    fn a_date_is_as_precise_as_it_is_written() {
        check("1885", Some("1885"));
        check("1885-01", Some("1885-01"));
        check("1885-01-01", Some("1885-01-01"));
        check("18850131", Some("1885-01-31"));
        check("1885-01-31T10:00:00Z", Some("1885-01-31"));
        check("800", Some("0800"));
        check("-45", Some("-0045"));
    }
    #[test]
    fn two_dates_are_a_span() {
        check("1932-1990", Some("1932/1990"));
        check("1867/1920", Some("1867/1920"));
        check("18670101/19201231", Some("1867-01-01/1920-12-31"));
        check("1900-05/1900", Some("1900-05/1900"));
        check("1885/1885", Some("1885"));
        check("-0045/0010", Some("-0045/0010"));
    }
    #[test]
    fn anything_else_stays_text() {
        for text in ["", "c. 1885", "1990-1932", "1885-13", "1885-02-30", "um 1900", "/", "1867-99", "20051399"] {
            check(text, None);
        }
    }
}
