//! What is said of images and what stands on them, as events make it: versions, and what is found by its words.

use fonds_projections::Stores;
use fonds_projections::annotations::{self, Mark, Sought, Source};
use fonds_schemas::*;

use super::story::{Story, archive, fold};

struct Jar {
    stores: Stores,
    story: Story,
    object: ObjectId,
    file: FileId,
}

const ID: AnnotationId = AnnotationId::from_random([5; 10]);

async fn jar() -> Jar {
    let mut story = Story::new();
    let object = story.accession("jar", Access::Public, &[]);
    let file = story.store(object, "jar.jpg", 1);
    let stores = archive().await;
    fold(&stores, &story, 0, 10).await;
    Jar { stores, story, object, file }
}

impl Jar {
    async fn then(&mut self, tell: impl FnOnce(&mut Story, ObjectId, FileId)) {
        let stood = self.story.events.len();
        tell(&mut self.story, self.object, self.file);
        fold(&self.stores, &self.story, stood, 1).await;
    }

    /// The texts that answer, and how many there are in all.
    async fn found(&self, question: &str, page: (u32, u32)) -> (u64, Vec<String>) {
        let (pg, sought) = (&self.stores.pg, Sought::read(question).unwrap());
        let found = annotations::search(pg, self.object, &[self.file], &sought, None, page).await.unwrap();
        let text = |source| match source {
            Source::Line(_, line) => line.text,
            Source::Annotation(said) => said.body.text,
        };
        (found.total, found.hits.into_iter().map(|hit| text(hit.source)).collect())
    }

    async fn check(&self, question: &str, texts: &[&str]) {
        let (total, found) = self.found(question, (0, 50)).await;
        assert_eq!((found, total), (texts.iter().map(|text| (*text).to_owned()).collect(), texts.len() as u64));
    }

    async fn marks(&self) -> Vec<bool> {
        let mut marks = annotations::marks(&self.stores.pg, self.object).await.unwrap();
        marks.sort_by_key(|mark| mark.is_text);
        marks.iter().map(|Mark { is_text, .. }| *is_text).collect()
    }
}

#[tokio::test]
async fn an_annotation_is_replaced_and_keeps_the_moment_at_which_it_was_first_said() {
    let mut jar = jar().await;
    jar.then(|story, object, file| story.annotate(ID, object, file, "a blue jar")).await;
    let first = annotations::annotation(&jar.stores.pg, ID).await.unwrap().unwrap();
    assert_eq!(first.created_at, first.modified_at);
    jar.then(|story, object, file| story.annotate(ID, object, file, "a white jar")).await;
    let now = annotations::annotation(&jar.stores.pg, ID).await.unwrap().unwrap();
    assert_eq!((now.body.text.as_str(), now.created_at), ("a white jar", first.created_at));
    assert!(now.modified_at > first.modified_at && now.seq > first.seq);
    jar.check("jar", &["a white jar"]).await;
    jar.check("blue", &[]).await;
}

#[tokio::test]
async fn what_is_taken_back_is_not_found() {
    let mut jar = jar().await;
    jar.then(|story, object, file| story.annotate(ID, object, file, "a blue jar")).await;
    assert_eq!(jar.marks().await, [false]);
    jar.then(|story, object, _| story.retract_annotation(ID, object)).await;
    assert_eq!(annotations::annotation(&jar.stores.pg, ID).await.unwrap(), None);
    assert_eq!(annotations::of_object(&jar.stores.pg, jar.object).await.unwrap(), []);
    jar.check("jar", &[]).await;
    assert!(jar.marks().await.is_empty());
}

