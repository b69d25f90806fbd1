//! The specification, line by line: a request, and what its reply must and must not say.

use fonds_schemas::{Access, FileId, FileRole, Language, ObjectId, Sha256, Sha512, StoredFile};

use super::schema::check_valid;
use super::world::{World, all_between, said, token_of};

/// A rule, the query that tries it, what the reply holds, and what it must not hold.
type Row<'a> = (&'a str, String, &'a [&'a str], &'a [&'a str]);

/// The requests of a small archive: a live record, one that is gone, one that was never public.
struct Small {
    world: World,
    live: ObjectId,
    gone: ObjectId,
    hidden: ObjectId,
}

/// Published at 10:00:10, 10:00:20 and 10:00:30.
async fn small() -> Small {
    let mut world = World::opened().await;
    world.wait(10);
    let live = world.accession_titled("1", "Moon jar");
    let hidden = world.accession("2", Access::Restricted, vec![said("title", "Secret bowl")]);
    world.publish().await;
    let gone = world.accession_titled("3", "Sacred mask");
    world.publish().await;
    world.set_access(gone, Access::Withdrawn);
    world.publish().await;
    Small { world, live, gone, hidden }
}

async fn check(world: &World, rows: &[Row<'_>]) {
    let mut replies = Vec::new();
    for (rule, query, holds, lacks) in rows {
        let reply = world.ask(query).await;
        for wanted in *holds {
            assert!(reply.contains(wanted), "{rule}: {query} lacks {wanted}:\n{reply}");
        }
        for unwanted in *lacks {
            assert!(!reply.contains(unwanted), "{rule}: {query} holds {unwanted}:\n{reply}");
        }
        replies.push(((*rule).to_owned(), reply));
    }
    check_valid(&replies);
}

const BAD_VERB: &[&str] = &["<error code=\"badVerb\">", "<request>https://museum.example.org/oai</request>"];
const BAD_ARGUMENT: &[&str] = &["<error code=\"badArgument\">", "<request>https://museum.example.org/oai</request>"];
const BAD_TOKEN: &[&str] = &["<error code=\"badResumptionToken\">"];
const NO_SETS: &[&str] = &["<error code=\"noSetHierarchy\">", "set=\"A-z_.!~*'():9\""];
const NO_RECORDS: &[&str] = &["<error code=\"noRecordsMatch\">"];

fn row<'a>(rule: &'a str, query: &str, holds: &'a [&'a str]) -> Row<'a> {
    (rule, query.to_owned(), holds, &[])
}

