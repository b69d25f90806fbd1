//! An archive with open and hidden objects, and one that only ever had the open ones.

use std::io::Cursor;

use fonds::clock::Clock;
use fonds::commands::{Accession, Acting, Deposit, Reading, Remark};
use fonds_schemas::event::BatchKind;
use fonds_schemas::{
    Access, AgentId, AgentKind, AnnotationId, BatchId, FileId, FileRole, Level, Line, Motivation, ObjectId, Property,
    Region, Relation, RelationKind, Scope, SourceKey, Statement, Stream, Word,
};

use crate::support::{TestArchive, archive_with, noon};

/// Seconds after [`noon`] at which the embargo lifts.
pub const EMBARGO_SECONDS: i64 = 86_400;

/// What there is to know of an object, to be put into addresses and searched for in answers.
#[derive(Debug, Clone)]
pub struct Names {
    /// The word in everything that it says.
    pub word: String,
    pub id: ObjectId,
    pub file: FileId,
    pub batch: BatchId,
    /// What is said of its file.
    pub annotation: AnnotationId,
    /// Its first event.
    pub event: String,
}

impl Names {
    /// Names that nothing has; the word is as long as that of the one it stands beside.
    pub fn of_nothing(beside: &str) -> Self {
        let word = "x".repeat(beside.len());
        let id = ObjectId::from_random([9; 10]);
        let file = FileId::from_random([9; 10]);
        let event = "00000000-0000-7000-8000-000000000009".to_owned();
        let (batch, annotation) = (BatchId::from_random([9; 10]), AnnotationId::from_random([9; 10]));
        Self { word, id, file, batch, annotation, event }
    }

    /// What must not be in an answer to somebody who may not see it.
    pub fn secrets(&self) -> Vec<String> {
        let ids = [self.id.to_string(), self.file.to_string(), self.batch.to_string(), self.event.clone()];
        ids.into_iter().chain([self.annotation.to_string(), self.word.clone()]).collect()
    }

    /// The address with these names in it.
    pub fn fill(&self, template: &str) -> String {
        let filled = template.replace("{id}", &self.id.to_string()).replace("{file}", &self.file.to_string());
        let filled = filled.replace("{batch}", &self.batch.to_string()).replace("{event}", &self.event);
        filled.replace("{word}", &self.word).replace("{annotation}", &self.annotation.to_string())
    }
}

/// The objects that nobody but the house may see.
pub struct World {
    pub archive: TestArchive,
    pub restricted: Names,
    pub embargoed: Names,
    /// Withdrawn after it was public.
    pub gone: Names,
    /// Withdrawn, and never public.
    pub never: Names,
    pub open: Vec<Names>,
    pub agent: AgentId,
}

impl World {
    pub fn hidden(&self) -> [&Names; 4] {
        [&self.restricted, &self.embargoed, &self.gone, &self.never]
    }

    /// Everything that an answer to the public must not hold.
    pub fn secrets(&self) -> Vec<String> {
        self.hidden().into_iter().flat_map(Names::secrets).chain(["Keeperofsecrets".to_owned()]).collect()
    }

    pub async fn token(&self, scope: Scope) -> String {
        let acting = acting(&self.archive, self.agent, "tokens").await;
        let issued = self.archive.issue_token(acting, self.agent, scope, "a test", None).await.unwrap();
        self.archive.settle().await;
        issued.secret.reveal().to_owned()
    }
}

const HIDDEN: [&str; 4] = ["Quokkawort", "Numbatleaf", "Bilbyroot", "Dunnartseed"];

/// The archive with everything, and the one that never had the hidden objects; both did the same at the same moments.
pub async fn worlds() -> (World, TestArchive) {
    (Box::pin(made()).await, Box::pin(bare()).await)
}

/// An archive that answers at every address, drafts included.
async fn with_all_addresses() -> TestArchive {
    archive_with(Clock::standing_at(noon()), |settings| settings.iiif.presentation_4 = true).await
}

async fn bare() -> TestArchive {
    let archive = with_all_addresses().await;
    let agent = archive.register_agent(AgentKind::Person, "Keeperofsecrets", None).await.unwrap();
    open_objects(&archive, agent).await;
    archive.settle().await;
    archive.wait_for_harvesters();
    archive.settle().await;
    archive.wait_for_harvesters();
    archive
}

async fn made() -> World {
    let archive = with_all_addresses().await;
    let agent = archive.register_agent(AgentKind::Person, "Keeperofsecrets", None).await.unwrap();
    let open = open_objects(&archive, agent).await;
    let until = fonds_schemas::Timestamp::from_micros(noon().micros() + EMBARGO_SECONDS * 1_000_000);
    let accesses = [Access::Restricted, Access::Embargoed { until }, Access::Public, Access::Restricted];
    let mut hidden = Vec::new();
    for (word, access) in HIDDEN.into_iter().zip(accesses) {
        hidden.push(object(&archive, agent, word, Level::Work, access, to_open()).await);
    }
    archive.settle().await;
    archive.wait_for_harvesters();
    for (place, word) in [(2, HIDDEN[2]), (3, HIDDEN[3])] {
        let acting = acting(&archive, agent, &format!("{word} is taken back")).await;
        archive.set_access(acting, hidden[place].id, Access::Withdrawn, format!("{word} was wrong")).await.unwrap();
    }
    archive.settle().await;
    archive.wait_for_harvesters();
    let [restricted, embargoed, gone, never] = <[Names; 4]>::try_from(hidden).unwrap();
    World { archive, restricted, embargoed, gone, never, open, agent }
}

