//! What makes a reply right or wrong: a function for each thing that can be.

use std::collections::BTreeSet;

use super::super::date::Date;
use super::ask::{Answer, Missing};
use super::known::{Known, content, headers, token_of};
use super::reply::{Element, OAI};

/// Why a rule is not found to be kept.
pub(super) enum Wrong {
    Broken(String),
    /// The repository holds nothing that would show it.
    Unseen(String),
}

/// What comes of judging.
pub(super) type Judgement = Result<(), Wrong>;

/// The finer granularity.
const SECONDS: &str = "YYYY-MM-DDThh:mm:ssZ";

fn broken<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Broken(why.into()))
}

fn holds(truth: bool, why: impl FnOnce() -> String) -> Judgement {
    if truth { Ok(()) } else { broken(why()) }
}

/// The document of a reply, which every rule needs.
fn document(answer: &Answer) -> Result<&Element, Wrong> {
    let came = answer.came.as_ref().map_err(|missing| match missing {
        Missing::Failed(why) => Wrong::Broken(why.clone()),
        Missing::NotAsked(why) => Wrong::Unseen((*why).to_owned()),
    })?;
    if came.status != 200 {
        return broken(format!("the status is {} instead of 200", came.status));
    }
    let root = came.document.as_ref().map_err(|why| Wrong::Broken(why.clone()))?;
    if root.name != "OAI-PMH" || root.namespace != OAI {
        return broken(format!("the root is {} in the namespace {:?}", root.name, root.namespace));
    }
    Ok(root)
}

fn codes(root: &Element) -> Vec<&str> {
    root.all("error").map(|error| error.attribute("code").unwrap_or_default()).collect()
}

/// The content of a reply that must not refuse.
fn given<'a>(answer: &'a Answer, verb: &'a str) -> Result<&'a Element, Wrong> {
    let root = document(answer)?;
    let missing = || match codes(root).join(", ") {
        codes if codes.is_empty() => Wrong::Broken(format!("there is no {verb} in the reply")),
        codes => Wrong::Broken(format!("it is refused with {codes}")),
    };
    root.child(verb).ok_or_else(missing)
}

/// That a reply refuses with one of these codes.
fn refused(answer: &Answer, allowed: &[&str]) -> Judgement {
    let root = document(answer)?;
    let found = codes(root);
    if found.is_empty() {
        return broken(format!("it is not refused; {} was expected", allowed.join(" or ")));
    }
    let is_right = found.iter().any(|code| allowed.contains(code));
    holds(is_right, || format!("it is refused with {} instead of {}", found.join(", "), allowed.join(" or ")))
}

/// That it refuses, and then repeats no argument (§3.6).
fn refused_plainly(answer: &Answer, code: &str) -> Judgement {
    refused(answer, &[code])?;
    let request = document(answer)?.child("request");
    let attributes = request.map_or(0, |request| request.attributes.len());
    holds(attributes == 0, || format!("<request> repeats arguments, which it must not with {code}"))
}

pub(super) fn bad_verb(answer: &Answer, _: &Known) -> Judgement {
    refused_plainly(answer, "badVerb")
}
pub(super) fn bad_argument(answer: &Answer, _: &Known) -> Judgement {
    refused_plainly(answer, "badArgument")
}
pub(super) fn bad_token(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["badResumptionToken"])
}
pub(super) fn no_format(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["cannotDisseminateFormat"])
}
pub(super) fn no_item(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["idDoesNotExist"])
}
pub(super) fn no_records(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["noRecordsMatch"])
}
pub(super) fn no_such_set(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["noRecordsMatch", "noSetHierarchy", "badArgument"])
}
pub(super) fn no_or_bad_item(answer: &Answer, _: &Known) -> Judgement {
    refused(answer, &["idDoesNotExist", "badArgument"])
}