#[tokio::test]
async fn requests_are_read_strictly() {
    let small = small().await;
    let long = format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", "a".repeat(3000));
    let flood = format!("verb=Identify{}", "&x=y".repeat(10_000));
    let rows = [
        row("no verb", "", BAD_VERB),
        row("an empty verb", "verb=", BAD_VERB),
        row("an unknown verb", "verb=Destroy", BAD_VERB),
        row("a verb in another case", "verb=identify", BAD_VERB),
        row("a verb twice", "verb=Identify&verb=Identify", BAD_VERB),
        row("a verb that is no UTF-8", "verb=%FF", BAD_VERB),
        row("an unknown argument", "verb=Identify&a=b", BAD_ARGUMENT),
        row("an argument of another verb", "verb=Identify&metadataPrefix=oai_dc", BAD_ARGUMENT),
        row("a repeated argument", "verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", BAD_ARGUMENT),
        row("a missing argument", "verb=ListRecords", BAD_ARGUMENT),
        row("a missing argument", "verb=ListIdentifiers&from=2026-11-21", BAD_ARGUMENT),
        row("a missing argument", "verb=GetRecord&metadataPrefix=oai_dc", BAD_ARGUMENT),
        row("a missing argument", "verb=GetRecord&identifier=oai:x:y", BAD_ARGUMENT),
        row("an empty argument", "verb=ListRecords&metadataPrefix=", BAD_ARGUMENT),
        row("an empty argument", "verb=ListRecords&metadataPrefix=oai_dc&from=", BAD_ARGUMENT),
        row("an empty argument", "verb=ListRecords&metadataPrefix=oai_dc&set=", BAD_ARGUMENT),
        row("an empty argument", "verb=GetRecord&metadataPrefix=oai_dc&identifier=", BAD_ARGUMENT),
        row("an empty argument", "verb=ListMetadataFormats&identifier=", BAD_ARGUMENT),
        row("an argument without a value", "verb=GetRecord&metadataPrefix=oai_dc&identifier", BAD_ARGUMENT),
        row("an empty token", "verb=ListRecords&resumptionToken=", BAD_ARGUMENT),
        row("a verb in the plural", "verb=GetRecords&identifier=a&metadataPrefix=b", BAD_VERB),
        row("a token twice", "verb=ListRecords&resumptionToken=x&resumptionToken=x", BAD_ARGUMENT),
        row("a token beside a date", "verb=ListIdentifiers&resumptionToken=x&until=2026-11-21", BAD_ARGUMENT),
        row("a token beside something", "verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", BAD_ARGUMENT),
        row("a token beside something", "verb=ListSets&resumptionToken=x&set=y", BAD_ARGUMENT),
        row("a token where there is none", "verb=Identify&resumptionToken=x", BAD_ARGUMENT),
        row("a prefix of other characters", "verb=ListRecords&metadataPrefix=oai%20dc", BAD_ARGUMENT),
        row("a set of other characters", "verb=ListRecords&metadataPrefix=oai_dc&set=a::b", BAD_ARGUMENT),
        row("a set of other characters", "verb=ListRecords&metadataPrefix=oai_dc&set=a/b", BAD_ARGUMENT),
        row("a set of other characters", "verb=ListRecords&metadataPrefix=oai_dc&set=:a", BAD_ARGUMENT),
        row("a set of allowed characters", "verb=ListRecords&metadataPrefix=oai_dc&set=A-z_.!~*'():9", NO_SETS),
        row("an identifier that is no URI", "verb=GetRecord&metadataPrefix=oai_dc&identifier=a%22b", BAD_ARGUMENT),
        row("NUL", "verb=GetRecord&metadataPrefix=oai_dc&identifier=a%00b", BAD_ARGUMENT),
        row("a control character", "verb=GetRecord&metadataPrefix=oai_dc&identifier=a%0Bb", BAD_ARGUMENT),
        row("broken UTF-8", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%C3%28", BAD_ARGUMENT),
        row("a noncharacter", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%EF%BF%BE", BAD_ARGUMENT),
        row("a broken escape", "verb=GetRecord&metadataPrefix=oai_dc&identifier=a%2", BAD_ARGUMENT),
        row("a name that is no UTF-8", "verb=Identify&%FF%FE=1", BAD_ARGUMENT),
        row("a hostile name", "verb=Identify&%3Cb%3E%0B%22=1", BAD_ARGUMENT),
        row("an argument that is too long", &long, BAD_ARGUMENT),
        row("a flood of arguments", &flood, BAD_ARGUMENT),
        row(
            "everything that is wrong",
            "verb=GetRecord&x=1",
            &[" has no argument", "needs the argument identifier", "needs the argument metadataPrefix"],
        ),
        row("an escaped argument", "verb=ListRecords&metadataPrefix=oai%5Fdc", &["Moon jar"]),
    ];
    check(&small.world, &rows).await;
    assert_eq!(
        small.world.ask_raw(b"", b"verb=ListRecords&metadataPrefix=oai_dc").await,
        small.world.ask("verb=ListRecords&metadataPrefix=oai_dc").await,
        "a POST is answered as a GET is"
    );
    let twice = small.world.ask_raw(b"verb=Identify", b"verb=Identify").await;
    assert!(twice.contains("badVerb"), "a verb in the address and one in the form are two");
}

#[tokio::test]
async fn dates_are_inclusive_and_of_one_granularity() {
    let small = small().await;
    let list = |rest: &str| format!("verb=ListIdentifiers&metadataPrefix=oai_dc&{rest}");
    let (live, gone) = (small.live.to_string(), small.gone.to_string());
    let (live, gone): (&[&str], &[&str]) = (&[&live], &[&gone]);
    let rows: Vec<Row<'_>> = vec![
        ("both ends count", list("from=2026-11-21T10:00:10Z&until=2026-11-21T10:00:10Z"), live, gone),
        ("from counts", list("from=2026-11-21T10:00:30Z"), gone, live),
        ("until counts", list("until=2026-11-21T10:00:10Z"), live, gone),
        ("after from", list("from=2026-11-21T10:00:11Z"), gone, live),
        ("a day as from", list("from=2026-11-21"), live, &[]),
        ("a day as until runs to its end", list("until=2026-11-21"), gone, &[]),
        ("until in the future is taken back to now", list("until=2999-12-31"), gone, &[]),
        ("from in the future", list("from=2999-12-31"), NO_RECORDS, &[]),
        ("until before the first", list("until=2020-01-01"), NO_RECORDS, &[]),
        ("a record has the date of its last change", list("until=2026-11-21T10:00:20Z"), live, gone),
        ("between changes", list("from=2026-11-21T10:00:12Z&until=2026-11-21T10:00:19Z"), NO_RECORDS, &[]),
        ("one day", list("from=2026-11-21&until=2026-11-21"), gone, &[]),
        ("the day before", list("until=2026-11-20"), NO_RECORDS, &[]),
        ("the day after", list("from=2026-11-22"), NO_RECORDS, &[]),
        ("an impossible hour", list("from=2026-11-21T24:00:00Z"), BAD_ARGUMENT, &[]),
        ("no Z", list("from=2026-11-21T10:00:00"), BAD_ARGUMENT, &[]),
        ("minutes", list("from=2026-11-21T10:00Z"), BAD_ARGUMENT, &[]),
        ("both ends wrong", list("from=x&until=y"), BAD_ARGUMENT, &[]),
        ("from after until", list("from=2026-11-22&until=2026-11-21"), BAD_ARGUMENT, &[]),
        ("two granularities", list("from=2026-11-21&until=2026-11-22T00:00:00Z"), BAD_ARGUMENT, &[]),
        ("fractions", list("from=2026-11-21T10:00:00.5Z"), BAD_ARGUMENT, &[]),
        ("an offset", list("from=2026-11-21T10:00:00%2B01:00"), BAD_ARGUMENT, &[]),
        ("a day that is not", list("from=2026-02-30"), BAD_ARGUMENT, &[]),
        ("a date that is not", list("until=yesterday"), BAD_ARGUMENT, &[]),
        ("the first datestamp", list("from=0001-01-01"), live, &[]),
    ];
    check(&small.world, &rows).await;
}

#[tokio::test]
async fn replies_say_what_they_must() {
    let small = small().await;
    let (world, live, gone, hidden) = (&small.world, small.live, small.gone, small.hidden);
    let get = |object: &str, prefix: &str| format!("verb=GetRecord&metadataPrefix={prefix}&identifier={object}");
    let live_id = world.identifier(live);
    let of = |id: ObjectId| world.identifier(id);
    let live_header =
        format!("<header><identifier>{live_id}</identifier><datestamp>2026-11-21T10:00:10Z</datestamp></header>");
    let gone_header = format!(
        "<header status=\"deleted\"><identifier>{}</identifier><datestamp>2026-11-21T10:00:30Z</datestamp></header></record>",
        of(gone)
    );
    let request = format!("<request verb=\"GetRecord\" metadataPrefix=\"oai_dc\" identifier=\"{live_id}\">");
    let request: &[&str] = &[&request, "<dc:title>Moon jar</dc:title>", &live_header];
    let gone_record: &[&str] = &[&gone_header];
    let unknown: &[&str] = &["<error code=\"idDoesNotExist\">", "<request verb=\"GetRecord\" "];
    let records: &[&str] = &["Moon jar", &live_header, &gone_header];
    let headers: &[&str] = &[&live_header, "status=\"deleted\""];
    let no_metadata: &[&str] = &["<metadata>"];
    let rows: Vec<Row<'_>> = vec![
        (
            "identify",
            "verb=Identify".to_owned(),
            &[
                "<repositoryName>Museum of Tests &amp; Trials</repositoryName><baseURL>https://museum.example.org/oai</baseURL><protocolVersion>2.0</protocolVersion><adminEmail>archivist@museum.example.org</adminEmail><earliestDatestamp>2026-11-21T10:00:00Z</earliestDatestamp><deletedRecord>persistent</deletedRecord><granularity>YYYY-MM-DDThh:mm:ssZ</granularity><compression>gzip</compression><description><oai-identifier",
                "<repositoryIdentifier>museum.example.org</repositoryIdentifier>",
                // Two seconds ago: nothing that is still to be published can be as early.
                "<responseDate>2026-11-21T10:00:38Z</responseDate><request verb=\"Identify\">",
            ],
            &[],
        ),
        ("formats", "verb=ListMetadataFormats".to_owned(), &["<metadataPrefix>oai_dc</metadataPrefix>"], &[]),
        ("formats of an item", format!("verb=ListMetadataFormats&identifier={live_id}"), &["oai_dc"], &[]),
        ("formats of a deleted item", format!("verb=ListMetadataFormats&identifier={}", of(gone)), &["oai_dc"], &[]),
        ("formats of nothing", "verb=ListMetadataFormats&identifier=oai:x:y".to_owned(), &["idDoesNotExist"], &[]),
        (
            "formats of the hidden",
            format!("verb=ListMetadataFormats&identifier={}", of(hidden)),
            &["idDoesNotExist"],
            &[],
        ),
        ("sets", "verb=ListSets".to_owned(), &["<error code=\"noSetHierarchy\">"], &[]),
        ("more sets", "verb=ListSets&resumptionToken=x".to_owned(), BAD_TOKEN, &[]),
        ("a set", "verb=ListRecords&metadataPrefix=oai_dc&set=a:b".to_owned(), &["noSetHierarchy"], &[]),
        ("a record", get(&live_id, "oai_dc"), request, &[]),
        ("a record that is gone", get(&of(gone), "oai_dc"), gone_record, no_metadata),
        ("a record that is hidden", get(&of(hidden), "oai_dc"), unknown, &["Secret"]),
        ("a record that is not", get("oai:museum.example.org:0000000000000000", "oai_dc"), unknown, &[]),
        ("a record elsewhere", get(&format!("oai:other.example.org:{live}"), "oai_dc"), unknown, &[]),
        ("a bare id", get(&live.to_string(), "oai_dc"), unknown, &[]),
        ("another format", get(&live_id, "onix"), &["cannotDisseminateFormat"], &[]),
        ("another format of nothing", get("oai:x:y", "onix"), &["idDoesNotExist"], &[]),
        (
            "a list in another format",
            "verb=ListRecords&metadataPrefix=onix".to_owned(),
            &["cannotDisseminateFormat"],
            &[],
        ),
        (
            "a list",
            "verb=ListRecords&metadataPrefix=oai_dc".to_owned(),
            records,
            &["Secret", "Sacred", "resumptionToken"],
        ),
        (
            "headers",
            "verb=ListIdentifiers&metadataPrefix=oai_dc".to_owned(),
            headers,
            &["<metadata>", "resumptionToken", "<record>"],
        ),
        ("junk as a token", "verb=ListRecords&resumptionToken=junk".to_owned(), BAD_TOKEN, &[]),
        ("digits as a token", format!("verb=ListRecords&resumptionToken={}", "0".repeat(120)), BAD_TOKEN, &[]),
    ];
    check(world, &rows).await;
}

