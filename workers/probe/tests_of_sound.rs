//! MPEG audio and Ogg: what tells their length, and what was made to deceive about it.

use std::io::Cursor;

use super::{Probed, ogg, probe};

fn probed(bytes: &[u8]) -> Probed {
    probe(&mut Cursor::new(bytes), bytes.len() as u64, 1_000_000).unwrap()
}

fn check(bytes: &[u8], media_type: &str, duration_ms: Option<u64>) {
    let found = probed(bytes);
    assert_eq!((found.media_type, found.duration_ms, found.problem), (media_type, duration_ms, None));
}

/// What is cut, and what has one byte turned, is probed without a panic or an endless loop; nor is more than a file holds said.
fn check_hostile(whole: &[u8]) {
    for end in 0..whole.len().min(3_000) {
        probed(&whole[..end]);
    }
    for place in 0..whole.len().min(300) {
        for value in [0x00, 0x7F, 0x80, 0xFF] {
            let mut bytes = whole.to_vec();
            bytes[place] = value;
            probed(&bytes);
        }
    }
}

/// A frame of version 1, layer III, 44,100 samples a second, stereo; `index` 9 is 128 kbit/s in 417 bytes, 5 is 64 in 208.
fn frame(index: u8) -> Vec<u8> {
    let kilobits = [0usize, 32, 40, 48, 56, 64, 80, 96, 112, 128][usize::from(index)];
    let mut frame = vec![0xFF, 0xFB, index << 4, 0];
    frame.resize(144 * kilobits * 1000 / 44_100, 0);
    frame
}

fn frames(index: u8, count: usize) -> Vec<u8> {
    frame(index).repeat(count)
}

/// A first frame in which an encoder wrote how many follow, and what it added.
fn with_xing(name: [u8; 4], count: u32, added: u32) -> Vec<u8> {
    let mut first = frame(9);
    first[36..40].copy_from_slice(&name);
    first[40..44].copy_from_slice(&1u32.to_be_bytes());
    first[44..48].copy_from_slice(&count.to_be_bytes());
    first[48..52].copy_from_slice(b"LAME");
    first[68..72].copy_from_slice(&added.to_be_bytes());
    first
}

#[test]
fn an_mp3_of_one_bit_rate_is_as_long_as_its_bytes() {
    // 100 frames of 417 bytes at 128 kbit/s.
    let plain = frames(9, 100);
    check(&plain, "audio/mpeg", Some(2606));
    let mut tagged = b"ID3\x04\0\0\0\0\x02\x00".to_vec();
    tagged.extend(vec![0; 256]);
    tagged.extend(&plain);
    tagged.extend(b"TAG");
    tagged.extend([0; 125]);
    check(&tagged, "audio/mpeg", Some(2606));
    check(&frames(9, 400), "audio/mpeg", Some(10_425));
    check_hostile(&tagged);
}

#[test]
fn an_mp3_whose_bit_rate_changes_is_as_long_as_its_encoder_says_and_else_unknown() {
    let mixed = [frames(9, 30), frames(5, 30)].concat();
    check(&mixed, "audio/mpeg", None);
    for name in [*b"Xing", *b"Info"] {
        check(&[with_xing(name, 60, 0), mixed.clone()].concat(), "audio/mpeg", Some(1567));
    }
    // Of 69,120 samples 576 and 1,000 are not heard.
    let added = 576 * 4096 + 1000;
    let whole = [with_xing(*b"Info", 60, added), mixed.clone()].concat();
    check(&whole, "audio/mpeg", Some(1532));
    check_hostile(&whole);
    let mut first = frame(9);
    first[36..40].copy_from_slice(b"VBRI");
    first[50..54].copy_from_slice(&60u32.to_be_bytes());
    check(&[first, mixed].concat(), "audio/mpeg", Some(1567));
}

#[test]
fn a_bit_rate_that_changes_far_behind_the_beginning_is_noticed() {
    let mut late = frames(9, 200);
    late.extend(frames(5, 300));
    check(&late, "audio/mpeg", None);
}

#[test]
fn more_frames_than_fit_are_not_believed() {
    check(&[with_xing(*b"Xing", u32::MAX, 0), frames(9, 30)].concat(), "audio/mpeg", None);
    check(&with_xing(*b"Info", 1000, 0), "audio/mpeg", None);
}

#[test]
fn a_tag_without_sound_behind_it_has_no_length() {
    check(b"ID3\x04\0\0\x7F\x7F\x7F\x7F", "audio/mpeg", None);
    check(&b"ID3\x04\0\0\0\0\0\0".repeat(50), "audio/mpeg", None);
    check(&[b"ID3\x04\0\0\0\0\0\0".to_vec(), vec![0xFF; 200_000]].concat(), "audio/mpeg", None);
}

