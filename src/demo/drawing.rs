//! Pictures made by arithmetic: jars, maps, tiles, weaves and pages, the same ones on every machine.
//!
//! Only additions, products and square roots, which every processor rounds alike; no sines.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "colours and pixels go between integers and fractions, always inside 0..=255 and the sides of a picture; \
              coordinates have the names that geometry gives them"
)]

use image::{Rgb, RgbImage};

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motif {
    /// A white jar on a dark table, lit from the side that the number says (0 left to 100 right).
    Jar(u32),
    /// An island with heights and a net of lines.
    Map,
    /// Interlaced tiles.
    Tiles,
    /// Warp and weft.
    Weave,
    /// A page of strokes in columns, from top to bottom.
    Columns,
    /// A page of strokes in lines.
    Lines,
}

type Colour = [f64; 3];

/// Draws a motif; the same numbers give the same picture.
#[must_use]
pub fn draw(motif: Motif, width: u32, height: u32, seed: u32) -> RgbImage {
    let paint: Box<dyn Fn(f64, f64) -> Colour> = match motif {
        Motif::Jar(light) => Box::new(move |x, y| jar(x, y, f64::from(light) / 100.0, seed)),
        Motif::Map => Box::new(move |x, y| map(x, y, seed)),
        Motif::Tiles => Box::new(move |x, y| tiles(x, y, seed)),
        Motif::Weave => Box::new(move |x, y| weave(x, y, seed)),
        Motif::Columns => Box::new(move |x, y| strokes(y, 1.0 - x, seed)),
        Motif::Lines => Box::new(move |x, y| strokes(x, y, seed)),
    };
    let side = f64::from(width.max(height));
    RgbImage::from_fn(width, height, |x, y| {
        let colour = paint(f64::from(x) / side, f64::from(y) / side);
        Rgb(colour.map(|part| (part.clamp(0.0, 1.0) * 255.0) as u8))
    })
}

/// A number in 0..1 that follows from a place of a grid.
fn grain(x: i64, y: i64, seed: u32) -> f64 {
    let mut hash = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    hash ^= u64::from(seed).wrapping_mul(0x1656_67b1_9e37_79f9);
    hash = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((hash ^ (hash >> 31)) >> 40) as f64 / (1u64 << 24) as f64
}

fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

