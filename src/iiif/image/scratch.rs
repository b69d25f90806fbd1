//! Memory that a thread keeps between answers: clearing and mapping a few megabytes for each took a tenth of the time.

use std::cell::{Cell, RefCell};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use fonds_workers::picture::{Channels, Pixels, Sides};

use crate::iiif::error::Error;

/// Bytes that a thread keeps of each kind; what is larger is given back. The tiles of a screen fit.
const KEPT_BYTES_MAX: usize = 16 << 20;

thread_local! {
    static PIXELS: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// Pixels to be filled, all of them: what they hold now are those of another image.
pub(super) fn pixels(sides: Sides, channels: Channels) -> Pixels {
    let mut data = PIXELS.take();
    data.resize(sides.width as usize * sides.height as usize * channels.count(), 0);
    Pixels { sides, channels, data }
}

/// Keeps the memory of pixels that are not needed any more.
pub(super) fn keep(pixels: Pixels) {
    if pixels.data.capacity() <= KEPT_BYTES_MAX {
        PIXELS.set(pixels.data);
    }
}

/// A part of an image (left, top, width, height) at another size.
pub(super) fn resize(from: &Pixels, part: (f64, f64, f64, f64), size: Sides) -> Result<Pixels, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Render(error.to_string());
    let kind = match from.channels {
        Channels::Gray => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let source =
        ImageRef::new(from.sides.width, from.sides.height, &from.data, kind).map_err(|error| failed(&error))?;
    let mut target = Image::new(size.width, size.height, kind);
    let (left, top, width, height) = part;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(left, top, width, height);
    RESIZER.with_borrow_mut(|resizer| {
        let done = resizer.resize(&source, &mut target, &options);
        if resizer.size_of_internal_buffers() > KEPT_BYTES_MAX {
            resizer.reset_internal_buffers();
        }
        done.map_err(|error| failed(&error))
    })?;
    Ok(Pixels { sides: size, channels: from.channels, data: target.into_vec() })
}
