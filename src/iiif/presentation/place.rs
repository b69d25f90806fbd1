//! Where an object belongs on a map: the extension navPlace 1.0, from coordinates that a description has.
//!
//! Only what is certainly a point: `latitude,longitude` in decimal degrees of WGS 84. Anything else stays text.

use fonds_schemas::Object;
use serde::Serialize;
use serde_json::Number;

use crate::iiif::presentation::language::LanguageMap;

/// The JSON-LD context of the extension.
pub const CONTEXT: &str = "http://iiif.io/api/extension/navplace/context.json";
/// Characters of a coordinate: with nine decimal places it names a millimetre's tenth.
const CHARS_MAX: usize = 14;

/// Places on a map (RFC 7946 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureCollection {
    /// Its name.
    pub id: String,
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The places.
    pub features: Vec<Feature>,
}

/// A place on a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Its name.
    pub id: String,
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people read.
    pub properties: Properties,
    /// Where it is.
    pub geometry: Point,
}

/// What is said of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Properties {
    /// What it is called.
    pub label: LanguageMap,
}

/// A point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// `Point`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Longitude and latitude, in this order.
    pub coordinates: [Number; 2],
}

/// The places of an object; `base` is what the names of its parts begin with.
#[must_use]
pub fn of(object: &Object, base: &str) -> Option<FeatureCollection> {
    let points: Vec<Point> = object.values("coordinates").filter_map(|said| point(&said.text)).collect();
    if points.is_empty() {
        return None;
    }
    let named = LanguageMap::first_of_each(object.values("place"));
    let label = if named.is_empty() { super::describe::label(object) } else { named };
    let feature = |(number, geometry): (u32, Point)| Feature {
        id: format!("{base}/place/{number}"),
        kind: "Feature",
        properties: Properties { label: label.clone() },
        geometry,
    };
    let features = (1u32..).zip(points).map(feature).collect();
    Some(FeatureCollection { id: format!("{base}/place"), kind: "FeatureCollection", features })
}

/// Reads a latitude and a longitude in decimal degrees, with a comma between them.
#[must_use]
pub fn point(text: &str) -> Option<Point> {
    let (latitude, longitude) = text.trim().split_once(',')?;
    let (latitude, longitude) = (degrees(latitude.trim_end(), 90.0)?, degrees(longitude.trim_start(), 180.0)?);
    Some(Point { kind: "Point", coordinates: [longitude, latitude] })
}

/// Decimal degrees between `-most` and `most`: a sign, digits, a point and digits, and nothing else.
fn degrees(text: &str, most: f64) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > CHARS_MAX || !digits(whole) || !digits(fraction) {
        return None;
    }
    let degrees: f64 = text.parse().ok()?;
    if degrees.abs() <= most { Number::from_f64(degrees) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, coordinates: Option<[f64; 2]>) {
        let found = point(text).map(|point| point.coordinates.map(|number| number.as_f64().unwrap()));
        assert_eq!(found, coordinates, "{text}");
    }

    #[test]
    fn latitude_comes_first_and_goes_out_last() {
        check("41.9031,12.4663", Some([12.4663, 41.9031]));
        check(" 41.9031, 12.4663 ", Some([12.4663, 41.9031]));
        check("-33,-180", Some([-180.0, -33.0]));
    }
    #[test]
    fn what_is_no_point_on_earth_is_none() {
        for text in
            ["", "41.9", "90.1,0", "0,180.5", "41.9;12.4", "41.9,12.4,5", "41,9,12,4", "nan,0", "inf,0", "1e1,0"]
        {
            check(text, None);
        }
    }
    #[test]
    fn degrees_in_words_or_minutes_are_none() {
        for text in ["41°54'N,12°28'E", "+41.9,12.4", "41.9N,12.4E", "41.,12", ".5,12", "41.90310000000001,12"] {
            check(text, None);
        }
    }
}
