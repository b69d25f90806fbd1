//! What an image request says: `{region}/{size}/{rotation}/{quality}.{format}`, read and nothing more.
//!
//! Image API 3.0 and 2.1.1 §4. Whether an image can give what is asked is decided by `resolve`. Numbers are digits and at most one
//! full stop: no sign, no exponent; their length is checked before they are read.

use crate::iiif::error::Error;

/// Which of the two specifications an address follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// Image API 2.1.1.
    Two,
    /// Image API 3.0.
    Three,
}

/// Characters of one part of the address: the longest sensible one, four percentages, has fewer.
const PART_CHARS_MAX: usize = 128;

/// Which part of the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Region {
    /// All of it.
    Full,
    /// The largest square in the middle.
    Square,
    /// x, y, width, height in pixels.
    Pixels([u32; 4]),
    /// x, y, width, height in per cent of the image's sides.
    Percent([f64; 4]),
}

/// How large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// As large as there is and as the limits allow.
    Max,
    /// This wide.
    Width(u32),
    /// This high.
    Height(u32),
    /// In per cent of the region.
    Percent(f64),
    /// Within this width and height.
    Confined(u32, u32),
    /// Exactly this wide and high.
    Exact(u32, u32),
}

/// Turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// Upright.
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
    /// By so many degrees, more than 0 and less than 360.
    Degrees(f64),
}

/// Mirrored first, then turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotation {
    /// Mirrored at the vertical axis.
    pub mirrored: bool,
    /// Then turned.
    pub turn: Turn,
}

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// As the image is. `color` asks for the same: all the colour there is, which in a gray image is none.
    Default,
    /// Shades of gray.
    Gray,
    /// Black and white.
    Bitonal,
}

/// How written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpg,
    /// PNG.
    Png,
    /// WebP, with loss.
    Webp,
    /// TIFF, not compressed.
    Tif,
    /// GIF of 256 colours.
    Gif,
    /// PDF of one page.
    Pdf,
}

impl Format {
    /// Every format, with its name in addresses and its media type.
    pub const ALL: &[(Self, &'static str, &'static str)] = &[
        (Self::Jpg, "jpg", "image/jpeg"),
        (Self::Png, "png", "image/png"),
        (Self::Webp, "webp", "image/webp"),
        (Self::Tif, "tif", "image/tiff"),
        (Self::Gif, "gif", "image/gif"),
        (Self::Pdf, "pdf", "application/pdf"),
    ];

    /// As addresses spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> (Self, &'static str, &'static str) {
        Self::ALL.iter().copied().find(|(format, ..)| *format == self).unwrap_or(Self::ALL[0])
    }
}

/// One image request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Which part.
    pub region: Region,
    /// How large.
    pub size: Size,
    /// Whether it may be larger than the region (`^`).
    pub upscaled: bool,
    /// Which way up.
    pub rotation: Rotation,
    /// Which colours.
    pub quality: Quality,
    /// How written.
    pub format: Format,
}

impl Request {
    /// Reads the four last parts of an image address, already decoded.
    pub fn parse(
        version: Version,
        region: &str,
        size: &str,
        rotation: &str,
        quality_format: &str,
    ) -> Result<Self, Error> {
        let wrong = |why| Error::syntax("quality and format", quality_format, why);
        let (quality, format) = quality_format.rsplit_once('.').ok_or_else(|| wrong("no full stop and format"))?;
        let region = parse_region(region)?;
        let (size, upscaled) = parse_size(version, size)?;
        let rotation = parse_rotation(rotation)?;
        let quality = parse_quality(quality)?;
        let format = parse_format(format)?;
        Ok(Self { region, size, upscaled, rotation, quality, format })
    }
}

fn parse_region(text: &str) -> Result<Region, Error> {
    let wrong = |why| Error::syntax("region", text, why);
    if text.len() > PART_CHARS_MAX {
        return Err(wrong("too long"));
    }
    match text {
        "full" => return Ok(Region::Full),
        "square" => return Ok(Region::Square),
        _ => {}
    }
    if let Some(numbers) = text.strip_prefix("pct:") {
        return four(numbers, decimal).map(Region::Percent).ok_or_else(|| wrong("pct: wants four numbers"));
    }
    let numbers = four(text, integer).map(Region::Pixels);
    numbers.ok_or_else(|| wrong("neither full nor square nor x,y,w,h nor pct:x,y,w,h"))
}