pub(super) fn is_xml(answer: &Answer, _: &Known) -> Judgement {
    document(answer)?;
    let media_type = answer.came.as_ref().map(|came| came.media_type.to_ascii_lowercase()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    holds(essence == "text/xml", || format!("the media type is {media_type:?} instead of text/xml"))?;
    let charset = media_type.split_once("charset=").map_or("utf-8", |(_, charset)| charset.trim_matches(['"', ' ']));
    holds(charset == "utf-8", || format!("the charset is {charset}"))
}

pub(super) fn has_frame(answer: &Answer, known: &Known) -> Judgement {
    let root = document(answer)?;
    let date = root.value("responseDate").unwrap_or_default();
    holds(matches!(Date::parse(date), Some(Date::Second(_))), || format!("responseDate is {date:?}"))?;
    let request = root.child("request");
    let base = request.map(|request| request.text.trim()).unwrap_or_default();
    holds(is_base(known, base), || format!("<request> says {base:?}"))?;
    let verb = request.and_then(|request| request.attribute("verb")).unwrap_or_default();
    holds(verb == "Identify", || format!("<request> says verb={verb:?}"))
}

fn is_base(known: &Known, base: &str) -> bool {
    known.bases.iter().any(|known| known.trim_end_matches('/') == base.trim_end_matches('/'))
}

/// The elements of `Identify` in their order, with the least and the most of each.
const IDENTIFY: &[(&str, usize, usize)] = &[
    ("repositoryName", 1, 1),
    ("baseURL", 1, 1),
    ("protocolVersion", 1, 1),
    ("adminEmail", 1, usize::MAX),
    ("earliestDatestamp", 1, 1),
    ("deletedRecord", 1, 1),
    ("granularity", 1, 1),
    ("compression", 0, usize::MAX),
    ("description", 0, usize::MAX),
];

pub(super) fn identify_order(answer: &Answer, _: &Known) -> Judgement {
    let identify = given(answer, "Identify")?;
    let mut rest = identify.children.iter().peekable();
    for (name, least, most) in IDENTIFY {
        let mut count = 0;
        while rest.next_if(|child| child.name == *name).is_some() {
            count += 1;
        }
        holds((*least..=*most).contains(&count), || format!("{name} stands {count} times where it belongs"))?;
    }
    rest.next().map_or(Ok(()), |odd| broken(format!("{} does not belong there", odd.name)))
}

pub(super) fn identify_base(answer: &Answer, known: &Known) -> Judgement {
    let base = given(answer, "Identify")?.value("baseURL").unwrap_or_default();
    holds(is_base(known, base), || format!("baseURL is {base:?}, asked was {}", known.bases.join(" or ")))
}

pub(super) fn identify_version(answer: &Answer, _: &Known) -> Judgement {
    let version = given(answer, "Identify")?.value("protocolVersion").unwrap_or_default();
    holds(version == "2.0", || format!("protocolVersion is {version:?}"))
}

pub(super) fn identify_email(answer: &Answer, _: &Known) -> Judgement {
    for email in given(answer, "Identify")?.all("adminEmail") {
        let email = email.text.trim();
        let right = email.split_once('@').is_some_and(|(local, host)| {
            local.chars().count() > 1
                && host.contains('.')
                && !email.contains(char::is_whitespace)
                && !host.contains('@')
        });
        holds(right, || format!("adminEmail is {email:?}"))?;
    }
    Ok(())
}

pub(super) fn identify_deletions(answer: &Answer, _: &Known) -> Judgement {
    let policy = given(answer, "Identify")?.value("deletedRecord").unwrap_or_default();
    holds(["no", "persistent", "transient"].contains(&policy), || format!("deletedRecord is {policy:?}"))
}

/// Whether a datestamp is as fine as the repository says.
fn is_fine(known: &Known, datestamp: &str) -> bool {
    match Date::parse(datestamp) {
        Some(Date::Day(_)) => known.granularity == "YYYY-MM-DD",
        Some(Date::Second(_)) => known.granularity == SECONDS,
        None => false,
    }
}

pub(super) fn identify_granularity(answer: &Answer, known: &Known) -> Judgement {
    given(answer, "Identify")?;
    let Known { granularity, earliest, .. } = known;
    holds([SECONDS, "YYYY-MM-DD"].contains(&granularity.as_str()), || format!("granularity is {granularity:?}"))?;
    holds(is_fine(known, earliest), || format!("earliestDatestamp is {earliest:?}, granularity {granularity}"))
}

pub(super) fn identify_scheme(answer: &Answer, known: &Known) -> Judgement {
    let described = given(answer, "Identify")?.all("description").flat_map(|one| &one.children);
    let scheme = described.into_iter().find(|one| one.name == "oai-identifier");
    let Some(scheme) = scheme else { return Err(Wrong::Unseen("there is no oai-identifier".to_owned())) };
    let repository = scheme.value("repositoryIdentifier").unwrap_or_default();
    let prefix = format!("oai:{repository}:");
    let named = [scheme.value("sampleIdentifier"), known.live.as_ref().map(|live| live.identifier.as_str())];
    match named.into_iter().flatten().find(|identifier| !identifier.starts_with(&prefix)) {
        Some(other) => broken(format!("{other} does not begin with {prefix}")),
        None => Ok(()),
    }
}

pub(super) fn formats(answer: &Answer, _: &Known) -> Judgement {
    let formats = given(answer, "ListMetadataFormats")?;
    let dc = formats.all("metadataFormat").find(|format| format.value("metadataPrefix") == Some("oai_dc"));
    let Some(dc) = dc else { return broken("oai_dc is not offered") };
    let namespace = dc.value("metadataNamespace").unwrap_or_default();
    holds(namespace == "http://www.openarchives.org/OAI/2.0/oai_dc/", || format!("its namespace is {namespace:?}"))?;
    let schema = dc.value("schema").unwrap_or_default();
    holds(schema == "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", || format!("its schema is {schema:?}"))
}

pub(super) fn sets(answer: &Answer, _: &Known) -> Judgement {
    let root = document(answer)?;
    if codes(root) == ["noSetHierarchy"] {
        return Ok(());
    }
    for set in given(answer, "ListSets")?.all("set") {
        let spec = set.value("setSpec").unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c);
        let right = spec.split(':').all(|level| !level.is_empty() && level.chars().all(allowed));
        holds(right, || format!("a setSpec is {spec:?}"))?;
        holds(set.child("setName").is_some(), || format!("the set {spec} has no setName"))?;
    }
    Ok(())
}