fn blend(a: Colour, b: Colour, t: f64) -> Colour {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

/// Soft hills: values of a grid, smoothed between its places.
fn hills(x: f64, y: f64, seed: u32) -> f64 {
    let (left, top) = (x.floor(), y.floor());
    let (i, j) = (left as i64, top as i64);
    let (s, t) = (smooth(x - left), smooth(y - top));
    let upper = mix(grain(i, j, seed), grain(i + 1, j, seed), s);
    let lower = mix(grain(i, j + 1, seed), grain(i + 1, j + 1, seed), s);
    mix(upper, lower, t)
}

fn rough(x: f64, y: f64, seed: u32) -> f64 {
    let octaves = [(3.0, 0.5), (7.0, 0.25), (17.0, 0.15), (41.0, 0.1)];
    (0u32..).zip(octaves).map(|(n, (scale, weight))| hills(x * scale, y * scale, seed + n) * weight).sum()
}

fn jar(x: f64, y: f64, light: f64, seed: u32) -> Colour {
    let table = blend([0.16, 0.14, 0.13], [0.28, 0.25, 0.22], smooth((y - 0.72) * 8.0));
    // A jar thrown in two halves: a circle a little wider than high, between a neck and a foot.
    let (dx, dy) = ((x - 0.4) / 0.31, (y - 0.5) / 0.29);
    let lean = 0.02 * (hills(y * 4.0, 0.0, seed) - 0.5);
    let radius = ((dx + lean) * (dx + lean) + dy * dy).sqrt();
    let neck = (x - 0.4).abs() < 0.105 && (0.19..0.24).contains(&y);
    let foot = (x - 0.4).abs() < 0.1 && (0.76..0.8).contains(&y);
    if radius > 1.0 && !neck && !foot {
        let shadow = smooth(1.2 - ((x - 0.45) * 3.0).abs() - ((y - 0.8) * 16.0).abs());
        return blend(table, [0.05, 0.05, 0.05], shadow * 0.8);
    }
    let depth = (1.0 - radius.min(1.0) * radius.min(1.0)).sqrt();
    let side = dx * (light * 2.0 - 1.0);
    let shade = 0.42 + 0.4 * depth + 0.3 * side - 0.12 * dy;
    let glaze = (rough(x * 2.0, y * 2.0, seed) - 0.5) * 0.12;
    let seam = if dy.abs() < 0.012 { -0.04 } else { 0.0 };
    let white = shade + glaze + seam;
    [white, white * 0.985, white * 0.94]
}

fn map(x: f64, y: f64, seed: u32) -> Colour {
    let (dx, dy) = (x - 0.5, y - 0.34);
    let height = rough(x * 2.0, y * 2.0, seed) - 1.6 * (dx * dx + 1.6 * dy * dy) - 0.22;
    let line = (x * 12.0).fract().min((y * 12.0).fract()) < 0.012;
    let contour = (height * 22.0).fract().abs() < 0.06;
    let paper = 0.03 * (rough(x * 9.0, y * 9.0, seed + 9) - 0.5);
    let mut colour = if height < 0.0 {
        blend([0.62, 0.74, 0.78], [0.8, 0.87, 0.86], smooth(1.0 + height * 6.0))
    } else {
        blend([0.87, 0.84, 0.66], [0.66, 0.5, 0.34], smooth(height * 4.0))
    };
    if height.abs() < 0.004 || (contour && height > 0.0) {
        colour = blend(colour, [0.25, 0.18, 0.12], 0.6);
    }
    if line {
        colour = blend(colour, [0.3, 0.25, 0.2], 0.35);
    }
    colour.map(|part| part + paper)
}

fn tiles(x: f64, y: f64, seed: u32) -> Colour {
    const COLOURS: [Colour; 4] = [[0.1, 0.3, 0.45], [0.12, 0.45, 0.38], [0.78, 0.6, 0.25], [0.9, 0.88, 0.82]];
    let (u, v) = (x * 10.0, y * 10.0);
    let (i, j) = (u.floor() as i64, v.floor() as i64);
    let (a, b) = ((u.fract() - 0.5).abs(), (v.fract() - 0.5).abs());
    // A square and the same one turned by an eighth make the star.
    let star = a.max(b).min((a + b) * std::f64::consts::FRAC_1_SQRT_2);
    let ring = if star < 0.2 {
        2
    } else if star < 0.31 {
        3
    } else {
        0
    };
    let turn = if ring == 0 { usize::from(grain(i / 2, j / 2, seed) > 0.5) } else { ring };
    let grout = (star - 0.31).abs() < 0.012 || (star - 0.2).abs() < 0.01 || a > 0.488 || b > 0.488;
    let worn = 0.12 * (rough(x * 6.0, y * 6.0, seed) - 0.5);
    let colour = if grout { [0.82, 0.79, 0.74] } else { COLOURS[turn] };
    colour.map(|part| part + worn)
}

fn weave(x: f64, y: f64, seed: u32) -> Colour {
    let (u, v) = (x * 140.0, y * 140.0);
    let (i, j) = (u.floor() as i64, v.floor() as i64);
    let (s, t) = (u.fract() - 0.5, v.fract() - 0.5);
    let over = (i + 2 * j).rem_euclid(5) < 3;
    let round = if over { 1.0 - 2.4 * s * s } else { 1.0 - 2.4 * t * t };
    let stripe = grain(i / 9, 0, seed);
    let warp = blend([0.5, 0.12, 0.14], [0.75, 0.55, 0.2], smooth(stripe * 2.0 - 0.5));
    let weft = [0.14, 0.16, 0.3];
    let thread = if over { warp } else { weft };
    let grey = round * (0.85 + 0.3 * (grain(i, j, seed) - 0.5));
    thread.map(|part| part * grey)
}

/// Signs of an invented hand: each a few straight strokes in a cell, `along` the line and `across` the lines.
fn strokes(along: f64, across: f64, seed: u32) -> Colour {
    let age = 0.08 * (rough(along * 3.0, across * 3.0, seed) - 0.5);
    let paper: Colour = [0.93 + age, 0.89 + age, 0.79 + age];
    if !(0.08..0.92).contains(&along) || !(0.06..0.62).contains(&across) {
        return paper;
    }
    let (u, v) = (along * 34.0, across * 26.0);
    let (i, j) = (u.floor() as i64, v.floor() as i64);
    // Some cells stay empty: words end, lines end.
    if grain(i, j, seed) < 0.14 || j % 2 == 0 && grain(0, j, seed) < f64::from(i as i32 - 20) / 14.0 {
        return paper;
    }
    let (s, t) = (u.fract(), v.fract());
    let mut ink = 0.0f64;
    for stroke in 0..4 {
        let at = |n: i64| 0.16 + 0.68 * grain(i * 8 + n, j * 8 + stroke, seed);
        ink = ink.max(stroke_ink((s, t), (at(1), at(2)), (at(3), at(4))));
    }
    blend(paper, [0.13, 0.1, 0.09], ink)
}

/// How dark a stroke from `a` to `b` is at `p`; it is thicker where it begins.
fn stroke_ink(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).max(1e-6);
    let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0);
    let (ex, ey) = (p.0 - a.0 - t * dx, p.1 - a.1 - t * dy);
    let distance = (ex * ex + ey * ey).sqrt();
    smooth((0.075 - 0.04 * t - distance) * 30.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_picture() {
        let draw = || draw(Motif::Jar(30), 40, 50, 7).into_raw();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn no_motif_is_one_colour() {
        for motif in [Motif::Jar(50), Motif::Map, Motif::Tiles, Motif::Weave, Motif::Columns, Motif::Lines] {
            let picture = draw(motif, 120, 150, 1);
            assert!(picture.pixels().any(|pixel| pixel != picture.get_pixel(0, 0)), "{motif:?}");
        }
    }
}
