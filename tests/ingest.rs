//! From a path to planned objects: what is read, what is refused, and that each mistake is named by its place.

use std::fs;
use std::path::{Path, PathBuf};

use fonds::ingest::limits::ROW_BYTES_MAX;
use fonds::ingest::plan::Planned;
use fonds::ingest::problem::Severity;
use fonds::ingest::reader::Reader;
use fonds_schemas::{Access, Level};

use crate::support::{checkout, real};

/// What came of reading.
struct Came {
    profile: String,
    objects: Vec<Planned>,
    problems: Vec<String>,
    unmapped: Vec<(String, u64)>,
}

impl Came {
    fn refused(&self) -> usize {
        self.problems.iter().filter(|problem| problem.starts_with("refused")).count()
    }
    fn titles(&self) -> Vec<&str> {
        let title = |object: &Planned| object.statements.iter().position(|s| s.property.as_str() == "title");
        self.objects.iter().filter_map(|object| Some(object.statements[title(object)?].text.as_str())).collect()
    }
}

fn read(path: &Path, map: Option<&str>) -> Came {
    let reader = Reader::open(path, map, None).unwrap();
    let profile = reader.profile.clone();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let reading = std::thread::spawn(move || reader.read(&sender));
    let (mut objects, mut problems) = (Vec::new(), Vec::new());
    while let Some(chunk) = receiver.blocking_recv() {
        objects.extend(chunk.objects);
        problems.extend(chunk.problems.iter().map(ToString::to_string));
    }
    Came { profile, objects, problems, unmapped: reading.join().unwrap() }
}

fn cannot_open(path: &Path, map: Option<&str>) -> String {
    let error = Reader::open(path, map, None).err().unwrap();
    format!("{:#}", anyhow::Error::new(error))
}

fn fixture(name: &str) -> PathBuf {
    checkout().join("fixtures/ingest").join(name)
}

fn table(name: &str, bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn every_format_gives_the_same_objects() {
    let csv = read(&fixture("objects.csv"), None);
    assert_eq!(csv.titles(), ["Moon jar", "달항아리", "Ⅲ, «trois»", "𛅰𛆁"]);
    for name in ["objects.csv.gz", "objects-semicolon.csv", "objects-utf16.csv", "objects.jsonl", "objects.json"] {
        let other = read(&fixture(name), None);
        assert_eq!(other.titles(), csv.titles(), "{name}");
        assert_eq!(other.problems, [""; 0], "{name}");
    }
    let xlsx = read(&fixture("objects.xlsx"), None);
    assert_eq!(xlsx.titles(), csv.titles());
    let dates = xlsx.objects[0].statements.iter().filter(|s| s.property.as_str() == "date_created");
    assert_eq!(dates.map(|s| s.text.as_str()).collect::<Vec<_>>(), ["1885"], "a whole number has no decimals");
}

#[test]
fn a_table_in_another_encoding_is_read_and_said() {
    let (_folder, path) = table("t.csv", b"id,title\n1,caf\xe9\n2,na\xefve\n");
    let came = read(&path, None);
    assert_eq!(came.titles(), ["café", "naïve"]);
    assert!(came.problems[0].starts_with("warning: t.csv: it is not UTF-8"), "{:?}", came.problems);
}

#[test]
fn mixed_encodings_cost_the_rows_that_are_wrong() {
    let (_folder, path) = table("t.csv", b"id,title\n1,\xc3\xa9t\xc3\xa9\n2,caf\xe9\n3,\xc3\xa0\n");
    let came = read(&path, None);
    assert_eq!(came.titles(), ["été", "à"]);
    assert!(came.problems[0].contains("t.csv, row 2 (line 3), column title: it is not UTF-8"), "{:?}", came.problems);
}

#[test]
fn a_row_without_identifier_is_refused_by_its_number() {
    let (_folder, path) = table("t.csv", "id,title\n1,a\n ,b\n3,c\n");
    let came = read(&path, None);
    assert_eq!(came.problems, ["refused: t.csv, row 2 (line 3): it has no identifier: {id} is empty"]);
    assert_eq!(came.titles(), ["a", "c"]);
}

#[test]
fn two_rows_with_one_identifier_are_named_both() {
    let (_folder, path) = table("t.csv", "id,title\n1,a\n2,b\n1,c\n");
    let came = read(&path, None);
    let wrong = "refused: t.csv, row 3 (line 4): the identifier \"1\" is already that of t.csv, row 1 (line 2)";
    assert_eq!(came.problems, [wrong]);
    assert_eq!(came.titles(), ["a", "b"]);
}

#[test]
fn control_characters_are_left_out_and_named() {
    let (_folder, path) = table("t.csv", "id,title\n1,a\u{0}b\u{1b}[2J\n");
    let came = read(&path, None);
    assert_eq!(came.titles(), ["ab[2J"]);
    let why = "column title: it holds the control character \\u{0}, which is left out";
    assert!(came.problems[0].starts_with("warning") && came.problems[0].ends_with(why), "{:?}", came.problems);
}

#[test]
fn a_text_that_is_a_book_is_refused() {
    let (_folder, path) = table("t.csv", format!("id,title\n1,{}\n2,b\n", "x".repeat(70_000)));
    let came = read(&path, None);
    assert!(came.problems[0].contains("row 1 (line 2), column title: the value of title has 70000 bytes"));
    assert_eq!(came.titles(), ["b"]);
}

#[test]
fn an_object_inside_a_cell_is_refused_with_its_column() {
    let (_folder, path) = table("t.jsonl", "{\"id\":1,\"title\":{\"en\":\"x\"}}\n{\"id\":2,\"title\":[\"a\",\"b\"]}\n");
    let came = read(&path, None);
    assert!(came.problems[0].contains("row 1 (line 1), column title: it holds an object"), "{:?}", came.problems);
    assert_eq!(came.objects[0].statements.len(), 3, "identifier and two titles");
}

#[test]
fn columns_that_nobody_maps_are_counted() {
    let (_folder, path) = table("t.csv", "id,title,weight\n1,a,3\n2,b,\n");
    assert_eq!(read(&path, None).unmapped, [("weight".to_owned(), 1)]);
}

#[test]
fn a_gzip_bomb_is_one_long_row() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, b"id,title\n1,").unwrap();
    for _ in 0..64 {
        std::io::Write::write_all(&mut packed, &vec![b'x'; ROW_BYTES_MAX]).unwrap();
    }
    std::io::Write::write_all(&mut packed, b"\n2,b\n").unwrap();
    let (_folder, path) = table("t.csv.gz", packed.finish().unwrap());
    let came = read(&path, None);
    assert_eq!((came.refused(), came.titles()), (1, vec!["b"]));
}

