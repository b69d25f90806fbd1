//! Writes the seeds of all targets: small files of every kind, made here.
//!
//!     seeds FOLDER

use std::io::Cursor;
use std::path::Path;
use std::{env, fs, io};

use fonds_schemas::Sha256;
use fonds_workers::pack;
use fonds_workers::picture::encode::{Chroma, jpeg};
use fonds_workers::picture::{self, Channels, Pixels, Sides};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, ExtendedColorType, ImageFormat, RgbImage};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("seeds FOLDER"))?;
    let folder = Path::new(&folder);
    let (pictures, recordings) = (pictures(), recordings());
    for (target, seeds) in [
        ("image_request", requests()),
        ("pack", packs()),
        ("picture", pictures.clone()),
        ("probe", pictures.into_iter().chain(recordings).collect()),
    ] {
        fs::create_dir_all(folder.join(target))?;
        for (name, bytes) in seeds {
            fs::write(folder.join(target).join(name), bytes)?;
        }
    }
    Ok(())
}

type Seeds = Vec<(String, Vec<u8>)>;

fn requests() -> Seeds {
    let paths = [
        "full/max/0/default.jpg",
        "full/full/0/default.jpg",
        "square/!200,200/90/gray.png",
        "0,0,512,512/512,/0/default.jpg",
        "1024,512,1024,1024/512,512/!180/color.webp",
        "pct:10,20.5,30,.5/pct:50.5/22.5/bitonal.gif",
        "pct:0,0,100,100/^max/.5/default.tif",
        "10,10,99999999999,5/^!4000,3000/!359.999/default.pdf",
        "full/,300/360/default.jpg",
        "full/^pct:400/270.0/default.jpg",
    ];
    let sides = [(12_000u32, 9000u32), (1, 1), (4_000_000_000, 1), (513, 65_535), (63_245, 63_245), (300, 400)];
    // Nearly no angle at all, as long as it may be written.
    let long = format!("full/max/.{}1/default.png", "0".repeat(125));
    let mut seeds = Seeds::new();
    for (at, path) in paths.into_iter().chain([long.as_str()]).enumerate() {
        for (of, (width, height)) in sides.iter().enumerate() {
            let mut bytes = vec![u8::try_from(at % 16).unwrap_or_default()];
            bytes.extend(width.to_be_bytes());
            bytes.extend(height.to_be_bytes());
            bytes.extend(path.as_bytes());
            seeds.push((format!("{at}-{of}"), bytes));
        }
    }
    seeds
}

fn packs() -> Seeds {
    let mut rows =
        picture::open(Cursor::new(ready()), "image/tiff", Sides::new(200, 150), 0).expect("a picture made here");
    let mut to = Cursor::new(Vec::new());
    pack::write(&mut *rows, &Sha256::of(b"seed"), &mut to).expect("a pack of it");
    let ready = ("ready".to_owned(), to.into_inner());
    let sides = [(1, 1), (300, 400), (700, 90), (1100, 530)];
    let packed = sides.into_iter().map(|(width, height)| {
        let bytes = encoded(&gradient(width, height), ImageFormat::Png);
        let sides = Sides::new(width, height);
        let mut rows = picture::open(Cursor::new(bytes), "image/png", sides, 0).expect("a picture made here");
        let mut to = Cursor::new(Vec::new());
        pack::write(&mut *rows, &Sha256::of(b"seed"), &mut to).expect("a pack of it");
        (format!("{width}x{height}"), to.into_inner())
    });
    packed.chain([ready]).collect()
}

