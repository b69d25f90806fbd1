//! Reads a request strictly (OAI-PMH 2.0 §3.1): pairs, never a map, so that nothing said twice goes unseen.

use axum::http::{HeaderMap, header};

use super::date::Date;
use super::error::{Code, Error, Refusal};
use super::token::List;
use crate::formats::xml;

/// Arguments of one request, more than any verb has: what is beyond is not even looked at.
const ARGUMENTS_MAX: usize = 16;
/// Bytes of one argument: tokens have less than 200, identifiers less still.
const VALUE_BYTES_MAX: usize = 2_048;

/// The six verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Identify,
    ListMetadataFormats,
    ListSets,
    ListIdentifiers,
    ListRecords,
    GetRecord,
}

/// What a verb takes (§4).
struct Grammar {
    verb: Verb,
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// Whether a resumption token may stand in for everything else.
    resumes: bool,
}

const GRAMMAR: &[Grammar] = &[
    Grammar { verb: Verb::Identify, name: "Identify", required: &[], optional: &[], resumes: false },
    Grammar {
        verb: Verb::ListMetadataFormats,
        name: "ListMetadataFormats",
        required: &[],
        optional: &["identifier"],
        resumes: false,
    },
    Grammar { verb: Verb::ListSets, name: "ListSets", required: &[], optional: &[], resumes: true },
    Grammar {
        verb: Verb::ListIdentifiers,
        name: "ListIdentifiers",
        required: &["metadataPrefix"],
        optional: &["from", "until", "set"],
        resumes: true,
    },
    Grammar {
        verb: Verb::ListRecords,
        name: "ListRecords",
        required: &["metadataPrefix"],
        optional: &["from", "until", "set"],
        resumes: true,
    },
    Grammar {
        verb: Verb::GetRecord,
        name: "GetRecord",
        required: &["identifier", "metadataPrefix"],
        optional: &[],
        resumes: false,
    },
];

/// The argument that stands alone.
const TOKEN: &str = "resumptionToken";

/// A request that the grammar allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// What `<request>` repeats, the verb first.
    pub(super) arguments: Vec<(&'static str, String)>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    Identify,
    Formats { identifier: Option<String> },
    Sets,
    MoreSets { token: String },
    Begin { list: List, asked: Selection },
    Resume { list: List, token: String },
    Record { identifier: String, prefix: String },
}

/// Which records a list is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) prefix: String,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) set: Option<String>,
}

/// The body of a POST, if it is a form.
pub(super) fn form<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], Error> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") { Ok(body) } else { Err(Error::NotAForm) }
}

/// Reads a request from its query and its form.
pub(super) fn parse(query: &[u8], form: &[u8]) -> Result<Asked, Vec<Refusal>> {
    let pieces = || query.split(|byte| *byte == b'&').chain(form.split(|byte| *byte == b'&'));
    let pieces = pieces().filter(|piece| !piece.is_empty());
    let pairs: Vec<Pair> = pieces.take(ARGUMENTS_MAX + 1).map(pair).collect();
    let grammar = verb(&pairs).map_err(|refusal| vec![refusal])?;
    if pairs.len() > ARGUMENTS_MAX {
        return Err(vec![bad(format!("there are more than {ARGUMENTS_MAX} arguments"))]);
    }
    let arguments = arguments(grammar, &pairs)?;
    let question = question(grammar.verb, &arguments)?;
    let mut repeated = vec![("verb", grammar.name.to_owned())];
    repeated.extend(arguments.0);
    Ok(Asked { question, arguments: repeated })
}

/// A name and its value; either is absent where it is not what an URL can carry or XML can repeat.
struct Pair {
    name: Option<String>,
    value: Option<String>,
}

fn pair(piece: &[u8]) -> Pair {
    let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
        Some(at) => (&piece[..at], &piece[at + 1..]),
        None => (piece, &[][..]),
    };
    Pair { name: decode(name), value: decode(value) }
}