#[test]
fn a_gzip_that_is_cut_says_where() {
    let whole = fs::read(fixture("objects.csv.gz")).unwrap();
    let (_folder, path) = table("t.csv.gz", &whole[..whole.len() - 12]);
    let came = read(&path, None);
    assert!(came.problems.iter().any(|problem| problem.contains("cannot be read any further")), "{:?}", came.problems);
}

#[test]
fn an_empty_table_is_refused() {
    let (_folder, path) = table("t.csv", "");
    assert!(cannot_open(&path, None).contains("not even a header"));
}

#[test]
fn a_spreadsheet_that_is_none_is_refused() {
    let (_folder, path) = table("t.xlsx", "PK\x03\x04 not really");
    assert!(cannot_open(&path, None).contains("no spreadsheet"));
}

#[test]
fn a_path_that_is_missing_is_refused() {
    assert!(cannot_open(Path::new("does/not/exist.csv"), None).contains("does/not/exist.csv: it cannot be read"));
}

#[test]
fn a_mapping_to_an_unknown_property_is_refused_before_anything_is_read() {
    let toml =
        "name = 'x'\nnamespace = 'x'\nidentifier = '{id}'\ncolumns = [\n  { name = 'a', property = 'titel' },\n]\n";
    let (_folder, map) = table("wrong.toml", toml);
    let message = cannot_open(Path::new("not/even/looked/at.csv"), map.to_str());
    for part in ["wrong.toml", "line 5", "titel", "did you mean \"title\"?"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn an_unknown_key_of_a_profile_is_refused() {
    let (_folder, map) = table("wrong.toml", "name = 'x'\nnamespace = 'x'\nidentifer = '{id}'\n");
    let message = cannot_open(Path::new("t.csv"), map.to_str());
    assert!(message.contains("identifer") && message.contains("line 3"), "{message}");
}

#[test]
fn an_unknown_profile_is_refused_with_the_known_ones() {
    let message = cannot_open(Path::new("t.csv"), Some("no-such-profile"));
    assert!(message.contains("museum-records"), "{message}");
}

#[test]
fn access_is_what_the_row_says_and_never_guessed() {
    let (_folder, path) = table(
        "t.csv",
        "id,title,access,level\n1,a,public,work\n2,b,embargoed until 2099-01-01,\n3,c,,\n4,d,everybody,\n5,e,public,box\n",
    );
    let came = read(&path, None);
    assert_eq!((came.objects[0].access, came.objects[0].level), (Access::Public, Level::Work));
    assert!(matches!(came.objects[1].access, Access::Embargoed { .. }));
    assert!(came.problems[0].contains("row 3 (line 4), column access: it does not say who may see it"));
    assert!(came.problems[1].contains("row 4 (line 5), column access: \"everybody\" is no access"));
    assert!(came.problems[2].contains("row 5 (line 6), column level: \"box\" is no level"));
}

#[test]
fn a_folder_of_files_is_objects_and_its_folders_are_objects_of_pages() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("inbox");
    fs::create_dir_all(root.join("book/inner")).unwrap();
    let names =
        ["a.jpg", "b\nc.jpg", "\u{202e}gpj.jpg", "🏺𛅰.jpg", "README.md", ".hidden", "book/p10.jpg", "book/p9.jpg"];
    for name in names {
        fs::write(root.join(name), "x").unwrap();
    }
    fs::write(root.join("book/inner/1.jpg"), "x").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", root.join("link.jpg")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe.jpg"), rustix::fs::Mode::RUSR).unwrap();
    let came = read(&root, None);
    assert_eq!(came.profile, "folder");
    let identifiers: Vec<_> = came.objects.iter().map(|object| object.source.identifier.as_str()).collect();
    assert_eq!(identifiers, ["a.jpg", "b\nc.jpg", "\u{202e}gpj.jpg", "🏺𛅰.jpg", "book", "book/inner"]);
    let pages: Vec<_> = came.objects[4].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(pages, ["book/p9.jpg", "book/p10.jpg"]);
    let mut problems = came.problems.clone();
    problems.sort();
    assert_eq!(
        problems,
        [
            "note: inbox/.hidden: a hidden file is left aside",
            "note: inbox/README.md: it tells about the folder and is left aside",
            "refused: inbox/link.jpg: a symbolic link is not followed",
            "refused: inbox/pipe.jpg: it is not a plain file",
        ]
    );
}