fn pictures() -> Seeds {
    let rgb = gradient(40, 24);
    let mut seeds = Seeds::new();
    let mut add = |name: &str, bytes: Vec<u8>| seeds.push((name.to_owned(), bytes));
    for (name, image) in [
        ("rgb8", rgb.clone()),
        ("rgba8", DynamicImage::ImageRgba8(rgb.to_rgba8())),
        ("gray8", DynamicImage::ImageLuma8(rgb.to_luma8())),
        ("graya8", DynamicImage::ImageLumaA8(rgb.to_luma_alpha8())),
        ("rgb16", DynamicImage::ImageRgb16(rgb.to_rgb16())),
        ("gray16", DynamicImage::ImageLuma16(rgb.to_luma16())),
    ] {
        for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Jpeg] {
            let mut bytes = Cursor::new(Vec::new());
            // Not every format has every kind of pixel.
            if image.write_to(&mut bytes, format).is_ok() {
                add(&format!("{name}.{}", format.extensions_str()[0]), bytes.into_inner());
            }
        }
    }
    let sides = Sides::new(40, 24);
    let colours = Pixels { sides, channels: Channels::Rgb, data: rgb.to_rgb8().into_raw() };
    let gray = Pixels { sides, channels: Channels::Gray, data: rgb.to_luma8().into_raw() };
    let photograph = jpeg(&colours, Chroma::Half).expect("a JPEG");
    add("gray.jpg", jpeg(&gray, Chroma::Half).expect("a JPEG"));
    add("turned.jpg", with_orientation(&photograph));
    add("jpeg-in.tif", tiff(7, 6, 3, (40, 24), std::slice::from_ref(&photograph)));
    add("photograph.jpg", photograph);
    add("ready.tif", ready());
    let mut gif = Vec::new();
    let written = GifEncoder::new(&mut gif).encode(&colours.data, 40, 24, ExtendedColorType::Rgb8);
    written.expect("a GIF");
    add("one.gif", gif);
    let rows: Vec<u8> = colours.data.clone();
    add("strips.tif", tiff(1, 2, 3, (40, 8), &rows.chunks(40 * 8 * 3).map(<[u8]>::to_vec).collect::<Vec<_>>()));
    add("packbits.tif", tiff(32773, 1, 1, (40, 24), &[[217, 200].repeat(24)]));
    add("bilevel.tif", tiff(1, 0, 1, (40, 24), &[vec![0xA5; 40 * 24]]));
    add("bare.j2c", codestream());
    add("boxed.jp2", jp2());
    seeds
}

fn gradient(width: u32, height: u32) -> DynamicImage {
    let shade = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap_or(u8::MAX);
    let pixel = |x, y| image::Rgb([shade(x, width), shade(y, height), shade(x ^ y, width.max(height) * 2)]);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("an image in memory");
    bytes.into_inner()
}