#[tokio::test]
async fn what_is_taken_back_is_gone_before_that_is_published() {
    let mut small = small().await;
    let live = small.world.identifier(small.live);
    small.world.set_access(small.live, Access::Restricted);
    small.world.fold().await;
    let named: &[&str] = &[&live];
    let rows: Vec<Row<'_>> = vec![
        ("a record", format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={live}"), &["\"deleted\""], &["Moon"]),
        ("a list", "verb=ListRecords&metadataPrefix=oai_dc".to_owned(), named, &["Moon", "<header>"]),
        ("headers", "verb=ListIdentifiers&metadataPrefix=oai_dc".to_owned(), named, &["<header>"]),
    ];
    check(&small.world, &rows).await;
}

#[tokio::test]
async fn an_archive_without_records_answers() {
    let mut world = World::opened().await;
    world.fold().await;
    world.wait(10);
    let rows = [
        row("identify", "verb=Identify", &["<earliestDatestamp>2026-11-21T10:00:00Z</earliestDatestamp>"]),
        row("a list", "verb=ListRecords&metadataPrefix=oai_dc", NO_RECORDS),
    ];
    check(&world, &rows).await;
}

#[tokio::test]
async fn pages_are_counted_and_end_as_they_must() {
    let mut world = World::opened().await;
    for number in 0..1000 {
        world.accession_titled(&number.to_string(), "Jar");
    }
    world.publish().await;
    let first = world.ask("verb=ListIdentifiers&metadataPrefix=oai_dc").await;
    assert_eq!(all_between(&first, "<header>", "</header>").len(), 500);
    assert!(first.contains("completeListSize=\"1000\" cursor=\"0\">"), "{first}");
    let token = token_of(&first).unwrap();
    assert!(token.len() < 200 && token.chars().all(|c| c.is_ascii_alphanumeric()), "{token}");
    let second = world.ask(&format!("verb=ListIdentifiers&resumptionToken={token}")).await;
    assert_eq!(all_between(&second, "<header>", "</header>").len(), 500, "the total is a multiple of the page");
    assert!(
        second.contains("<resumptionToken completeListSize=\"1000\" cursor=\"500\"></resumptionToken>"),
        "{second}"
    );
    let again = world.ask(&format!("verb=ListIdentifiers&resumptionToken={token}")).await;
    assert_eq!(second, again, "the latest token may be sent again");
    let other = world.ask(&format!("verb=ListRecords&resumptionToken={token}")).await;
    assert!(other.contains("badResumptionToken"), "{other}");
    let tampered = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { "1" } else { "0" });
    let tampered = world.ask(&format!("verb=ListIdentifiers&resumptionToken={tampered}")).await;
    assert!(tampered.contains("badResumptionToken"), "{tampered}");
    check_valid(&[("first".to_owned(), first), ("second".to_owned(), second), ("other".to_owned(), other)]);
}