/// The size, and whether it may be larger than the region.
fn parse_size(version: Version, text: &str) -> Result<(Size, bool), Error> {
    let wrong = |why| Error::syntax("size", text, why);
    if text.len() > PART_CHARS_MAX {
        return Err(wrong("too long"));
    }
    match version {
        Version::Three => {
            let (plain, upscaled) = text.strip_prefix('^').map_or((text, false), |rest| (rest, true));
            let size =
                plain_size(plain).ok_or_else(|| wrong("neither max nor w, nor ,h nor pct:n nor w,h nor !w,h"))?;
            Ok((size, upscaled))
        }
        Version::Two if text == "full" => Ok((Size::Max, false)),
        Version::Two => {
            let size = plain_size(text);
            Ok((size.ok_or_else(|| wrong("neither full nor max nor w, nor ,h nor pct:n nor w,h nor !w,h"))?, false))
        }
    }
}

fn plain_size(text: &str) -> Option<Size> {
    if text == "max" {
        return Some(Size::Max);
    }
    if let Some(number) = text.strip_prefix("pct:") {
        return decimal(number).map(Size::Percent);
    }
    if let Some(sides) = text.strip_prefix('!') {
        let (width, height) = sides.split_once(',')?;
        return Some(Size::Confined(integer(width)?, integer(height)?));
    }
    match text.split_once(',')? {
        (width, "") => integer(width).map(Size::Width),
        ("", height) => integer(height).map(Size::Height),
        (width, height) => Some(Size::Exact(integer(width)?, integer(height)?)),
    }
}

fn parse_rotation(text: &str) -> Result<Rotation, Error> {
    let wrong = |why| Error::syntax("rotation", text, why);
    let (number, mirrored) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
    // The canonical form begins with a zero, and must not be too long itself.
    if text.len() + usize::from(number.starts_with('.')) > PART_CHARS_MAX {
        return Err(wrong("too long"));
    }
    let degrees = decimal(number).ok_or_else(|| wrong("neither a number nor ! and a number"))?;
    if degrees > 360.0 {
        return Err(wrong("more than 360 degrees"));
    }
    let quarters = [(0.0f64, Turn::None), (90.0, Turn::Quarter), (180.0, Turn::Half), (270.0, Turn::ThreeQuarters)];
    let quarter = quarters.into_iter().find(|(quarter, _)| (degrees % 360.0).to_bits() == quarter.to_bits());
    Ok(Rotation { mirrored, turn: quarter.map_or(Turn::Degrees(degrees), |(_, turn)| turn) })
}

fn parse_quality(text: &str) -> Result<Quality, Error> {
    match text {
        "default" | "color" => Ok(Quality::Default),
        "gray" => Ok(Quality::Gray),
        "bitonal" => Ok(Quality::Bitonal),
        _ => Err(Error::syntax("quality", text, "neither default nor color nor gray nor bitonal")),
    }
}

fn parse_format(text: &str) -> Result<Format, Error> {
    let known = Format::ALL.iter().find(|(_, name, _)| *name == text);
    known.map(|(format, ..)| *format).ok_or_else(|| Error::syntax("format", text, "not one of those in info.json"))
}