#[tokio::test]
async fn a_transcript_takes_the_place_of_the_one_before() {
    let mut jar = jar().await;
    jar.then(|story, object, file| story.transcribe(object, file, &["on the base", "of the jar"])).await;
    jar.check("the", &["on the base", "of the jar"]).await;
    jar.then(|story, object, file| story.transcribe(object, file, &["on the foot"])).await;
    jar.check("the", &["on the foot"]).await;
    assert_eq!(jar.marks().await, [true]);
    jar.then(|story, object, file| story.transcribe(object, file, &[])).await;
    jar.check("the", &[]).await;
    assert!(jar.marks().await.is_empty());
    let text = annotations::transcript(&jar.stores.pg, jar.file).await.unwrap().unwrap();
    assert!(text.body.lines.is_empty());
}

#[tokio::test]
async fn questions_are_asked_of_lines_and_annotations() {
    let mut jar = jar().await;
    let lines = ["There are two birds", "in the bush; two, birds", "달항아리 白磁", "Čapek's jars"];
    jar.then(|story, object, file| story.transcribe(object, file, &lines)).await;
    jar.then(|story, object, file| story.annotate(ID, object, file, "birds, two")).await;
    jar.check("two bird", &["There are two birds", "in the bush; two, birds", "birds, two"]).await;
    jar.check("\"two birds\"", &["There are two birds", "in the bush; two, birds"]).await;
    jar.check("\"two bird\"", &[]).await;
    jar.check("항아", &["달항아리 白磁"]).await;
    jar.check("\"항아리 白\"", &["달항아리 白磁"]).await;
    jar.check("capek jar", &["Čapek's jars"]).await;
    jar.check("?!", &[]).await;
    jar.check("", &["There are two birds", "in the bush; two, birds", "달항아리 白磁", "Čapek's jars", "birds, two"])
        .await;
}

#[tokio::test]
async fn pages_of_hits_follow_one_another() {
    let mut jar = jar().await;
    let lines: Vec<String> = (1..=7).map(|number| format!("line {number}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    jar.then(|story, object, file| story.transcribe(object, file, &lines)).await;
    assert_eq!(jar.found("line", (0, 3)).await, (7, vec!["line 1".into(), "line 2".into(), "line 3".into()]));
    assert_eq!(jar.found("line", (6, 3)).await, (7, vec!["line 7".into()]));
    assert_eq!(jar.found("line", (7, 3)).await, (7, vec![]));
}

#[tokio::test]
async fn texts_of_images_that_are_not_asked_for_are_not_counted() {
    let mut jar = jar().await;
    jar.then(|story, object, file| story.transcribe(object, file, &["a jar"])).await;
    let sought = Sought::read("jar").unwrap();
    let found = annotations::search(&jar.stores.pg, jar.object, &[], &sought, None, (0, 9)).await.unwrap();
    assert_eq!(found.total, 0);
    let terms = annotations::terms(&jar.stores.pg, jar.object, &[], "ja", None, (1, 9)).await.unwrap();
    assert!(terms.is_empty());
}

#[tokio::test]
async fn words_are_completed_in_the_order_of_their_letters() {
    let mut jar = jar().await;
    let lines = ["Birds and a bird", "the birthday of a bird", "a bűrd"];
    jar.then(|story, object, file| story.transcribe(object, file, &lines)).await;
    let terms = |beginning: &'static str, least: u32| {
        let (pg, object, files) = (jar.stores.pg.clone(), jar.object, [jar.file]);
        async move {
            let terms = annotations::terms(&pg, object, &files, beginning, None, (least, 9)).await.unwrap();
            terms.into_iter().map(|term| (term.word, term.count)).collect::<Vec<_>>()
        }
    };
    let all = [("bird".to_owned(), 2), ("birds".to_owned(), 1), ("birthday".to_owned(), 1)];
    assert_eq!(terms("bir", 1).await, all);
    assert_eq!(terms("BÜR", 1).await, [("burd".to_owned(), 1)]);
    assert_eq!(terms("bir", 2).await, all[..1]);
    assert!(terms("'bir | x", 1).await.is_empty());
    assert!(terms("~", 1).await.is_empty());
}
