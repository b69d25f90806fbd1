//! The rules, in the order in which they are asked and told.

use std::sync::Arc;

use super::ask::{Answer, How};
use super::judge::{self, Judgement};
use super::known::{Asking, Known, encode};

/// A rule.
pub(super) struct Rule {
    /// What it is called: two or three words, for scripts and conversations.
    pub(super) name: &'static str,
    /// What it asks for.
    pub(super) says: &'static str,
    pub(super) ask: fn(&Known) -> Asking,
    pub(super) judge: fn(&Answer, &Known) -> Judgement,
}

const fn rule(
    name: &'static str,
    says: &'static str,
    ask: fn(&Known) -> Asking,
    judge: fn(&Answer, &Known) -> Judgement,
) -> Rule {
    Rule { name, says, ask, judge }
}

fn get(query: impl Into<String>) -> Asking {
    Asking::Ask(How::Get, query.into())
}

fn identify(known: &Known) -> Asking {
    Asking::Known(Arc::clone(&known.identify))
}

fn first_page(known: &Known) -> Asking {
    known.pages.first().map_or(Asking::Nothing("there is no list"), |page| Asking::Known(Arc::clone(page)))
}

fn second_page(known: &Known) -> Asking {
    known.pages.get(1).map_or(Asking::Nothing("the list has one page only"), |page| Asking::Known(Arc::clone(page)))
}

/// Asks for something of a live record.
fn of_live(known: &Known, query: impl Fn(&str) -> String) -> Asking {
    let live = known.live.as_ref();
    live.map_or(Asking::Nothing("there is no live record"), |live| get(query(&encode(&live.identifier))))
}

/// A list of headers with these dates.
fn dated(rest: &str) -> Asking {
    get(format!("verb=ListIdentifiers&metadataPrefix=oai_dc&{rest}"))
}