fn four<T>(text: &str, read: fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let numbers: Vec<T> = text.splitn(5, ',').map(read).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Digits only. More than fits is the largest that fits: no image has such a side, so it means the same.
fn integer(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let add = |value: u32, byte: u8| value.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
    Some(text.bytes().fold(0, add))
}

/// Digits, and optionally a full stop and more digits.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let ok = digits(whole) && digits(fraction) && !fraction.is_empty() && (text.contains('.') || !whole.is_empty());
    if ok { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Result<Request, u16> {
        let parts: Vec<&str> = path.split('/').collect();
        Request::parse(Version::Three, parts[0], parts[1], parts[2], parts[3]).map_err(|error| error.status().as_u16())
    }

    fn check_refused(path: &str, status: u16) {
        assert_eq!(read(path), Err(status), "{path}");
    }

    #[test]
    fn every_part_is_read() {
        let request = read("pct:10,20.5,30,.5/!200,300/!90.0/gray.png").unwrap();
        assert_eq!(request.region, Region::Percent([10.0, 20.5, 30.0, 0.5]));
        assert_eq!(request.size, Size::Confined(200, 300));
        assert_eq!(request.rotation, Rotation { mirrored: true, turn: Turn::Quarter });
        assert_eq!((request.quality, request.format), (Quality::Gray, Format::Png));
    }
    #[test]
    fn a_full_turn_is_none() {
        assert_eq!(read("full/max/360/default.jpg").unwrap().rotation.turn, Turn::None);
    }
    #[test]
    fn a_number_beyond_all_images_is_still_a_number() {
        let request = read("0,0,99999999999999999999999,5/max/0/color.jpg").unwrap();
        assert_eq!(request.region, Region::Pixels([0, 0, u32::MAX, 5]));
    }
    #[test]
    fn what_the_specification_does_not_write_is_refused() {
        for path in [
            "Full/max/0/default.jpg",
            "0,0,10/max/0/default.jpg",
            "0,0,10,10,10/max/0/default.jpg",
            "-1,0,10,10/max/0/default.jpg",
            "+1,0,10,10/max/0/default.jpg",
            "0.5,0,10,10/max/0/default.jpg",
            "pct:0,0,1e1,10/max/0/default.jpg",
            "pct:0,0,NaN,10/max/0/default.jpg",
            "pct:0,0,inf,10/max/0/default.jpg",
            "0, 0,10,10/max/0/default.jpg",
            "full/full/0/default.jpg",
            "full/10/0/default.jpg",
            "full/,/0/default.jpg",
            "full//0/default.jpg",
            "full/!10,/0/default.jpg",
            "full/10.5,/0/default.jpg",
            "full/pct:/0/default.jpg",
            "full/pct:5./0/default.jpg",
            "full/^full/0/default.jpg",
            "full/^^max/0/default.jpg",
            "full/max/361/default.jpg",
            "full/max/-90/default.jpg",
            "full/max/+90/default.jpg",
            "full/max/!/default.jpg",
            "full/max//default.jpg",
            "full/max/./default.jpg",
            "full/max/0/native.jpg",
            "full/max/0/grey.jpg",
            "full/max/0/default.xyz",
            "full/max/0/default",
            "full/max/0/.jpg",
            "full/max/0/default.jpg.jpg",
        ] {
            check_refused(path, 400);
        }
    }
    #[test]
    fn scaling_up_is_asked_for_by_name() {
        for (size, read_as) in
            [("^max", Size::Max), ("^!400,300", Size::Confined(400, 300)), ("^,400", Size::Height(400))]
        {
            let request = read(&format!("full/{size}/0/default.jpg")).unwrap();
            assert_eq!((request.size, request.upscaled), (read_as, true), "{size}");
        }
    }
    #[test]
    fn any_angle_is_read_and_right_ones_are_known() {
        let turn = |degrees: &str| read(&format!("full/max/{degrees}/default.png")).unwrap().rotation.turn;
        assert_eq!(
            (turn("45"), turn("0.5"), turn("359.99")),
            (Turn::Degrees(45.0), Turn::Degrees(0.5), Turn::Degrees(359.99))
        );
        assert_eq!((turn("180"), turn("270.0"), turn("360.0")), (Turn::Half, Turn::ThreeQuarters, Turn::None));
    }
    #[test]
    fn version_2_says_full_and_knows_no_scaling_up_by_name() {
        let read =
            |size| Request::parse(Version::Two, "full", size, "0", "default.jpg").map_err(|error| error.status());
        assert_eq!(read("full").unwrap().size, Size::Max);
        assert_eq!(read("max").unwrap().size, Size::Max);
        assert_eq!(read("^max").unwrap_err(), 400);
    }
    #[test]
    fn a_part_without_end_is_refused_before_it_is_read() {
        check_refused(&format!("{}/max/0/default.jpg", "1".repeat(100_000)), 400);
        check_refused(&format!("full/max/{}/default.jpg", "1".repeat(100_000)), 400);
    }
    #[test]
    fn an_angle_is_refused_whose_canonical_form_would_be() {
        let nearly_nothing = format!(".{}1", "0".repeat(125));
        assert!(read(&format!("full/max/{nearly_nothing}/default.png")).is_ok());
        check_refused(&format!("full/max/!{nearly_nothing}/default.png"), 400);
    }
}