/// Decodes percent and plus. Nothing comes of a broken escape, of bytes that are no UTF-8, of a character that XML 1.0
/// cannot repeat, and of more than [`VALUE_BYTES_MAX`].
fn decode(raw: &[u8]) -> Option<String> {
    if raw.len() > 3 * VALUE_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                (digit(digits[0])? << 4) | digit(digits[1])?
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| text.len() <= VALUE_BYTES_MAX && text.chars().all(xml::is_allowed))
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadArgument, message)
}

fn verb(pairs: &[Pair]) -> Result<&'static Grammar, Refusal> {
    let mut verbs = pairs.iter().filter(|pair| pair.name.as_deref() == Some("verb"));
    let refused = |message: &str| Err(Refusal::new(Code::BadVerb, message));
    let Some(first) = verbs.next() else { return refused("there is no verb") };
    if verbs.next().is_some() {
        return refused("there is more than one verb");
    }
    let found = GRAMMAR.iter().find(|grammar| first.value.as_deref() == Some(grammar.name));
    found.ok_or_else(|| {
        let names: Vec<_> = GRAMMAR.iter().map(|grammar| grammar.name).collect();
        Refusal::new(Code::BadVerb, format!("the verb is none of {}", names.join(", ")))
    })
}

/// Arguments that the verb takes, each once.
struct Arguments(Vec<(&'static str, String)>);

impl Arguments {
    fn get(&self, name: &str) -> Option<&String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Finds everything that is wrong with the arguments, not only the first.
fn arguments(grammar: &Grammar, pairs: &[Pair]) -> Result<Arguments, Vec<Refusal>> {
    let mut found = Arguments(Vec::new());
    let mut wrong = Vec::new();
    let token = grammar.resumes.then_some(&TOKEN);
    let known = || grammar.required.iter().chain(grammar.optional).chain(token);
    for pair in pairs.iter().filter(|pair| pair.name.as_deref() != Some("verb")) {
        let Some(name) = known().find(|known| pair.name.as_deref() == Some(**known)) else {
            let given = pair.name.as_deref().unwrap_or("(unreadable)");
            let given: String = given.chars().take(40).collect();
            wrong.push(bad(format!("{} has no argument {given:?}", grammar.name)));
            continue;
        };
        match &pair.value {
            None => wrong.push(bad(format!("the value of {name} is too long, or no UTF-8 that XML can carry"))),
            Some(value) if value.is_empty() => wrong.push(bad(format!("{name} is empty"))),
            Some(_) if found.get(name).is_some() => wrong.push(bad(format!("{name} is given more than once"))),
            Some(value) => found.0.push((name, value.clone())),
        }
    }
    if found.get(TOKEN).is_some() && found.0.len() > 1 {
        wrong.push(bad(format!("{TOKEN} excludes every other argument")));
    }
    // What was given but is wrong was complained about already.
    let given = |name: &str| pairs.iter().any(|pair| pair.name.as_deref() == Some(name));
    let excused = grammar.resumes && given(TOKEN);
    for name in grammar.required.iter().filter(|name| !excused && !given(name)) {
        wrong.push(bad(format!("{} needs the argument {name}", grammar.name)));
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn question(verb: Verb, arguments: &Arguments) -> Result<Question, Vec<Refusal>> {
    let mut wrong = Vec::new();
    let mut checked = |name: &str, right: fn(&str) -> bool, what: &str| {
        let value = arguments.get(name);
        if value.is_some_and(|value| !right(value)) {
            wrong.push(bad(format!("{name} is no {what}")));
        }
        value.cloned()
    };
    let prefix = checked("metadataPrefix", is_prefix, "metadataPrefix: letters, digits and -_.!~*'() only");
    let set = checked("set", is_set, "setSpec: parts of letters, digits and -_.!~*'(), with colons between");
    let identifier = checked("identifier", is_uri, "URI");
    let dates = dates(arguments);
    let (from, until) = match dates {
        Ok(dates) => dates,
        Err(refusal) => {
            wrong.push(refusal);
            (None, None)
        }
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let token = arguments.get(TOKEN).cloned();
    let list = |list| {
        if let Some(token) = token.clone() {
            return Question::Resume { list, token };
        }
        let (prefix, set) = (prefix.clone().unwrap_or_default(), set.clone());
        Question::Begin { list, asked: Selection { prefix, from, until, set } }
    };
    Ok(match verb {
        Verb::Identify => Question::Identify,
        Verb::ListMetadataFormats => Question::Formats { identifier },
        Verb::ListSets => token.map_or(Question::Sets, |token| Question::MoreSets { token }),
        Verb::ListIdentifiers => list(List::Identifiers),
        Verb::ListRecords => list(List::Records),
        Verb::GetRecord => {
            Question::Record { identifier: identifier.unwrap_or_default(), prefix: prefix.unwrap_or_default() }
        }
    })
}

fn dates(arguments: &Arguments) -> Result<(Option<Date>, Option<Date>), Refusal> {
    let date = |name: &str| match arguments.get(name).map(|value| Date::parse(value)) {
        Some(None) => Err(bad(format!("{name} is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ssZ"))),
        Some(Some(date)) => Ok(Some(date)),
        None => Ok(None),
    };
    let (from, until) = (date("from")?, date("until")?);
    if let (Some(from), Some(until)) = (from, until) {
        if !from.is_as_fine_as(until) {
            return Err(bad("from and until are of different granularity"));
        }
        if from.first_second() > until.last_second() {
            return Err(bad("from is later than until"));
        }
    }
    Ok((from, until))
}

fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c))
}

fn is_set(text: &str) -> bool {
    text.split(':').all(is_prefix)
}

/// Only the characters: whether it names something is looked up.
fn is_uri(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oai::render;
    use proptest::prelude::*;

    /// The reply that repeats what was asked, or says what was wrong with it.
    fn echo(query: &[u8]) -> String {
        let reply = match parse(query, b"") {
            Ok(asked) => render::reply(0, "https://museum.example.org/oai", &asked.arguments, ""),
            Err(refusals) => render::refused(0, "https://museum.example.org/oai", &[], &refusals),
        };
        reply.0
    }

    fn check_well_formed(document: &str) {
        assert!(document.chars().all(xml::is_allowed), "{document:?}");
        let mut reader = quick_xml::Reader::from_str(document);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => return,
                quick_xml::events::Event::Start(start) => {
                    for attribute in start.attributes() {
                        quick_xml::escape::unescape(&attribute.unwrap().value).unwrap();
                    }
                }
                _ => {}
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_well_formed_xml(query in any::<Vec<u8>>()) {
            check_well_formed(&echo(&query));
        }

        #[test]
        fn any_escaped_value_gives_well_formed_xml(value in any::<Vec<u8>>(), name in "[a-zA-Z]{0,12}") {
            let digits = fonds_schemas::checksum::hex(&value);
            let escaped: String =
                digits.as_bytes().chunks(2).flat_map(|pair| ['%', char::from(pair[0]), char::from(pair[1])]).collect();
            check_well_formed(&echo(format!("verb=GetRecord&metadataPrefix=a&identifier={escaped}").as_bytes()));
            check_well_formed(&echo(format!("verb=ListRecords&resumptionToken={escaped}").as_bytes()));
            check_well_formed(&echo(format!("verb=ListRecords&{name}={escaped}&{escaped}={name}").as_bytes()));
        }
    }

    fn check_form(media_type: &str, right: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        assert_eq!(form(&headers, b"verb=Identify").is_ok(), right, "{media_type}");
    }

    #[test]
    fn a_form_is_a_form_with_or_without_its_charset() {
        check_form("application/x-www-form-urlencoded", true);
        check_form("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true);
    }

    #[test]
    fn nothing_else_is_a_form() {
        check_form("application/json", false);
        check_form("", false);
    }
}
