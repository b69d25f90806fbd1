//! A harvester walks through a list while the archive is edited between its pages: nothing is lost, and the next harvest is
//! exactly the difference.

use std::collections::{BTreeMap, BTreeSet};

use fonds_schemas::{Access, ObjectId, StatementId};

use super::world::{World, all_between, said, token_of};

/// What a harvester holds: of each identifier the title, or nothing where it learnt that the record is gone.
type Held = BTreeMap<String, Option<String>>;

/// How a harvester goes about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `ListRecords`.
    Records,
    /// `ListIdentifiers`, then one `GetRecord` for each header, as Europeana does.
    HeadersThenRecords,
}

/// How much there is, and how much of it changes during a walk.
#[derive(Clone, Copy)]
struct Size {
    records: usize,
    edits: usize,
    deletions: usize,
}

/// What the gate can afford; the whole of it is [`the_whole_race`].
const SMALL: Size = Size { records: 2_000, edits: 300, deletions: 60 };
const WHOLE: Size = Size { records: 20_000, edits: 1_000, deletions: 100 };

struct Race {
    world: World,
    /// The two halves of the archive.
    wholes: [ObjectId; 2],
    objects: Vec<ObjectId>,
    size: Size,
    /// What has changed since the walk began.
    changed: BTreeSet<String>,
    lot: u64,
}

impl Race {
    async fn of(size: Size) -> Self {
        let mut world = World::opened().await;
        world.wait(60);
        let wholes = ["North", "South"].map(|title| world.accession_titled(title, title));
        let mut objects = Vec::new();
        for number in 0..size.records {
            let object = world.accession_titled(&number.to_string(), &format!("Jar {number}"));
            world.place(object, &[wholes[number % 2]], &[]);
            objects.push(object);
        }
        world.publish().await;
        Self { world, wholes, objects, size, changed: BTreeSet::new(), lot: 11 }
    }

    /// An object drawn by lot, the same ones in every run.
    fn draw(&mut self) -> ObjectId {
        self.lot = self.lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.objects[usize::try_from(self.lot >> 33).unwrap() % self.objects.len()]
    }

    /// Changes that many records, deletes some, moves some from one half to the other, and publishes that.
    async fn change(&mut self, edits: usize, deletions: usize) {
        for number in 0..edits + deletions {
            let object = self.draw();
            self.world.fold().await;
            let now = self.world.object(object);
            if !now.is_public(now.modified_at) {
                continue;
            }
            self.changed.insert(self.world.identifier(object));
            let old: Vec<StatementId> = now.statements.iter().map(|standing| standing.id).collect();
            let here = now.relations.first().map(|relation| relation.target).unwrap();
            let there = self.wholes[usize::from(here == self.wholes[0])];
            match number {
                number if number < deletions => self.world.set_access(object, Access::Withdrawn),
                number if number % 3 == 0 => self.world.place(object, &[there], &[here]),
                number => self.world.describe(object, vec![said("title", &format!("Edited {number}"))], old),
            }
        }
        self.world.publish().await;
    }