/// Every rule.
pub(super) const ALL: &[Rule] = &[
    rule("reply-xml", "a reply is well-formed XML in UTF-8, text/xml, with status 200 (§3.2)", identify, judge::is_xml),
    rule("reply-frame", "a reply has responseDate in UTC and repeats the request (§3.2)", identify, judge::has_frame),
    rule("identify-order", "Identify has its elements, in their order (§4.2)", identify, judge::identify_order),
    rule("identify-base", "baseURL is the address that was asked (§4.2)", identify, judge::identify_base),
    rule("identify-version", "protocolVersion is 2.0 (§4.2)", identify, judge::identify_version),
    rule("identify-email", "adminEmail is an address that mail reaches (§4.2)", identify, judge::identify_email),
    rule(
        "identify-deletions",
        "deletedRecord is no, persistent or transient (§2.5.1)",
        identify,
        judge::identify_deletions,
    ),
    rule(
        "identify-granularity",
        "earliestDatestamp is of the granularity (§3.3)",
        identify,
        judge::identify_granularity,
    ),
    rule("identify-scheme", "identifiers are of the scheme that is described", identify, judge::identify_scheme),
    rule("formats", "oai_dc is offered (§4.4)", |_| get("verb=ListMetadataFormats"), judge::formats),
    rule(
        "formats-of-item",
        "oai_dc is offered of an item (§4.4)",
        |known| of_live(known, |id| format!("verb=ListMetadataFormats&identifier={id}")),
        judge::formats,
    ),
    rule(
        "sets",
        "ListSets names sets, or says that there are none (§4.6)",
        |known| Asking::Known(Arc::clone(&known.sets)),
        judge::sets,
    ),
    rule(
        "headers",
        "ListIdentifiers has headers with datestamps of the granularity (§4.3)",
        first_page,
        judge::list_of_headers,
    ),
    rule(
        "records",
        "ListRecords has metadata of one element, and none of what is gone (§4.5)",
        |_| get("verb=ListRecords&metadataPrefix=oai_dc"),
        judge::list_of_records,
    ),
    rule(
        "record",
        "GetRecord has the record that is asked for (§4.1)",
        |known| of_live(known, |id| format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={id}")),
        judge::record,
    ),
    rule(
        "record-gone",
        "a record that is gone in a list is gone in GetRecord (§2.5.1)",
        |known| match &known.gone {
            Some(gone) => get(format!("verb=GetRecord&metadataPrefix=oai_dc&identifier={}", encode(&gone.identifier))),
            None => Asking::Nothing("no record on the first pages is gone"),
        },
        judge::gone,
    ),
    rule(
        "in-set",
        "the records of a set say that they are in it (§2.6)",
        |known| match &known.set {
            Some(set) => get(format!("verb=ListIdentifiers&metadataPrefix=oai_dc&set={}", encode(set))),
            None => Asking::Nothing("there are no sets"),
        },
        judge::in_set,
    ),
    rule(
        "dates-inclusive",
        "from and until are both included (§2.7.1)",
        |known| match &known.live {
            Some(live) => dated(&format!("from={0}&until={0}", encode(&live.datestamp))),
            None => Asking::Nothing("there is no live record"),
        },
        judge::one_moment,
    ),
    rule(
        "dates-days",
        "days are taken, whatever the granularity (§3.3)",
        |_| dated("from=2000-01-01"),
        judge::not_refused,
    ),
    rule(
        "dates-future",
        "from in the future matches no record (§4.3)",
        |_| dated("from=9990-01-01"),
        judge::no_records,
    ),
    rule(
        "dates-past",
        "until before the first matches no record (§4.3)",
        |_| dated("until=0002-01-01"),
        judge::no_records,
    ),
    rule(
        "dates-reversed",
        "from after until is a badArgument (§4.3)",
        |_| dated("from=2002-01-02&until=2002-01-01"),
        judge::bad_argument,
    ),
    rule(
        "dates-mixed",
        "from and until of two granularities are a badArgument (§3.3)",
        |_| dated("from=2002-01-01&until=2002-02-01T00:00:00Z"),
        judge::bad_argument,
    ),
    rule(
        "dates-words",
        "a date that is none is a badArgument (§3.3)",
        |_| dated("from=yesterday"),
        judge::bad_argument,
    ),
    rule(
        "dates-calendar",
        "a day that is not in the calendar is a badArgument",
        |_| dated("until=2002-02-30"),
        judge::bad_argument,
    ),
    rule(
        "dates-fraction",
        "fractions of seconds are a badArgument (§3.3)",
        |_| dated("from=2002-01-01T00:00:00.5Z"),
        judge::bad_argument,
    ),
    rule(
        "dates-zone",
        "another zone than Z is a badArgument (§3.3)",
        |_| dated("from=2002-01-01T00:00:00%2B01:00"),
        judge::bad_argument,
    ),
    rule("verb-missing", "no verb is a badVerb (§3.6)", |_| get("x=y"), judge::bad_verb),
    rule("verb-unknown", "an unknown verb is a badVerb (§3.6)", |_| get("verb=Destroy"), judge::bad_verb),
    rule("verb-case", "a verb in another case is a badVerb (§3.1.1)", |_| get("verb=identify"), judge::bad_verb),
    rule(
        "verb-twice",
        "a verb that stands twice is a badVerb (§3.6)",
        |_| get("verb=Identify&verb=Identify"),
        judge::bad_verb,
    ),
    rule(
        "argument-unknown",
        "an unknown argument is a badArgument (§3.6)",
        |_| get("verb=Identify&test=y"),
        judge::bad_argument,
    ),
    rule(
        "argument-missing",
        "a missing argument is a badArgument (§4.5)",
        |_| get("verb=ListRecords"),
        judge::bad_argument,
    ),
    rule(
        "argument-twice",
        "an argument that stands twice is a badArgument (§3.6)",
        |_| get("verb=ListIdentifiers&metadataPrefix=oai_dc&metadataPrefix=oai_dc"),
        judge::bad_argument,
    ),
    rule(
        "identifier-missing",
        "GetRecord without identifier is a badArgument (§4.1)",
        |_| get("verb=GetRecord&metadataPrefix=oai_dc"),
        judge::bad_argument,
    ),
    rule(
        "prefix-missing",
        "GetRecord without metadataPrefix is a badArgument (§4.1)",
        |known| of_live(known, |id| format!("verb=GetRecord&identifier={id}")),
        judge::bad_argument,
    ),
    rule(
        "identifier-unknown",
        "GetRecord of nothing says idDoesNotExist (§4.1)",
        |_| get("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:fonds.invalid:nothing"),
        judge::no_item,
    ),
    rule(
        "formats-unknown",
        "ListMetadataFormats of nothing says idDoesNotExist (§4.4)",
        |_| get("verb=ListMetadataFormats&identifier=oai:fonds.invalid:nothing"),
        judge::no_item,
    ),
    rule(
        "identifier-control",
        "a control character is refused and not repeated",
        |_| get("verb=GetRecord&metadataPrefix=oai_dc&identifier=a%0Bb"),
        judge::no_or_bad_item,
    ),
    rule(
        "identifier-nul",
        "NUL is refused and not repeated",
        |_| get("verb=GetRecord&metadataPrefix=oai_dc&identifier=a%00b"),
        judge::no_or_bad_item,
    ),
    rule(
        "identifier-utf8",
        "what is no UTF-8 is refused and not repeated",
        |_| get("verb=GetRecord&metadataPrefix=oai_dc&identifier=%C3%28"),
        judge::no_or_bad_item,
    ),
    rule(
        "prefix-unknown-list",
        "a list in an unknown format says cannotDisseminateFormat (§4.5)",
        |_| get("verb=ListRecords&metadataPrefix=really_wrong"),
        judge::no_format,
    ),
    rule(
        "prefix-unknown-record",
        "a record in an unknown format says cannotDisseminateFormat (§4.1)",
        |known| of_live(known, |id| format!("verb=GetRecord&metadataPrefix=really_wrong&identifier={id}")),
        judge::no_format,
    ),
    rule(
        "set-unknown",
        "an unknown set has no records (§4.3)",
        |_| get("verb=ListRecords&metadataPrefix=oai_dc&set=really_wrong_set"),
        judge::no_such_set,
    ),
    rule(
        "token-junk",
        "a token that is none is a badResumptionToken (§3.5)",
        |_| get("verb=ListRecords&resumptionToken=junk"),
        judge::bad_token,
    ),
    rule(
        "token-alone",
        "a token beside another argument is a badArgument (§3.5)",
        |known| match &known.token {
            Some(token) => get(format!("verb=ListIdentifiers&metadataPrefix=oai_dc&resumptionToken={}", encode(token))),
            None => get("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=junk"),
        },
        judge::bad_argument,
    ),
    rule(
        "token-elsewhere",
        "a token of headers is none of sets (§3.5)",
        |known| match &known.token {
            Some(token) => get(format!("verb=ListSets&resumptionToken={}", encode(token))),
            None => Asking::Nothing("the list has one page only"),
        },
        judge::bad_token,
    ),
    rule("pages", "the pages of a list have no record twice, and none is empty (§3.5)", second_page, judge::pages),
    rule("pages-end", "every token leads on, and the last one is empty (§3.5)", second_page, judge::tokens_lead_on),
    rule("pages-cursor", "cursor counts the records of the pages before (§3.5)", second_page, judge::cursors),
    rule("token-again", "the latest token may be sent again (§3.5.1)", second_page, judge::token_again),
    rule(
        "post",
        "a POST is answered as a GET is (§3.1.1)",
        |_| Asking::Ask(How::Post, "verb=Identify".to_owned()),
        judge::same_by_post,
    ),
    rule(
        "packed",
        "gzip that is announced comes to who asks for it (§3.1.3)",
        |_| Asking::Ask(How::Packed, "verb=Identify".to_owned()),
        judge::packed,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
