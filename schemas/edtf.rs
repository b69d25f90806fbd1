//! Dates as EDTF (ISO 8601-2, level 0): spans made from two columns of a table, and the day that a date begins with.
//!
//! Only what is certain: anything else stays text.

/// The span from `start` to `end`, each a year (`1885`, `-45`) or a day (`1855-01-01`). The first of January is how
/// databases write a year, so a span between two such days is one of years. `None` where either is something else
/// or the end comes first.
#[must_use]
pub fn span(start: &str, end: &str) -> Option<String> {
    let (start, end) = (Date::read(start)?, Date::read(end)?);
    if end < start {
        return None;
    }
    let years = start.is_new_year() && end.is_new_year();
    let (start, end) = (start.written(years), end.written(years));
    Some(if start == end { start } else { format!("{start}/{end}") })
}

/// The first day of what an EDTF value names, as `YYYY-MM-DD`, if that is one day, one month or one year from 1 to 9999:
/// `1906-01-01` of `1906`. Spans, seasons, and what is uncertain or unspecified name none.
#[must_use]
pub fn first_day(edtf: &str) -> Option<String> {
    let (year, rest) = edtf.split_at_checked(4)?;
    let part = |text: &str| (text.len() == 2).then(|| number(text, 2)).flatten();
    let (month, day) = match (rest.strip_prefix('-'), rest) {
        (None, "") => (1, 1),
        (None, _) => return None,
        (Some(rest), _) => match rest.split_once('-') {
            None => (part(rest)?, 1),
            Some((month, day)) => (part(month)?, part(day)?),
        },
    };
    let year = i32::try_from(number(year, 4)?).ok().filter(|year| *year > 0)?;
    let day = chrono::NaiveDate::from_ymd_opt(year, month, day)?;
    Some(day.format("%Y-%m-%d").to_string())
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: i32,
    /// Month and day, unless only the year is said.
    day: Option<(u8, u8)>,
}

impl Date {
    fn read(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut parts = digits.split('-');
        let year = number(parts.next()?, 4)?;
        let year = i32::try_from(year).ok()?;
        let year = if negative { -year } else { year };
        let day = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => None,
            (Some(month), Some(day), None) if month.len() == 2 && day.len() == 2 => {
                let (month, day) = (number(month, 2)?, number(day, 2)?);
                let days = chrono::NaiveDate::from_ymd_opt(year, month, day)?;
                let (month, day) = (chrono::Datelike::month(&days), chrono::Datelike::day(&days));
                Some((u8::try_from(month).ok()?, u8::try_from(day).ok()?))
            }
            _ => return None,
        };
        Some(Self { year, day })
    }

    fn is_new_year(self) -> bool {
        matches!(self.day, None | Some((1, 1)))
    }

    fn written(self, years: bool) -> String {
        let sign = if self.year < 0 { "-" } else { "" };
        let year = format!("{sign}{:04}", self.year.unsigned_abs());
        match self.day {
            Some((month, day)) if !years => format!("{year}-{month:02}-{day:02}"),
            Some(_) | None => year,
        }
    }
}

fn number(text: &str, digits_max: usize) -> Option<u32> {
    let fits = (1..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(start: &str, end: &str, written: Option<&str>) {
        assert_eq!(span(start, end).as_deref(), written, "{start} to {end}");
    }

    #[test]
    fn one_year_is_one_year() {
        check("1885", "1885", Some("1885"));
    }
    #[test]
    fn two_years_are_a_span() {
        check("1885", "1890", Some("1885/1890"));
    }
    #[test]
    fn new_years_days_are_years() {
        check("1855-01-01", "1865-01-01", Some("1855/1865"));
    }
    #[test]
    fn other_days_are_days() {
        check("1855-01-01", "1855-03-02", Some("1855-01-01/1855-03-02"));
    }
    #[test]
    fn early_years_have_four_digits() {
        check("79", "79", Some("0079"));
        check("-45", "-44", Some("-0045/-0044"));
    }
    #[test]
    fn what_is_no_date_stays_text() {
        check("c. 1885", "1890", None);
        check("1885-13-01", "1885-13-01", None);
        check("12345", "12345", None);
    }
    #[test]
    fn a_year_a_month_and_a_day_have_a_first_day() {
        for (edtf, day) in [("1906", "1906-01-01"), ("1906-05", "1906-05-01"), ("1908-02-29", "1908-02-29")] {
            assert_eq!(first_day(edtf).as_deref(), Some(day), "{edtf}");
        }
    }
    #[test]
    fn what_is_a_span_or_unsure_has_no_first_day() {
        for edtf in [
            "",
            "190",
            "0000",
            "-0045",
            "1906?",
            "1906~",
            "190X",
            "1906/1908",
            "1906-21",
            "1907-02-29",
            "1906-5",
            "1906-05-1",
            "1906-",
            "1906-05-",
            "Y19060",
            "19060",
            "1906-05-01T10:00:00Z",
            "abcd",
            "+906",
            "１９０６",
        ] {
            assert_eq!(first_day(edtf), None, "{edtf}");
        }
    }
    #[test]
    fn an_end_before_the_start_stays_text() {
        check("1890", "1885", None);
    }
}