/// What every header has.
fn check_header(header: &Element, known: &Known) -> Judgement {
    let identifier = header.value("identifier").unwrap_or_default();
    holds(!identifier.is_empty(), || "a header has no identifier".to_owned())?;
    let datestamp = header.value("datestamp").unwrap_or_default();
    holds(is_fine(known, datestamp), || format!("the datestamp of {identifier} is {datestamp:?}"))?;
    let earliest = known.earliest.as_str();
    holds(datestamp >= earliest, || format!("{identifier} is of {datestamp}, earliestDatestamp is {earliest}"))
}

pub(super) fn list_of_headers(answer: &Answer, known: &Known) -> Judgement {
    let list = given(answer, "ListIdentifiers")?;
    holds(list.child("header").is_some(), || "it has no header".to_owned())?;
    list.all("header").try_for_each(|header| check_header(header, known))
}

/// What every record has.
fn check_record(record: &Element, known: &Known) -> Judgement {
    let Some(header) = record.child("header") else { return broken("a record has no header") };
    check_header(header, known)?;
    let identifier = header.value("identifier").unwrap_or_default();
    let metadata = record.child("metadata").map(|metadata| metadata.children.len());
    match header.attribute("status") {
        Some("deleted") => holds(metadata.is_none() && record.child("about").is_none(), || {
            format!("{identifier} is gone and has metadata")
        }),
        Some(other) => broken(format!("the status of {identifier} is {other:?}")),
        None => holds(metadata == Some(1), || format!("the metadata of {identifier} is not one element")),
    }
}

pub(super) fn list_of_records(answer: &Answer, known: &Known) -> Judgement {
    let list = given(answer, "ListRecords")?;
    holds(list.child("record").is_some(), || "it has no record".to_owned())?;
    list.all("record").try_for_each(|record| check_record(record, known))
}

pub(super) fn record(answer: &Answer, known: &Known) -> Judgement {
    let Some(record) = given(answer, "GetRecord")?.child("record") else { return broken("there is no record") };
    check_record(record, known)?;
    let identifier = record.child("header").and_then(|header| header.value("identifier"));
    let wanted = known.live.as_ref().map(|live| live.identifier.as_str());
    holds(identifier == wanted, || format!("it is that of {}", identifier.unwrap_or_default()))?;
    let dc = record.child("metadata").and_then(|metadata| metadata.children.first());
    let is_dc = dc.is_some_and(|dc| dc.name == "dc" && dc.namespace == "http://www.openarchives.org/OAI/2.0/oai_dc/");
    holds(is_dc, || "its metadata is no oai_dc".to_owned())
}

pub(super) fn gone(answer: &Answer, known: &Known) -> Judgement {
    let Some(record) = given(answer, "GetRecord")?.child("record") else { return broken("there is no record") };
    check_record(record, known)?;
    let status = record.child("header").and_then(|header| header.attribute("status"));
    holds(status == Some("deleted"), || "the list says that it is gone, and the record does not".to_owned())
}

/// A list between two equal dates, those of a record.
pub(super) fn one_moment(answer: &Answer, known: &Known) -> Judgement {
    list_of_headers(answer, known)?;
    let Some(live) = &known.live else { return Ok(()) };
    for header in headers(answer) {
        let datestamp = header.value("datestamp").unwrap_or_default();
        holds(datestamp == live.datestamp, || format!("it has a record of {datestamp}"))?;
    }
    let is_there = headers(answer).any(|header| header.value("identifier") == Some(&live.identifier));
    let goes_on = content(answer, "ListIdentifiers").is_some_and(|list| list.child("resumptionToken").is_some());
    holds(is_there || goes_on, || format!("{} is not in it: both ends count", live.identifier))
}

