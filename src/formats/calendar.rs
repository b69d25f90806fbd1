//! Plain dates of the calendar, for formats that take nothing else.

/// The parts of a date as [`super::said::ends`] gives it: the year with its sign, the month, the day.
fn parts(date: &str) -> Option<(&str, Option<u32>, Option<u32>)> {
    let digits = date.strip_prefix('-').unwrap_or(date);
    let year = date.len() - digits.len() + digits.find('-').unwrap_or(digits.len());
    let mut rest = date.get(year..)?.split('-').skip(1).map(|part| part.parse::<u32>().ok());
    Some((&date[..year], rest.next().flatten(), rest.next().flatten()))
}

/// How many days a month has.
fn days(year: &str, month: u32) -> u32 {
    let year: u32 = year.trim_start_matches('-').parse().unwrap_or_default();
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Whether a date has a month and a day that there is, as far as it has any.
#[must_use]
pub fn is_date(date: &str) -> bool {
    let Some((year, month, day)) = parts(date) else { return false };
    let Some(month) = month else { return true };
    (1..=12).contains(&month) && day.is_none_or(|day| (1..=days(year, month)).contains(&day))
}

/// Whether it is one of a year after Christ: what XML Schema 1.0 and W3C-DTF take.
#[must_use]
pub fn is_common(date: &str) -> bool {
    is_date(date) && !date.starts_with('-') && !date.starts_with("0000")
}

/// The first and the last second of a date, as `xsd:dateTime`.
#[must_use]
pub fn seconds(date: &str) -> Option<[String; 2]> {
    let (year, month, day) = parts(date).filter(|_| is_date(date))?;
    let last = month.unwrap_or(12);
    let begin = (month.unwrap_or(1), day.unwrap_or(1));
    let end = (last, day.unwrap_or_else(|| days(year, last)));
    Some([
        format!("{year}-{:02}-{:02}T00:00:00Z", begin.0, begin.1),
        format!("{year}-{:02}-{:02}T23:59:59Z", end.0, end.1),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for good in ["1906", "1906-05", "1904-02-29", "2000-02-29"] {
            assert!(is_common(good), "{good}");
        }
        for good in ["-0045", "-0045-03-15", "0000"] {
            assert!(is_date(good) && !is_common(good), "{good}");
        }
        for bad in ["1906-02-29", "1900-02-29", "1906-04-31", "1906-00", "1906-13"] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn a_date_has_a_first_and_a_last_second() {
        let check = |date: &str, begin: &str, end: &str| {
            assert_eq!(seconds(date), Some([begin.to_owned(), end.to_owned()]), "{date}");
        };
        check("1650", "1650-01-01T00:00:00Z", "1650-12-31T23:59:59Z");
        check("1904-02", "1904-02-01T00:00:00Z", "1904-02-29T23:59:59Z");
        check("-0045-03-15", "-0045-03-15T00:00:00Z", "-0045-03-15T23:59:59Z");
        assert_eq!(seconds("1906-02-30"), None);
    }
}
