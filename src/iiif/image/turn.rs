//! Turning by any angle: the box grows, the contents keep their size, and the corners are clear (Image API 3.0 §4.3).

use fonds_workers::picture::{Pixels, Sides};

/// Pixels of an answer, and how much of each is there.
pub struct Turned {
    /// The pixels.
    pub pixels: Pixels,
    /// A byte a pixel, 0 where nothing is; absent where everything is.
    pub alpha: Option<Vec<u8>>,
}

impl Turned {
    /// Pixels that are all there.
    #[must_use]
    pub const fn opaque(pixels: Pixels) -> Self {
        Self { pixels, alpha: None }
    }

    /// On black, for formats that know no clear pixels: what other servers give, and validators expect.
    #[must_use]
    pub fn on_black(self) -> Pixels {
        let Some(alpha) = self.alpha else { return self.pixels };
        let mut pixels = self.pixels;
        for (pixel, alpha) in pixels.data.chunks_exact_mut(pixels.channels.count()).zip(alpha) {
            for sample in pixel {
                *sample = u8::try_from(u16::from(*sample) * u16::from(alpha) / 255).unwrap_or(u8::MAX);
            }
        }
        pixels
    }
}

/// The box around an image that is turned by that many degrees.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and too much saturates")]
#[must_use]
pub fn around(sides: Sides, degrees: f64) -> Sides {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (f64::from(sides.width), f64::from(sides.height));
    let across = (width * cos.abs() + height * sin.abs()).round().max(1.0);
    let down = (width * sin.abs() + height * cos.abs()).round().max(1.0);
    Sides::new(across as u32, down as u32)
}

/// Turns clockwise by that many degrees. That the box around it is within the limits was seen to by `resolve`.
#[must_use]
pub fn by_degrees(from: &Pixels, degrees: f64) -> Turned {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (f64::from(from.sides.width), f64::from(from.sides.height));
    let sides = around(from.sides, degrees);
    let (across, down) = (f64::from(sides.width), f64::from(sides.height));
    let count = from.channels.count();
    let mut data = Vec::with_capacity(sides.width as usize * sides.height as usize * count);
    let mut alpha = Vec::with_capacity(sides.width as usize * sides.height as usize);
    for y in 0..sides.height {
        for x in 0..sides.width {
            // Where this pixel was before the turn, from the middle.
            let (right, below) = (f64::from(x) + 0.5 - across / 2.0, f64::from(y) + 0.5 - down / 2.0);
            let at = (right * cos + below * sin + width / 2.0 - 0.5, below * cos - right * sin + height / 2.0 - 0.5);
            alpha.push(blend(from, at, &mut data));
        }
    }
    Turned { pixels: Pixels { sides, channels: from.channels, data }, alpha: Some(alpha) }
}

/// Appends what lies between four pixels, and says how much of that is in the image.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "means of bytes, and places that were found inside"
)]
fn blend(from: &Pixels, (x, y): (f64, f64), data: &mut Vec<u8>) -> u8 {
    let count = from.channels.count();
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let mut sums = [0.0f64; 3];
    let mut there = 0.0f64;
    for (column, row, share) in [
        (left, top, (1.0 - right_share) * (1.0 - lower_share)),
        (left + 1.0, top, right_share * (1.0 - lower_share)),
        (left, top + 1.0, (1.0 - right_share) * lower_share),
        (left + 1.0, top + 1.0, right_share * lower_share),
    ] {
        let inside =
            (0.0..f64::from(from.sides.width)).contains(&column) && (0.0..f64::from(from.sides.height)).contains(&row);
        if inside && share > 0.0 {
            let at = (row as usize * from.sides.width as usize + column as usize) * count;
            for (sum, sample) in sums.iter_mut().zip(&from.data[at..at + count]) {
                *sum += share * f64::from(*sample);
            }
            there += share;
        }
    }
    data.extend(sums[..count].iter().map(|sum| if there > 0.0 { (sum / there).round() as u8 } else { 0 }));
    (there * 255.0).round() as u8
}