#[test]
fn several_tables_in_a_folder_are_named_unless_one_has_a_usual_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.csv", "y.csv"] {
        fs::write(folder.path().join(name), "id,title\n1,a\n").unwrap();
    }
    assert!(cannot_open(folder.path(), None).contains("several tables (x.csv, y.csv)"));
    fs::write(folder.path().join("labels.csv"), "id,title\n1,labels\n").unwrap();
    assert_eq!(read(folder.path(), None).titles(), ["labels"]);
}

#[test]
fn a_note_is_no_refusal() {
    let note = fonds::ingest::problem::Problem::note(fonds::ingest::problem::Place::file("a"), "x");
    assert_eq!(note.severity, Severity::Note);
}

#[test]
fn shipped_profiles_can_be_read_and_have_names_of_their_own() {
    for shipped in fonds::ingest::profile::ALL {
        let profile = fonds::ingest::profile::Profile::parse(shipped.name, shipped.toml).unwrap();
        assert_eq!(profile.name, shipped.name);
    }
}

#[test]
fn paintings_are_read_with_the_shipped_profile() {
    let Some(path) = real("objects-artic") else { return };
    let came = read(&path, None);
    assert_eq!((came.profile.as_str(), came.objects.len(), came.problems.len()), ("labelled-paintings", 187, 0));
    assert!(came.unmapped.is_empty(), "{:?}", came.unmapped);
    let base = path.canonicalize().unwrap();
    for file in came.objects.iter().flat_map(|object| &object.files) {
        fonds::ingest::paths::resolve(&base, &file.path).unwrap();
    }
}

#[test]
fn pages_of_one_document_are_one_object_in_their_order() {
    let Some(path) = real("manuscript-pages") else { return };
    let came = read(&path, None);
    assert_eq!((came.profile.as_str(), came.objects.len(), came.problems.len()), ("manuscript-pages", 22, 0));
    assert!(came.unmapped.is_empty(), "{:?}", came.unmapped);
    assert_eq!(came.objects.iter().map(|object| object.files.len()).sum::<usize>(), 121);
    let first: Vec<_> = came.objects[0].files.iter().map(|file| file.path.rsplit('_').next().unwrap()).collect();
    assert!(first.windows(2).all(|pair| pair[0].len() <= pair[1].len()), "{first:?}");
}

#[test]
fn records_of_several_museums_are_read_with_the_shipped_profile() {
    let Some(path) = real("metadata-sample/records.jsonl") else { return };
    let came = read(&path, Some("museum-records"));
    // 24 records have no identifier, and one has that of another.
    assert_eq!((came.objects.len(), came.refused()), (1_144, 25), "{:?}", came.problems);
    assert!(came.unmapped.is_empty(), "{:?}", came.unmapped);
    assert_eq!(came.objects[0].source.namespace, "tate");
    let dated = came.objects.iter().filter(|object| object.statements.iter().any(|s| s.edtf.is_some())).count();
    assert!(dated > 600, "{dated}");
}

#[test]
fn the_demo_makes_its_source_and_reads_it_without_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    fonds::demo::make(folder.path()).unwrap();
    let came = read(folder.path(), None);
    assert_eq!((came.profile.as_str(), came.problems.len()), ("demo", 0), "{:?}", came.problems);
    assert!(came.unmapped.is_empty(), "{:?}", came.unmapped);
    assert!(came.objects.len() >= 18);
    for file in came.objects.iter().flat_map(|object| &object.files) {
        let path = fonds::ingest::paths::resolve(folder.path(), &file.path).unwrap();
        image::image_dimensions(path).unwrap();
    }
    let levels: std::collections::BTreeSet<_> = came.objects.iter().map(|object| object.level).collect();
    assert_eq!(levels.len(), 7, "every level is there");
}
