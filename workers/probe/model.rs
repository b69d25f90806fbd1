//! Three-dimensional models, where the bytes leave no doubt; binary glTF has a magic number among the others. A glTF that
//! is JSON is not told from other JSON by its beginning.

use super::sniff::contains;

/// Bytes before the triangles of a binary STL, and of each triangle.
const STL_HEAD_BYTES: u64 = 84;
const STL_TRIANGLE_BYTES: u64 = 50;
/// Corners that an OBJ begins with before it is believed: those of one triangle.
const OBJ_CORNERS: usize = 3;

/// Whether a file is a binary STL: nothing marks one but that it is just as long as its triangles.
pub(super) fn is_binary_stl(head: &[u8], bytes: u64) -> bool {
    let Some(&[a, b, c, d]) = head.get(80..84) else { return false };
    let triangles = u64::from(u32::from_le_bytes([a, b, c, d]));
    triangles > 0 && STL_HEAD_BYTES + STL_TRIANGLE_BYTES * triangles == bytes
}

/// Whether a file begins like PLY: the word on a line of its own, then the format of what follows.
pub(super) fn is_ply(head: &[u8]) -> bool {
    let rest = head.strip_prefix(b"ply\n").or_else(|| head.strip_prefix(b"ply\r\n"));
    let formats: [&[u8]; 3] = [b"format ascii ", b"format binary_little_endian ", b"format binary_big_endian "];
    rest.is_some_and(|rest| formats.iter().any(|format| rest.starts_with(format)))
}

/// The media type of a model that is written as text.
pub(super) fn written(text: &str) -> Option<&'static str> {
    if text.starts_with("solid")
        && contains(text.as_bytes(), b"facet normal")
        && contains(text.as_bytes(), b"outer loop")
    {
        return Some("model/stl");
    }
    is_obj(text).then_some("model/obj")
}

/// Whether every line is one of an OBJ, and enough of them are corners.
fn is_obj(text: &str) -> bool {
    // The last line may be cut.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut corners = 0usize;
    for line in whole.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                let numbers: Vec<Option<f64>> = words.map(|word| word.parse().ok()).collect();
                if !(3..=7).contains(&numbers.len()) || numbers.contains(&None) {
                    return false;
                }
                corners += 1;
            }
            Some("vn" | "vt" | "vp" | "f" | "l" | "p" | "o" | "g" | "s" | "usemtl" | "mtllib") | None => {}
            Some(word) if word.starts_with('#') => {}
            Some(_) => return false,
        }
    }
    corners >= OBJ_CORNERS
}
