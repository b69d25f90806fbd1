//! Change Discovery tells of what is said of images and of the text on them.

use fonds::asking::Asking;
use fonds::commands::{Reading, Remark};
use fonds_schemas::*;

use super::stream::{House, thing, told};

#[tokio::test]
async fn what_is_said_of_images_and_what_stands_on_them_is_an_update() {
    let house = House::of(2).await;
    house.picture(0).await;
    house.told().await;
    let (archive, object) = (&house.archive, thing(0));
    let file = archive
        .object(Asking::public(archive.clock.now()), object, Act::See)
        .await
        .unwrap()
        .files
        .iter()
        .next()
        .unwrap()
        .file;
    let remark = Remark {
        version: None,
        file,
        region: None,
        motivation: Motivation::Commenting,
        text: "a stain".to_owned(),
        language: None,
        authority: None,
    };
    let (annotation, _) = archive.annotate(house.acting, object, None, remark).await.unwrap();
    house.told().await;
    archive.retract_annotation(house.acting, object, annotation, "it was dust".to_owned()).await.unwrap();
    house.told().await;
    let line = Line { text: "two birds".to_owned(), words: vec![], xywh: None };
    let reading = Reading { version: None, file, lines: vec![line], language: None, reason: None, source: None };
    archive.transcribe(house.acting, object, reading).await.unwrap();
    house.told().await;
    let created = [told("Create", 0), told("Create", 1), told("Update", 0)];
    assert_eq!(house.stream().await, [&created[..], &vec![told("Update", 0); 3]].concat());
}
