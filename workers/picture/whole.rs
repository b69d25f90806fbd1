//! A picture that was decoded at once: handed out row by row, upright, without a second copy of it.

use image::metadata::Orientation;

use super::colour::Colour;
use super::{BadPicture, Channels, ReadyTiles, Rows, Sides, fits};

/// Samples as they lie in the file, and how to look at them.
pub(super) struct Whole {
    lying: Sides,
    samples: Vec<u8>,
    orientation: Orientation,
    colour: Colour,
    next: u32,
    row: Vec<u8>,
}

impl Whole {
    /// `lying` are the sides as they lie in the file.
    pub(super) fn new(lying: Sides, samples: Vec<u8>, orientation: Orientation, colour: Colour) -> Self {
        Self { lying, samples, orientation, colour, next: 0, row: Vec::new() }
    }

    /// Reads what lies in rows in the file and must be seen otherwise.
    fn of(lying: &mut dyn Lying, colour: Colour, orientation: Orientation) -> Result<Self, BadPicture> {
        let sides = lying.sides();
        let bytes = fits("the picture, which must be turned", sides, colour.samples().count() as u64)?;
        let mut samples = Vec::with_capacity(bytes);
        for _ in 0..sides.height {
            lying.row(&mut samples)?;
        }
        Ok(Self::new(sides, samples, orientation, colour))
    }

    /// Fills `row` with the samples of an upright row.
    fn gather(&mut self, y: usize) {
        let count = self.colour.samples().count();
        let (width, height) = (self.lying.width as usize, self.lying.height as usize);
        let samples = &self.samples;
        let pixel = |x: usize, y: usize| {
            let at = (y * width + x) * count;
            &samples[at..at + count]
        };
        let row = &mut self.row;
        row.clear();
        match self.orientation {
            Orientation::NoTransforms => row.extend_from_slice(&samples[y * width * count..(y + 1) * width * count]),
            Orientation::FlipHorizontal => (0..width).rev().for_each(|x| row.extend_from_slice(pixel(x, y))),
            Orientation::Rotate180 => (0..width).rev().for_each(|x| row.extend_from_slice(pixel(x, height - 1 - y))),
            Orientation::FlipVertical => (0..width).for_each(|x| row.extend_from_slice(pixel(x, height - 1 - y))),
            Orientation::Rotate90FlipH => (0..height).for_each(|x| row.extend_from_slice(pixel(y, x))),
            Orientation::Rotate90 => (0..height).rev().for_each(|x| row.extend_from_slice(pixel(y, x))),
            Orientation::Rotate270FlipH => {
                (0..height).rev().for_each(|x| row.extend_from_slice(pixel(width - 1 - y, x)));
            }
            Orientation::Rotate270 => (0..height).for_each(|x| row.extend_from_slice(pixel(width - 1 - y, x))),
        }
    }
}

impl Rows for Whole {
    fn sides(&self) -> Sides {
        if swaps_sides(self.orientation) { self.lying.turned() } else { self.lying }
    }

    fn channels(&self) -> Channels {
        self.colour.samples().channels()
    }

    fn read(&mut self, most: u32, into: &mut Vec<u8>) -> Result<u32, BadPicture> {
        let rows = most.min(self.sides().height.saturating_sub(self.next));
        for _ in 0..rows {
            self.gather(self.next as usize);
            self.colour.convert(&self.row, into);
            self.next += 1;
        }
        Ok(rows)
    }
}

/// Rows of samples as they lie in a file.
pub(super) trait Lying {
    /// How large the picture lies there.
    fn sides(&self) -> Sides;
    /// Appends the samples of the next row.
    fn row(&mut self, into: &mut Vec<u8>) -> Result<(), BadPicture>;
    /// The tiles that are ready there, if the samples are looked at as they lie.
    fn ready(&mut self) -> Option<&mut dyn ReadyTiles> {
        None
    }
}

/// Rows that lie in a file as they are seen.
struct Flowing<T> {
    lying: T,
    colour: Colour,
    row: Vec<u8>,
    done: u32,
}

/// Rows as they are seen: as they come where nothing must be turned, else out of all of them.
pub(super) fn upright<'a, T: Lying + 'a>(
    mut lying: T,
    colour: Colour,
    orientation: Orientation,
) -> Result<Box<dyn Rows + 'a>, BadPicture> {
    if orientation == Orientation::NoTransforms {
        return Ok(Box::new(Flowing { lying, colour, row: Vec::new(), done: 0 }));
    }
    Ok(Box::new(Whole::of(&mut lying, colour, orientation)?))
}

impl<T: Lying> Rows for Flowing<T> {
    fn sides(&self) -> Sides {
        self.lying.sides()
    }

    fn channels(&self) -> Channels {
        self.colour.samples().channels()
    }

    fn read(&mut self, most: u32, into: &mut Vec<u8>) -> Result<u32, BadPicture> {
        let rows = most.min(self.sides().height.saturating_sub(self.done));
        for _ in 0..rows {
            self.row.clear();
            self.lying.row(&mut self.row)?;
            self.colour.convert(&self.row, into);
        }
        self.done += rows;
        Ok(rows)
    }

    fn ready(&mut self) -> Option<&mut dyn ReadyTiles> {
        if self.colour.keeps_samples() { self.lying.ready() } else { None }
    }
}

/// Which way up, given what the file asks for and how large it is as it lies and as it was recorded.
pub(super) fn believed(asked: Orientation, lying: Sides, recorded: Sides) -> Result<Orientation, BadPicture> {
    match asked {
        turning if swaps_sides(turning) && lying.turned() == recorded => Ok(turning),
        keeping if !swaps_sides(keeping) && lying == recorded => Ok(keeping),
        // Recorded as it lies: whoever recorded it did not believe in the orientation.
        _ if lying == recorded => Ok(Orientation::NoTransforms),
        _ => Err(BadPicture::OtherSides { found: lying, recorded }),
    }
}

fn swaps_sides(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            true
        }
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}