    /// Takes in what a page says; says how many records that were.
    async fn take(&self, way: Way, page: &str, held: &mut Held) -> usize {
        let headers = all_between(page, "<header", "</header>");
        let titled = |text: &str| all_between(text, "<dc:title>", "</dc:title>").pop().map(str::to_owned);
        let records = all_between(page, "<record>", "</record>");
        for (place, header) in headers.iter().enumerate() {
            let identifier = all_between(header, "<identifier>", "</identifier>")[0].to_owned();
            let title = match way {
                Way::Records => titled(records[place]),
                Way::HeadersThenRecords if header.contains("deleted") => None,
                Way::HeadersThenRecords => {
                    let query = format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}");
                    let got = self.world.ask(&query).await;
                    // What was withdrawn in between says so, and is no error.
                    assert!(got.contains("<header"), "{got}");
                    titled(&got)
                }
            };
            held.insert(identifier, title);
        }
        headers.len()
    }

    /// Walks through a list, with changes between its pages; says how many records came, and with which `from` the next
    /// walk misses nothing.
    async fn walk(&mut self, way: Way, arguments: &str, held: &mut Held, pages_of_change: usize) -> (usize, String) {
        let verb = if way == Way::Records { "ListRecords" } else { "ListIdentifiers" };
        let mut page = self.world.ask(&format!("verb={verb}&metadataPrefix=oai_dc{arguments}")).await;
        let next = all_between(&page, "<responseDate>", "</responseDate>")[0].to_owned();
        let Size { edits, deletions, .. } = self.size;
        let mut came = 0;
        for number in 0.. {
            if page.contains("<error code=\"noRecordsMatch\">") && number == 0 {
                break;
            }
            assert!(!page.contains("<error"), "{page}");
            came += self.take(way, &page, held).await;
            let Some(token) = token_of(&page) else { break };
            if number < pages_of_change {
                self.change(edits / pages_of_change, deletions / pages_of_change).await;
            }
            page = self.world.ask(&format!("verb={verb}&resumptionToken={token}")).await;
        }
        (came, next)
    }

    /// What a harvester of everything, or of one half, must hold in the end.
    fn truth(&self, half: Option<ObjectId>) -> Held {
        let mut truth = Held::new();
        for object in self.wholes.iter().chain(&self.objects) {
            let now = self.world.object(*object);
            let is_in = half.is_none_or(|half| now.relations.iter().any(|relation| relation.target == half));
            let title = now.values("title").next().map(|title| title.text.clone());
            truth.insert(self.world.identifier(*object), title.filter(|_| is_in && now.is_public(now.modified_at)));
        }
        truth
    }
}

/// Those that are there.
fn live(held: &Held) -> BTreeMap<&String, &String> {
    held.iter().filter_map(|(identifier, title)| Some((identifier, title.as_ref()?))).collect()
}

async fn check(size: Size, way: Way, half: Option<usize>) {
    let mut race = Race::of(size).await;
    let half = half.map(|half| race.wholes[half]);
    let set = half.map(|half| format!("&set={half}")).unwrap_or_default();
    let mut held = Held::new();
    let (_, next) = race.walk(way, &set, &mut held, 2).await;
    let changed = race.changed.clone();
    assert!(changed.len() > size.edits / 2, "{} changed", changed.len());
    // Whatever came after the last page was read comes with the next harvest, and nothing that did not change.
    let before = held.clone();
    let mut difference = Held::new();
    let from = format!("&from={next}{set}");
    let (came, _) = race.walk(way, &from, &mut difference, 0).await;
    assert_eq!(came, difference.len(), "no record comes twice");
    let seen: BTreeSet<String> = difference.keys().cloned().collect();
    match half {
        None => assert_eq!(seen, changed, "exactly the difference"),
        Some(_) => assert!(seen.is_subset(&changed), "nothing but the difference"),
    }
    held.extend(difference);
    let truth = race.truth(half);
    assert_eq!(live(&held), live(&truth), "nothing is lost, nothing stays that is gone");
    // Even without that second harvest no record is missing that was there all the time.
    let stood = truth.iter().filter(|(identifier, title)| title.is_some() && !changed.contains(*identifier));
    assert!(stood.into_iter().all(|(identifier, title)| before.get(identifier) == Some(title)));
}

#[tokio::test]
async fn lists_of_records_lose_nothing() {
    Box::pin(check(SMALL, Way::Records, None)).await;
}

#[tokio::test]
async fn headers_with_a_record_each_lose_nothing() {
    Box::pin(check(SMALL, Way::HeadersThenRecords, None)).await;
}

#[tokio::test]
async fn a_set_loses_nothing() {
    Box::pin(check(SMALL, Way::Records, Some(0))).await;
    Box::pin(check(SMALL, Way::HeadersThenRecords, Some(1))).await;
}

#[tokio::test]
#[ignore = "takes minutes: twenty thousand records, a thousand edits, a hundred deletions"]
async fn the_whole_race() {
    Box::pin(check(WHOLE, Way::Records, None)).await;
    Box::pin(check(WHOLE, Way::HeadersThenRecords, None)).await;
    Box::pin(check(WHOLE, Way::Records, Some(0))).await;
}
