//! Records of the formats that museums, libraries and archives exchange: what becomes of each, and what is refused where.

mod hostile;
mod kept;
mod published;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use fonds::ingest::plan::Planned;
use fonds::ingest::reader::Reader;

use crate::support::checkout;

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

fn read_with(path: &Path, map: Option<&str>, namespace: Option<&str>) -> Came {
    let reader = Reader::open(path, map, namespace.map(str::to_owned)).unwrap();
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

fn read(path: &Path) -> Came {
    read_with(path, None, None)
}

fn fixture(name: &str) -> PathBuf {
    checkout().join("fixtures/ingest/xml").join(name)
}

/// A file of that text, read.
fn text(name: &str, bytes: impl AsRef<[u8]>) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path)
}

/// An object as a person compares it.
fn told(came: &Came) -> String {
    let mut told = String::new();
    for object in &came.objects {
        let (namespace, identifier) = (&object.source.namespace, &object.source.identifier);
        let access = format!("{:?}", object.access).to_lowercase();
        let _ = writeln!(told, "{namespace} | {identifier} | {} | {access}", object.level.as_str());
        for said in &object.statements {
            let _ = write!(told, "  {}", said.property);
            let _ = said.language.iter().try_for_each(|language| write!(told, "@{}", language.as_str()));
            let _ = write!(told, ": {}", said.text.replace('\n', " ¶ "));
            let _ = said.edtf.iter().try_for_each(|edtf| write!(told, " [{edtf}]"));
            let _ = said.authority.iter().try_for_each(|iri| write!(told, " <{iri}>"));
            told.push('\n');
        }
        for relation in &object.relations {
            let target = came.objects.iter().find(|other| other.id == relation.target);
            let name = target.map_or("something that is not here", |other| other.source.identifier.as_str());
            let _ = writeln!(told, "  {} → {name}", relation.kind.as_str());
        }
    }
    for file in came.objects.iter().flat_map(|object| &object.files) {
        let _ = writeln!(told, "file: {} ({})", file.path, file.role.as_str());
    }
    for problem in &came.problems {
        let _ = writeln!(told, "{problem}");
    }
    for (name, count) in &came.unmapped {
        let _ = writeln!(told, "not mapped: {name} ({count})");
    }
    told
}

fn check(format: &str, name: &str) {
    let came = read(&fixture(&format!("{name}.xml")));
    assert_eq!(came.profile, format);
    let golden = fixture(&format!("{name}.txt"));
    let found = told(&came);
    let wanted = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, wanted, "{} says otherwise", golden.display());
}

#[test]
fn an_edm_record_is_an_object_and_what_it_describes_is_named() {
    check("edm", "edm");
}
#[test]
fn a_lido_record_is_an_object_and_its_events_say_who_made_it_when() {
    check("lido", "lido");
}
#[test]
fn a_mods_record_in_another_encoding_is_an_object() {
    check("mods", "mods");
}
#[test]
fn a_marc_record_loses_its_punctuation_and_an_authority_is_left_aside() {
    check("marcxml", "marcxml");
}
#[test]
fn records_of_a_saved_answer_come_in_and_deleted_ones_do_not() {
    check("dc", "oai_dc");
}
#[test]
fn every_component_of_a_finding_aid_is_part_of_the_one_around_it() {
    check("ead", "ead");
}
#[test]
fn a_volume_is_what_its_description_says_with_its_files_in_the_order_of_its_pages() {
    check("mets", "mets");
}

#[test]
fn what_somebody_says_of_the_numbering_counts() {
    let came = read_with(&fixture("lido.xml"), None, Some("ours"));
    assert_eq!(came.objects[0].source.namespace, "ours");
}

#[test]
fn xml_is_a_file_like_others_if_somebody_says_so() {
    let came = read_with(&fixture("lido.xml"), Some("folder"), None);
    assert_eq!((came.profile.as_str(), came.objects[0].files.len()), ("folder", 1));
}

#[test]
fn xml_of_another_kind_is_a_file_like_others() {
    let came = text("page.xml", "<alto xmlns=\"http://www.loc.gov/standards/alto/ns-v4#\"><Layout/></alto>");
    assert_eq!((came.profile.as_str(), came.objects[0].files.len()), ("folder", 1));
}

#[test]
fn a_crosswalk_of_ones_own_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("own.toml");
    let toml = "name = 'own'\nrecords = ['x:thing']\nidentifier = ['@id']\n[namespaces]\nx = ['http://x.example/']\n\
                [[at]]\npath = ['.']\nvalues = [{ path = 'x:name[@kind ~ \\'main\\']', property = 'title' }]\n";
    fs::write(&map, toml.replace("\\'", "\"").replace("'x:name[@kind ~ \"main\"]'", "\"x:name[@kind ~ 'main']\""))
        .unwrap();
    let path = folder.path().join("things.xml");
    let things =
        "<all xmlns='http://x.example/'><thing id='1'><name kind='MAIN'>A</name><name kind='b'>B</name></thing></all>";
    fs::write(&path, things).unwrap();
    let came = read_with(&path, map.to_str(), None);
    assert_eq!((came.profile.as_str(), came.titles()), ("own", vec!["A"]));
    assert_eq!(came.unmapped, [("x:name".to_owned(), 1)]);
}

#[test]
fn a_crosswalk_that_is_wrong_is_refused_with_what_is_wrong() {
    let refused = |toml: &str| {
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("own.toml");
        fs::write(&map, toml).unwrap();
        let error = Reader::open(&fixture("lido.xml"), map.to_str(), None).err().unwrap();
        format!("{:#}", anyhow::Error::new(error))
    };
    let with = |path: &str, property: &str| {
        refused(&format!(
            "name = 'own'\nrecords = ['thing']\nidentifier = ['@id']\n[namespaces]\n[[at]]\npath = ['.']\n\
             values = [{{ path = \"{path}\", property = '{property}' }}]\n"
        ))
    };
    assert!(with("y:name", "title").contains("the prefix \"y\" is not among the namespaces"));
    assert!(with("name[@a = 'b'", "title").contains("a ] is missing"), "{}", with("name[@a = 'b'", "title"));
    assert!(with("name[@a = $b]", "title").contains("there is no list \"b\""));
    assert!(with("@a/b", "title").contains("nothing stands in an attribute"));
    assert!(with("name", "titel").contains("did you mean \"title\""));
}

#[test]
fn a_folder_of_records_is_one_input() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["edm.xml", "lido.xml"] {
        fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("other.xml"), "<other/>").unwrap();
    let came = read(folder.path());
    assert_eq!((came.profile.as_str(), came.titles()), ("edm+lido", vec!["Moon jar", "Der Frühling"]));
    assert!(came.problems.iter().any(|problem| problem.starts_with("note: other.xml: it holds no records")));
}

#[test]
fn a_folder_of_images_with_texts_is_one_as_before() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("lido.xml"), folder.path().join("1.xml")).unwrap();
    fs::write(folder.path().join("1.jpg"), "x").unwrap();
    assert_eq!(read(folder.path()).profile, "folder");
}