/// The id of the object that has this word.
fn id(word: &str) -> ObjectId {
    ObjectId::derived("access", &format!("{word}-1"))
}

fn to_open() -> Vec<Relation> {
    let kinds = [(RelationKind::PartOf, "Series"), (RelationKind::Related, "Teapot")];
    kinds.map(|(kind, word)| Relation { kind, target: id(word) }).to_vec()
}

/// A series and two things in it. One is related to every hidden object, in every way that is shown.
async fn open_objects(archive: &TestArchive, agent: AgentId) -> Vec<Names> {
    let part = Relation { kind: RelationKind::PartOf, target: id("Series") };
    let mut relations = vec![part];
    for word in HIDDEN {
        for kind in [RelationKind::PartOf, RelationKind::Related, RelationKind::DerivedFrom] {
            relations.push(Relation { kind, target: id(word) });
        }
    }
    let series = object(archive, agent, "Series", Level::Series, Access::Public, Vec::new()).await;
    let teapot = object(archive, agent, "Teapot", Level::Work, Access::Public, relations).await;
    let kettle = object(archive, agent, "Kettle", Level::Work, Access::Public, vec![part]).await;
    let late = Relation { kind: RelationKind::Realises, target: id(HIDDEN[0]) };
    let acting = acting(archive, agent, "related later").await;
    archive.relate(acting, kettle.id, vec![late], Vec::new(), None).await.unwrap();
    vec![series, teapot, kettle]
}

pub async fn acting(archive: &TestArchive, agent: AgentId, label: &str) -> Acting {
    let batch = archive.open_batch(agent, BatchKind::Edit, label, Some("access.csv"), None).await.unwrap();
    Acting { agent, on_behalf_of: None, batch }
}

async fn object(
    archive: &TestArchive,
    agent: AgentId,
    word: &str,
    level: Level,
    access: Access,
    relations: Vec<Relation>,
) -> Names {
    let acting = acting(archive, agent, &format!("{word} batch")).await;
    let said = |property: &str| Statement::new(Property::parse(property).unwrap(), format!("{word} {property}"));
    let properties = ["title", "creator", "subject", "material", "place", "description", "note"];
    let statements = properties.into_iter().map(said).collect();
    let source = SourceKey { identifier: format!("{word}-1"), namespace: "access".to_owned() };
    let object = source.object_id();
    let accession = Accession { object, level, source: Some(source), access, statements, relations };
    archive.accession(acting, vec![accession]).await.unwrap();
    let file = picture(archive, acting, object, word).await;
    let annotation = written(archive, acting, object, file, word).await;
    let events = archive.ledger.stream(Stream::Object(object), None).await.unwrap();
    let event = events[0].envelope.event_id.to_string();
    Names { word: word.to_owned(), id: object, file, batch: acting.batch, annotation, event }
}

/// Says something of a picture, and what text stands on it.
async fn written(archive: &TestArchive, acting: Acting, object: ObjectId, file: FileId, word: &str) -> AnnotationId {
    let text = format!("{word} remark");
    let (motivation, region) = (Motivation::Commenting, Some(Region::Xywh([1, 1, 9, 9].into())));
    let remark = Remark { version: None, file, region, motivation, text, language: None, authority: None };
    let (annotation, _) = archive.annotate(acting, object, None, remark).await.unwrap();
    let words = vec![Word { text: word.to_owned(), whole: None, xywh: [0, 0, 20, 10].into() }];
    let lines = vec![Line { text: format!("{word} written"), words, xywh: None }];
    let reading = Reading { version: None, file, lines, language: None, reason: None, source: None };
    archive.transcribe(acting, object, reading).await.unwrap();
    annotation
}

/// A PNG whose colour is that of the word.
pub fn png(word: &str) -> Vec<u8> {
    let shade = word.bytes().fold(0u8, u8::wrapping_add);
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 0, 0]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn picture(archive: &TestArchive, acting: Acting, object: ObjectId, word: &str) -> FileId {
    let bytes = futures::stream::iter([Ok(bytes::Bytes::from(png(word)))]);
    let staged = archive.storage.stage_stream(bytes, 1_000_000).await.unwrap();
    let file = FileId::derived(object, &staged.sha256);
    let deposit = Deposit { staged, name: format!("{word}.png"), role: FileRole::Master, order: 0 };
    archive.deposit(acting, object, vec![deposit]).await.unwrap();
    file
}
