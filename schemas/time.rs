//! Moments in UTC to the microsecond, which is what PostgreSQL keeps.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The years that RFC 3339 can write, 0000 to 9999, in microseconds since 1970. What is outside could be written,
/// but not be read again.
const WRITABLE: (i64, i64) = (-62_167_219_200_000_000, 253_402_300_799_999_999);

/// A moment, in microseconds since 1970-01-01T00:00:00Z. Written with exactly six decimals and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date and time of RFC 3339, such as 2026-11-21T10:00:00Z")]
pub struct BadTimestamp(pub String);

impl Timestamp {
    /// The moment that many microseconds after 1970 began.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 began.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 began, rounded down: the granularity of OAI-PMH.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with any offset; finer than a microsecond is cut. An offset may not lead out of the years that can
    /// be written.
    pub fn parse(text: &str) -> Result<Self, BadTimestamp> {
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_not_rfc_3339| BadTimestamp(text.to_owned()))?;
        let micros = moment.timestamp_micros();
        if (WRITABLE.0..=WRITABLE.1).contains(&micros) { Ok(Self(micros)) } else { Err(BadTimestamp(text.to_owned())) }
    }

    /// `2026-11-21T10:00:00Z`: whole seconds, as OAI-PMH and HTTP want them.
    #[must_use]
    pub fn to_seconds_string(self) -> String {
        self.datetime().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The same moment as a `chrono` value; a moment outside its range is the epoch.
    #[must_use]
    pub fn datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.datetime().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_six_decimals() {
        assert_eq!(Timestamp::from_micros(1).to_string(), "1970-01-01T00:00:00.000001Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for micros in [WRITABLE.0, -1, 0, WRITABLE.1] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment), "{micros}");
        }
    }

    #[test]
    fn an_offset_does_not_lead_out_of_the_years_that_can_be_written() {
        for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00"] {
            assert_eq!(Timestamp::parse(text), Err(BadTimestamp(text.to_owned())));
        }
    }

    #[test]
    fn an_offset_is_brought_to_utc() {
        let moment = Timestamp::parse("2026-11-21T10:00:00+01:00").unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T09:00:00.000000Z");
    }
}