pub(super) fn not_refused(answer: &Answer, _: &Known) -> Judgement {
    let found = codes(document(answer)?);
    let refused = found.iter().any(|code| *code != "noRecordsMatch");
    holds(!refused, || format!("it is refused with {}", found.join(", ")))
}

pub(super) fn in_set(answer: &Answer, known: &Known) -> Judgement {
    if codes(document(answer)?) == ["noRecordsMatch"] {
        return Err(Wrong::Unseen("the first set is empty".to_owned()));
    }
    list_of_headers(answer, known)?;
    let set = known.set.as_deref().unwrap_or_default();
    let is_in = |spec: &Element| {
        spec.text.trim().strip_prefix(set).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    for header in headers(answer).filter(|header| header.attribute("status").is_none()) {
        let identifier = header.value("identifier").unwrap_or_default();
        holds(header.all("setSpec").any(&is_in), || format!("{identifier} does not say that it is in {set}"))?;
    }
    Ok(())
}

fn identifiers(answer: &Answer) -> Vec<&str> {
    headers(answer).filter_map(|header| header.value("identifier")).collect()
}

fn several_pages(known: &Known) -> Judgement {
    if known.pages.len() > 1 { Ok(()) } else { Err(Wrong::Unseen("the list has one page only".to_owned())) }
}

pub(super) fn pages(_: &Answer, known: &Known) -> Judgement {
    several_pages(known)?;
    let mut seen = BTreeSet::new();
    for page in &known.pages {
        list_of_headers(page, known)?;
        for identifier in identifiers(page) {
            holds(seen.insert(identifier), || format!("{identifier} comes twice"))?;
        }
    }
    Ok(())
}

pub(super) fn tokens_lead_on(_: &Answer, known: &Known) -> Judgement {
    several_pages(known)?;
    let tokens: Vec<String> = known.pages.iter().filter_map(token_of).collect();
    let different: BTreeSet<&String> = tokens.iter().collect();
    holds(different.len() == tokens.len(), || "a page has the token that led to it: the list never ends".to_owned())?;
    let last = known.pages.last().filter(|_| tokens.len() < known.pages.len());
    let ends = last
        .and_then(|last| content(last, "ListIdentifiers"))
        .is_none_or(|list| list.child("resumptionToken").is_some());
    holds(ends, || "the last page has no empty resumptionToken".to_owned())
}

pub(super) fn cursors(_: &Answer, known: &Known) -> Judgement {
    several_pages(known)?;
    let mut sent = 0;
    for page in &known.pages {
        let element = content(page, "ListIdentifiers").and_then(|list| list.child("resumptionToken"));
        if let Some(cursor) = element.and_then(|element| element.attribute("cursor")) {
            holds(cursor == sent.to_string(), || format!("cursor is {cursor} after {sent} records"))?;
        }
        if let Some(size) = element.and_then(|element| element.attribute("completeListSize")) {
            let fits = size.parse::<usize>().is_ok_and(|size| size > 0);
            holds(fits, || format!("completeListSize is {size:?}"))?;
        }
        sent += identifiers(page).len();
    }
    Ok(())
}

pub(super) fn token_again(_: &Answer, known: &Known) -> Judgement {
    several_pages(known)?;
    let Some(again) = &known.again else { return Err(Wrong::Unseen("there is no token".to_owned())) };
    list_of_headers(again, known)?;
    let same = identifiers(&known.pages[1]) == identifiers(again);
    holds(same, || "the same token leads to other records".to_owned())
}

pub(super) fn same_by_post(answer: &Answer, known: &Known) -> Judgement {
    let name =
        |answer| given(answer, "Identify").map(|identify| identify.value("repositoryName").map(ToOwned::to_owned));
    let (posted, got) = (name(answer)?, name(&known.identify)?);
    holds(posted == got, || format!("a POST is answered by {posted:?}, a GET by {got:?}"))
}

pub(super) fn packed(answer: &Answer, known: &Known) -> Judgement {
    let announced = given(&known.identify, "Identify")?.all("compression").any(|one| one.text.trim() == "gzip");
    if !announced {
        return Err(Wrong::Unseen("gzip is not announced".to_owned()));
    }
    given(answer, "Identify")?;
    let is_packed = answer.came.as_ref().is_ok_and(|came| came.packed);
    holds(is_packed, || "gzip is announced, and the reply did not come so".to_owned())
}
