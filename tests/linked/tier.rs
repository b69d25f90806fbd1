//! What Europeana would make of an object, on its page.

use fonds_schemas::Access;

use crate::iiif::stream::{House, thing};

async fn page(house: &House, number: usize) -> String {
    house.told().await;
    let answer = house.archive.ask(&format!("/o/{}", thing(number))).await;
    assert_eq!(answer.status, 200);
    answer.text()
}

#[tokio::test]
async fn a_page_says_what_a_record_for_europeana_lacks() {
    let house = House::of(1).await;
    let text = page(&house, 0).await;
    assert!(text.contains("For Europeana") && text.contains("no record yet"), "{text}");
    for wanting in ["a licence or rights statement", "a subject, type, period or place", "a file, or a type"] {
        assert!(text.contains(wanting), "{wanting}: {text}");
    }
    assert!(!text.contains("a title or a description</li>"), "it has a title");
}

#[tokio::test]
async fn a_page_says_which_tiers_a_record_has_and_why() {
    let house = House::of(1).await;
    house.describe(0, "rights", "http://creativecommons.org/publicdomain/zero/1.0/").await;
    house.describe(0, "object_type", "photograph").await;
    house.picture(0).await;
    let text = page(&house, 0).await;
    assert!(text.contains("content tier 0 (0 to 4)"), "an image of 40 × 30 pixels: {text}");
    assert!(text.contains("Its image has 0.00 megapixels (40 × 30)."), "{text}");
    assert!(text.contains("An image of 0.10 megapixels or more gives tier 1."), "{text}");
}

#[tokio::test]
async fn what_is_not_public_is_not_judged() {
    let house = House::of(1).await;
    house.set_access(0, Access::Restricted).await;
    house.told().await;
    let token =
        house.archive.issue_token(house.acting, house.acting.agent, fonds_schemas::Scope::Read, "a test", None).await;
    let token = token.unwrap().secret.reveal().to_owned();
    house.told().await;
    let answer = house.archive.ask_with(&token, &format!("/o/{}", thing(0))).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text().contains("Europeana"));
    assert_eq!(answer.headers["cache-control"], "private, no-cache");
}
