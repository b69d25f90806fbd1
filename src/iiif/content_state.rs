//! The Content State API 1.0 (<https://iiif.io/api/content-state/1.0/>): a link to a view of something, as a parameter.
//!
//! Reading and writing are pure and look nothing up: a state is somebody else's text, so its length, its depth and its
//! addresses are bounded here, and where it leads is decided by [`answer`], which asks the archive.

pub mod answer;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;

/// Bytes of a state, as it comes: an address that a browser still sends.
pub const STATE_BYTES_MAX: usize = 8 * 1024;
/// How deep its JSON may be nested: an annotation of a part of a canvas of a manifest in collections has eight levels.
const DEPTH_MAX: usize = 12;
/// Targets of one state: as many views as anybody compares.
const TARGETS_MAX: usize = 8;
/// Bytes of an address in a state.
const ADDRESS_BYTES_MAX: usize = 2048;
/// Characters of a number of a region.
const NUMBER_CHARS_MAX: usize = 12;

/// Why a text is no content state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    /// There is none.
    #[error("there is no content state")]
    Empty,
    /// Longer than any link.
    #[error("a content state has at most {STATE_BYTES_MAX} bytes")]
    TooLong,
    /// Neither an address nor JSON nor what encodes JSON.
    #[error("neither an address that begins with http, nor JSON, nor JSON in base64url")]
    Encoding,
    /// An address that was encoded, which only JSON may be (§6.2).
    #[error("what is encoded must be JSON; an address stands for itself")]
    EncodedAddress,
    /// Not JSON.
    #[error("not an object in JSON")]
    Json,
    /// Too deep.
    #[error("the JSON is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// An annotation that is about something else.
    #[error("the motivation of the annotation is not contentState")]
    Motivation,
    /// Not a kind of thing that can be viewed.
    #[error("a target is an Annotation of a SpecificResource, Manifest, Canvas, Range or Collection")]
    Kind,
    /// No target, or too many.
    #[error("a content state has one target, or up to {TARGETS_MAX}")]
    Targets,
    /// Not an address.
    #[error("an id is an address that begins with http:// or https://, in ASCII, of at most {ADDRESS_BYTES_MAX} bytes")]
    Address,
    /// Not a region.
    #[error("a region is xywh=X,Y,WIDTH,HEIGHT, in pixels or behind percent:, and has an area")]
    Region,
}

/// What kind of thing a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not said: an address alone.
    Unsaid,
    /// A manifest.
    Manifest,
    /// A view.
    Canvas,
    /// A part of the contents.
    Range,
    /// A collection.
    Collection,
}

impl Kind {
    const NAMED: &[(&str, Self)] = &[
        ("Manifest", Self::Manifest),
        ("Canvas", Self::Canvas),
        ("Range", Self::Range),
        ("Collection", Self::Collection),
    ];

    fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, kind)| *kind == self).map(|(name, _)| *name)
    }
}

/// What the numbers of a region count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The canvas's own units.
    Pixel,
    /// Hundredths of the canvas.
    Percent,
}

/// A rectangle of a canvas (Media Fragments 1.0 §4.2.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// What the numbers count.
    pub unit: Unit,
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
    /// Across.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl Region {
    fn parse(text: &str) -> Result<Self, BadState> {
        let (unit, numbers) = match text.split_once(':') {
            None => (Unit::Pixel, text),
            Some(("pixel", rest)) => (Unit::Pixel, rest),
            Some(("percent", rest)) => (Unit::Percent, rest),
            Some(_) => return Err(BadState::Region),
        };
        let numbers: Option<Vec<f64>> = numbers.split(',').map(number).collect();
        match numbers.as_deref() {
            Some(&[x, y, width, height]) if width > 0.0 && height > 0.0 => Ok(Self { unit, x, y, width, height }),
            Some(_) | None => Err(BadState::Region),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let fits = digits && text.len() <= NUMBER_CHARS_MAX && text.starts_with(|first: char| first.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Pixel => "",
            Unit::Percent => "percent:",
        };
        write!(f, "{unit}{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}

/// Something to be viewed.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its address, without a fragment.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The manifest that it is part of, if that is said.
    pub manifest: Option<String>,
    /// The part of it that is meant; nothing for the whole.
    pub region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    part_of: Vec<Whole<'a>>,
}

#[derive(Serialize)]
struct Whole<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Target {
    /// The manifest of that address as a whole.
    #[must_use]
    pub fn manifest(id: String) -> Self {
        Self { id, kind: Kind::Manifest, manifest: None, region: None }
    }

    /// The value of the parameter `iiif-content` of a link: the address alone where that says it all, and what is left
    /// of an annotation (§2.2.3) in content-state encoding where it does not.
    #[must_use]
    pub fn parameter(&self) -> String {
        let Some(kind) = self.kind.name().filter(|_| self.manifest.is_some() || self.region.is_some()) else {
            return self.id.clone();
        };
        let id = match &self.region {
            Some(region) => format!("{}#xywh={region}", self.id),
            None => self.id.clone(),
        };
        let part_of = self.manifest.iter().map(|id| Whole { id, kind: "Manifest" }).collect();
        // Strings alone: this cannot fail, and the address says the most where it did.
        serde_json::to_string(&Written { id, kind, part_of }).map_or_else(|_| self.id.clone(), |json| encoded(&json))
    }
}

/// Content-state encoding (§6.1): what `encodeURIComponent` gives, in base64url without padding.
#[must_use]
pub fn encoded(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() * 2);
    for byte in json.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&fonds_schemas::checksum::hex(&[byte]).to_ascii_uppercase());
        }
    }
    URL_SAFE_NO_PAD.encode(escaped)
}