/// A JPEG that asks to be turned by 90 degrees.
fn with_orientation(photograph: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut bytes = photograph[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(u16::try_from(exif.len() + 2).unwrap_or_default().to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&photograph[2..]);
    bytes
}

/// A little-endian TIFF of 40 × 24 pixels in strips of these sides.
fn tiff(compression: u16, photometric: u16, samples: u16, strip: (u32, u32), strips: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let mut offsets = Vec::new();
    for strip in strips {
        offsets.push(u32::try_from(bytes.len()).unwrap_or_default());
        bytes.extend(strip);
    }
    let lengths: Vec<u32> = strips.iter().map(|strip| u32::try_from(strip.len()).unwrap_or_default()).collect();
    let entries = [
        (256u16, vec![strip.0]),
        (257, vec![24]),
        (258, vec![8; samples.into()]),
        (259, vec![compression.into()]),
        (262, vec![photometric.into()]),
        (273, offsets),
        (277, vec![samples.into()]),
        (278, vec![strip.1]),
        (279, lengths),
    ];
    let mut directory = u16::try_from(entries.len()).unwrap_or_default().to_le_bytes().to_vec();
    for (tag, values) in entries {
        directory.extend(tag.to_le_bytes());
        directory.extend(4u16.to_le_bytes());
        directory.extend(u32::try_from(values.len()).unwrap_or_default().to_le_bytes());
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        if values.len() == 4 {
            directory.extend(values);
        } else {
            directory.extend(u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes());
            bytes.extend(values);
        }
    }
    let at = u32::try_from(bytes.len()).unwrap_or_default();
    bytes[4..8].copy_from_slice(&at.to_le_bytes());
    bytes.extend(directory);
    bytes.extend([0; 4]);
    bytes
}

/// A TIFF of 200 × 150 pixels in tiles of JPEG of 128, whose tables are in each: one is ready to be shown.
fn ready() -> Vec<u8> {
    let tile =
        Pixels { sides: Sides::new(128, 128), channels: Channels::Rgb, data: gradient(128, 128).to_rgb8().into_raw() };
    let tile = jpeg(&tile, Chroma::Half).expect("a JPEG");
    let strips = tiff(7, 6, 3, (200, 128), &[tile.clone(), tile.clone(), tile.clone(), tile]);
    let directory = u32::from_le_bytes([strips[4], strips[5], strips[6], strips[7]]) as usize;
    // The same directory with tiles for strips.
    let mut bytes = strips[..directory].to_vec();
    let entries = strips[directory + 2..].chunks_exact(12).take(9);
    let long = |value: u32| [&4u16.to_le_bytes()[..], &1u32.to_le_bytes(), &value.to_le_bytes()].concat();
    let mut kept: Vec<(u16, Vec<u8>)> = vec![(322, long(128)), (323, long(128))];
    for entry in entries {
        match u16::from_le_bytes([entry[0], entry[1]]) {
            257 => kept.push((257, long(150))),
            273 => kept.push((324, entry[2..].to_vec())),
            278 => {}
            279 => kept.push((325, entry[2..].to_vec())),
            tag => kept.push((tag, entry[2..].to_vec())),
        }
    }
    kept.sort();
    bytes.extend(u16::try_from(kept.len()).unwrap_or_default().to_le_bytes());
    for (tag, entry) in kept {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(entry);
    }
    bytes.extend([0; 4]);
    bytes
}

/// The header of a JPEG 2000 codestream of 16 × 16 gray pixels, and a tile with nothing in it (T.800, Annex A).
fn codestream() -> Vec<u8> {
    let mut bytes = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    for number in [16u32, 16, 0, 0, 16, 16, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend([0, 1, 7, 1, 1]);
    // COD: one layer, one level, code blocks of 64 × 64, the reversible transform. QCD: no quantisation.
    bytes.extend([0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 1, 4, 4, 0, 1]);
    bytes.extend([0xFF, 0x5C, 0, 7, 0x40, 0x40, 0x48, 0x48, 0x50]);
    bytes.extend([0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 16, 0, 1, 0xFF, 0x93, 0, 0, 0xFF, 0xD9]);
    bytes
}

/// The same in a file of boxes (Annex I).
fn jp2() -> Vec<u8> {
    let part = |kind: &[u8; 4], body: &[u8]| {
        let mut bytes = u32::try_from(body.len() + 8).unwrap_or_default().to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(body);
        bytes
    };
    let sides = part(b"ihdr", &[0, 0, 0, 16, 0, 0, 0, 16, 0, 1, 7, 7, 0, 0]);
    let colours = part(b"colr", &[1, 0, 0, 0, 0, 0, 17]);
    [
        part(b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]),
        part(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        part(b"jp2h", &[sides, colours].concat()),
        part(b"jp2c", &codestream()),
    ]
    .concat()
}

fn recordings() -> Seeds {
    let mut wav =
        b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\x08\0\0\0".to_vec();
    wav.extend([0; 8]);
    let mut flac = b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x40\xf0\0\0\xac\x44".to_vec();
    flac.extend([0; 16]);
    let part = |kind: &[u8; 4], body: &[u8]| {
        let mut bytes = u32::try_from(body.len() + 8).unwrap_or_default().to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(body);
        bytes
    };
    let movie = [[0u8; 12].as_slice(), &1000u32.to_be_bytes(), &5000u32.to_be_bytes(), &[0; 80]].concat();
    let mut track = vec![0; 84];
    (track[77], track[81]) = (64, 48);
    let track = part(b"trak", &part(b"tkhd", &track));
    let moov = part(b"moov", &[part(b"mvhd", &movie), track].concat());
    let mp4 = [part(b"ftyp", b"isom\0\0\0\0isom"), moov].concat();
    [("sound.wav", wav), ("sound.flac", flac), ("film.mp4", mp4)].map(|(name, bytes)| (name.to_owned(), bytes)).into()
}
