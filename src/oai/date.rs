//! Datestamps (OAI-PMH 2.0 §3.3): UTC, in days or in seconds.

use chrono::NaiveDate;

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

/// A date as a harvester gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    /// The second at which a day begins, since 1970.
    Day(i64),
    /// A second since 1970.
    Second(i64),
}

impl Date {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ssZ`; nothing else that ISO 8601 allows, and no day that does not exist.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.len() {
            10 => day(text).map(Self::Day),
            20 => {
                let (date, time) = text.split_at_checked(10)?;
                let time = time.strip_prefix('T')?.strip_suffix('Z')?;
                let clock = [number(time, 0, 2, 23)?, number(time, 3, 2, 59)?, number(time, 6, 2, 59)?];
                let colons = time.as_bytes().get(2) == Some(&b':') && time.as_bytes().get(5) == Some(&b':');
                let seconds = i64::from(clock[0]) * 3600 + i64::from(clock[1]) * 60 + i64::from(clock[2]);
                if colons { Some(Self::Second(day(date)? + seconds)) } else { None }
            }
            _ => None,
        }
    }

    /// The first second that it means.
    pub(super) const fn first_second(self) -> i64 {
        match self {
            Self::Day(second) | Self::Second(second) => second,
        }
    }

    /// The last second that it means.
    pub(super) const fn last_second(self) -> i64 {
        match self {
            Self::Day(second) => second + DAY_SECONDS - 1,
            Self::Second(second) => second,
        }
    }

    /// Whether both are days, or both are seconds.
    pub(super) const fn is_as_fine_as(self, other: Self) -> bool {
        matches!((self, other), (Self::Day(_), Self::Day(_)) | (Self::Second(_), Self::Second(_)))
    }
}

fn number(text: &str, at: usize, digits: usize, max: u32) -> Option<u32> {
    let text = text.get(at..at + digits)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| digits && *value <= max)
}

fn day(text: &str) -> Option<i64> {
    let hyphens = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    let year = i32::try_from(number(text, 0, 4, 9999)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(text, 5, 2, 12)?, number(text, 8, 2, 31)?).filter(|_| hyphens)?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, date: Option<Date>) {
        assert_eq!(Date::parse(text), date, "{text}");
    }

    #[test]
    fn a_day_is_read() {
        check("1970-01-02", Some(Date::Day(86_400)));
    }
    #[test]
    fn a_second_is_read() {
        check("1970-01-02T00:00:01Z", Some(Date::Second(86_401)));
    }
    #[test]
    fn a_day_lasts_until_its_last_second() {
        assert_eq!(Date::Day(0).last_second(), 86_399);
    }
    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "2020-02-30",
            "2020-13-01",
            "2021-02-29",
            "2020-01-01T00:00:00.5Z",
            "2020-01-01T00:00:00+01:00",
            "2020-01-01T00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:60Z",
            "2020-01-01T00-00-00Z",
            "2020-01-01 00:00:00Z",
            "2020-01-01T00:00:00z",
            "2020/01/01",
            "20200101",
            "2020-1-1",
            "+020-01-01",
            "2020-01-0é",
            "2020",
            "",
        ] {
            check(text, None);
        }
    }
}