/// Reads a content state in any of its forms (§2.2, §6): the address of a target; an annotation or its target as JSON;
/// either of these in content-state encoding, or in base64url alone, as many write it.
pub fn decode(text: &str) -> Result<Vec<Target>, BadState> {
    let text = text.trim();
    if text.len() > STATE_BYTES_MAX {
        return Err(BadState::TooLong);
    }
    if text.is_empty() {
        return Err(BadState::Empty);
    }
    if text.starts_with('{') {
        return annotation(text);
    }
    if is_web(text) {
        return Ok(vec![target_of_address(text, Kind::Unsaid)?]);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_not_base64url| BadState::Encoding)?;
    let inner = String::from_utf8(bytes).map_err(|_no_text| BadState::Encoding)?;
    // A brace is always escaped by encodeURIComponent: whoever left it as it is escaped nothing.
    let json = if inner.trim_start().starts_with('{') { inner } else { unescaped(&inner)? };
    let json = json.trim();
    if is_web(json) {
        return Err(BadState::EncodedAddress);
    }
    annotation(json)
}

fn unescaped(text: &str) -> Result<String, BadState> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else { return Err(BadState::Encoding) };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(BadState::Encoding) };
        bytes.push(high << 4 | low);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_no_text| BadState::Encoding)
}

fn annotation(json: &str) -> Result<Vec<Target>, BadState> {
    if depth(json) > DEPTH_MAX {
        return Err(BadState::TooDeep);
    }
    let value: Value = serde_json::from_str(json).map_err(|_bad| BadState::Json)?;
    if !value.is_object() {
        return Err(BadState::Json);
    }
    if value["type"] != "Annotation" {
        return Ok(vec![target(&value)?]);
    }
    let is_state = |motivation: &Value| motivation == "contentState";
    let motivation = &value["motivation"];
    if !is_state(motivation) && !motivation.as_array().is_some_and(|all| all.iter().any(is_state)) {
        return Err(BadState::Motivation);
    }
    match &value["target"] {
        Value::Array(targets) if (1..=TARGETS_MAX).contains(&targets.len()) => targets.iter().map(target).collect(),
        Value::Array(_) | Value::Null => Err(BadState::Targets),
        one => Ok(vec![target(one)?]),
    }
}

/// How deep brackets are nested, outside of strings.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn target(value: &Value) -> Result<Target, BadState> {
    if let Some(address) = value.as_str() {
        return target_of_address(address, Kind::Unsaid);
    }
    if value["type"] == "SpecificResource" {
        // A part of a part is nothing that anybody writes.
        if value["source"]["type"] == "SpecificResource" {
            return Err(BadState::Kind);
        }
        let mut target = target(&value["source"])?;
        let selectors = value["selector"].as_array().map_or(std::slice::from_ref(&value["selector"]), Vec::as_slice);
        for selector in selectors.iter().filter(|selector| selector["type"] == "FragmentSelector") {
            let region = region_of(selector["value"].as_str().unwrap_or_default())?;
            target.region = region.or(target.region);
        }
        return Ok(target);
    }
    let named = Kind::NAMED.iter().find(|(name, _)| value["type"] == *name);
    let kind = named.map(|(_, kind)| *kind).ok_or(BadState::Kind)?;
    let mut target = target_of_address(value["id"].as_str().ok_or(BadState::Address)?, kind)?;
    let wholes = value["partOf"].as_array().map_or(std::slice::from_ref(&value["partOf"]), Vec::as_slice);
    let manifest = wholes.iter().find_map(|whole| match whole {
        Value::String(id) => Some(id.as_str()),
        whole if whole["type"] == "Manifest" => whole["id"].as_str(),
        _ => None,
    });
    target.manifest = manifest.map(address).transpose()?;
    Ok(target)
}

fn target_of_address(text: &str, kind: Kind) -> Result<Target, BadState> {
    let text = address(text)?;
    let (id, fragment) = text.split_once('#').map_or((text.as_str(), ""), |(id, fragment)| (id, fragment));
    Ok(Target { id: id.to_owned(), kind, manifest: None, region: region_of(fragment)? })
}

/// The region that a fragment selects; other dimensions of media (`t=`) are passed over.
fn region_of(fragment: &str) -> Result<Option<Region>, BadState> {
    let value = fragment.split('&').find_map(|pair| pair.strip_prefix("xywh="));
    // A fragment of an address may have its commas and colons escaped.
    value.map(|value| Region::parse(&unescaped(value)?)).transpose()
}

fn is_web(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn address(text: &str) -> Result<String, BadState> {
    let is_uri = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if is_web(text) && text.len() <= ADDRESS_BYTES_MAX && text.bytes().all(is_uri) {
        Ok(text.to_owned())
    } else {
        Err(BadState::Address)
    }
}