const BEGINS: u8 = 2;

fn page(flags: u8, granule: u64, serial: u32, content: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(granule.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend([0; 8]);
    let lacing: Vec<u8> = content.chunks(255).map(|chunk| u8::try_from(chunk.len()).unwrap()).collect();
    page.push(u8::try_from(lacing.len()).unwrap());
    page.extend(lacing);
    page.extend(content);
    let checksum = ogg::checksum(&page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    page
}

fn vorbis(rate: u32) -> Vec<u8> {
    let mut header = b"\x01vorbis\0\0\0\0\x02".to_vec();
    header.extend(rate.to_le_bytes());
    header.resize(30, 0);
    page(BEGINS, 0, 7, &header)
}

fn opus(skipped: u16) -> Vec<u8> {
    let mut header = b"OpusHead\x01\x02".to_vec();
    header.extend(skipped.to_le_bytes());
    header.resize(19, 0);
    page(BEGINS, 0, 7, &header)
}

fn stream(first: Vec<u8>, ends: &[u64]) -> Vec<u8> {
    let comments = page(0, 0, 7, &[b'c'; 3_000]);
    let sound = ends.iter().map(|end| page(0, *end, 7, b"some sound"));
    [first, comments].into_iter().chain(sound).flatten().collect()
}

#[test]
fn the_checksum_of_a_page_is_that_of_the_specification() {
    // The first page of a file that libvorbis wrote, of one channel and 44,100 samples a second.
    let content = b"\x01vorbis\0\0\0\0\x01\x44\xAC\0\0\0\0\0\0\x80\xBB\0\0\0\0\0\0\xB8\x01";
    let made = page(BEGINS, 0, 0, content);
    assert_eq!(made.len(), 58);
    let turned = [made[..22].to_vec(), vec![1, 2, 3, 4], made[26..].to_vec()].concat();
    assert_eq!(ogg::checksum(&made), ogg::checksum(&turned), "its own place does not count");
    assert_eq!(ogg::checksum(b"123456789"), 0x89A1_897F);
}

#[test]
fn vorbis_and_opus_are_as_long_as_their_last_page_says() {
    check(&stream(vorbis(44_100), &[44_100, u64::MAX, 66_150]), "audio/ogg", Some(1500));
    check(&stream(opus(312), &[48_000, 72_312]), "audio/ogg", Some(1500));
    check_hostile(&stream(vorbis(44_100), &[44_100, 66_150]));
    check_hostile(&stream(opus(312), &[48_000, 72_312]));
}

#[test]
fn a_page_that_is_cut_or_forged_is_passed_over() {
    let mut cut = stream(opus(0), &[48_000, 96_000]);
    cut.truncate(cut.len() - 1);
    check(&cut, "audio/ogg", Some(1000));
    let mut forged = stream(opus(0), &[48_000, 96_000]);
    let last = forged.len() - page(0, 96_000, 7, b"some sound").len();
    forged[last + 6..last + 14].copy_from_slice(&u64::from(u32::MAX).to_le_bytes());
    check(&forged, "audio/ogg", Some(1000));
    let letters = [stream(opus(0), &[48_000]), b"OggS\0".repeat(20_000)].concat();
    check(&letters, "audio/ogg", None);
}

#[test]
fn what_the_last_page_does_not_tell_is_not_said() {
    let one = stream(opus(0), &[48_000]);
    let other: Vec<u8> = [page(BEGINS, 0, 8, b"OpusHead\x01\x02\0\0"), page(0, 48_000, 8, b"sound")].concat();
    // Streams after one another, a stream that ran long before it was cut out, one without sound, rates that make no sense.
    check(&[one, other].concat(), "audio/ogg", None);
    check(&stream(opus(0), &[48_000 * 3600, 48_000 * 3601]), "audio/ogg", None);
    check(&stream(opus(0), &[]), "audio/ogg", None);
    check(&stream(vorbis(0), &[44_100]), "audio/ogg", None);
    check(&stream(opus(u16::MAX), &[100]), "audio/ogg", None);
    check(&stream(vorbis(1), &[1, u64::MAX - 1]), "audio/ogg", None);
}

#[test]
fn a_film_in_ogg_is_no_sound_and_other_things_are_neither() {
    let film = page(BEGINS, 0, 9, b"\x80theora\x03\x02\x01");
    for whole in [[film.clone(), vorbis(44_100)].concat(), [vorbis(44_100), film].concat()] {
        assert_eq!(probed(&whole).media_type, "video/ogg");
    }
    check(&page(BEGINS, 0, 9, b"\x7FFLAC\x01\0"), "audio/ogg", None);
    check(&page(BEGINS, 0, 9, b"Skeleton"), "application/ogg", None);
    check(b"OggS", "application/ogg", None);
}