#[tokio::test]
async fn long_records_make_short_pages() {
    let mut world = World::opened().await;
    let long = "wheel-thrown porcelain, ".repeat(2_500);
    for number in 0..60 {
        world.accession_titled(&number.to_string(), &long);
    }
    world.publish().await;
    let first = world.ask("verb=ListRecords&metadataPrefix=oai_dc").await;
    assert!(first.len() < (2 << 20) + 70_000, "{} bytes", first.len());
    let second = world.ask(&format!("verb=ListRecords&resumptionToken={}", token_of(&first).unwrap())).await;
    let records = |page: &str| all_between(page, "<record>", "</record>").len();
    assert_eq!(records(&first) + records(&second), 60);
}

#[tokio::test]
async fn a_record_is_golden() {
    let mut world = World::opened().await;
    let mut title = said("title", "달항아리");
    title.language = Some(Language::parse("ko").unwrap());
    let mut created = said("date_created", "second half of the 17th century");
    created.edtf = Some("1650/1699".to_owned());
    let mut rights = said("rights", "Public domain");
    rights.authority = Some("http://creativecommons.org/publicdomain/mark/1.0/".to_owned());
    let statements = vec![
        said("title", "Moon jar"),
        title,
        said("alternative", "White <porcelain> jar & lid"),
        said("creator", "Unknown \u{b}potter"),
        created,
        said("object_type", "jar"),
        said("material", "porcelain"),
        said("technique", "wheel throwing"),
        said("dimensions", "45.1 × 43.8 cm"),
        said("period", "Joseon"),
        said("place", "Gwangju"),
        said("subject", "moon 🌕"),
        said("subject", "moon 🌕"),
        said("inscription", "\u{1b170}\u{1b171}"),
        said("identifier", "1979.413.1"),
        said("holding_institution", "Museum of Tests"),
        rights,
        said("http://purl.org/dc/terms/abstract", "A large round jar"),
        said("http://example.org/ns#weight", "3 kg"),
    ];
    let object = world.accession("1979.413.1", Access::Public, statements);
    let sha256 = Sha256::of(b"jar");
    world.store_file(
        object,
        StoredFile {
            bytes: 3,
            duration_ms: None,
            file: FileId::derived(object, &sha256),
            height: Some(2),
            media_type: "image/tiff".to_owned(),
            name: "jar.tif".to_owned(),
            order: 0,
            pages: vec![],
            path: "x".to_owned(),
            role: FileRole::Master,
            sha256,
            sha512: Sha512::of(b"jar"),
            width: Some(2),
        },
    );
    world.publish().await;
    let reply =
        world.ask(&format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", world.identifier(object))).await;
    check_valid(&[("golden".to_owned(), reply.clone())]);
    // One element a line, for whoever reads the file.
    let golden = include_str!("moon_jar.oai_dc.xml");
    assert_eq!(reply.replace("><", ">\n<"), golden, "tests/oai/moon_jar.oai_dc.xml");
}
