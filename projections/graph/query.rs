//! SPARQL 1.1 Query over what the public may see. Never an update, never another endpoint, never a named graph.
//!
//! [`answer`] blocks and may recurse as deeply as its query is long: give it a thread with a stack of [`STACK_BYTES`].

use std::io::{self, Write};

use oxigraph::model::GraphName;
pub use oxigraph::sparql::CancellationToken;
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{
    QueryEvaluationError, QueryResults, QuerySolutionIter, QueryTripleIter, SparqlEvaluator, SparqlSyntaxError,
};

use super::Triples;
use super::cost;
pub use super::cost::TooCostly;
use super::write::{FORMATS, Format, NotWritable};

/// Bytes of a query. The longest that people write by hand have a few thousand.
pub const QUERY_BYTES_MAX: usize = 8 * 1024;
/// Brackets inside brackets in a query. Some kinds of bracket double the parser's work with every level, and nothing
/// can stop the parser; queries that mean something have six or eight levels.
pub const NESTING_MAX: usize = 12;
/// Bytes of an answer, which is made whole before it is sent so that one that fails half-way is not taken for complete.
pub const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of stack for one query. A chain of operators as long as a query may be is a tree as deep as it is long; the
/// system gives the pages only when they are used.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Too long.
    #[error("a query of {0} bytes, at most {QUERY_BYTES_MAX} are read")]
    TooLong(usize),
    /// Too many brackets inside brackets.
    #[error("more than {NESTING_MAX} brackets inside brackets")]
    TooDeep,
    /// It would change something.
    #[error("this endpoint only answers queries, it takes no updates")]
    Update,
    /// Not SPARQL.
    #[error("this is no SPARQL query")]
    Syntax(#[source] Box<SparqlSyntaxError>),
    /// It names graphs.
    #[error("FROM and FROM NAMED are not offered: everything is in the default graph")]
    Dataset,
    /// It could cost more than can be stopped.
    #[error("the query is too costly")]
    TooCostly(#[from] TooCostly),
    /// No format that the asker takes.
    #[error("none of the formats asked for is offered: {}", .0.join(", "))]
    NotAcceptable(Vec<&'static str>),
    /// It was stopped.
    #[error("the query was stopped")]
    Stopped,
    /// The answer is too large.
    #[error("the answer has more than {ANSWER_BYTES_MAX} bytes: ask for less, with LIMIT")]
    TooLarge,
    /// The triples cannot be written in the format.
    #[error("the answer cannot be written in the format asked for")]
    NotWritable(#[from] NotWritable),
    /// The evaluation failed.
    #[error("could not evaluate the query")]
    Evaluation(#[source] Box<QueryEvaluationError>),
    /// The answer could not be written.
    #[error("could not write the answer")]
    Write(#[source] io::Error),
}

/// Chooses among media types, the preferred first: the place of the one that the asker takes.
pub type Choose<'a> = &'a dyn Fn(&[&'static str]) -> Option<usize>;

/// Answers a query, in a format that `choose` chose among those for its kind of answer.
pub fn answer(
    triples: &Triples,
    query: &str,
    choose: Choose<'_>,
    stop: &CancellationToken,
) -> Result<Answer, QueryError> {
    let query = read(query)?;
    let evaluator = SparqlEvaluator::new().with_cancellation_token(stop.clone());
    let mut prepared = evaluator.for_query(query);
    // Named graphs hold what must not be seen. Both lines matter: the first for plain patterns, the second for GRAPH.
    prepared.dataset_mut().set_default_graph(vec![GraphName::DefaultGraph]);
    prepared.dataset_mut().set_available_named_graphs(Vec::new());
    match prepared.on_store(&triples.store()).execute().map_err(evaluation)? {
        QueryResults::Solutions(solutions) => table(solutions, choose, stop),
        QueryResults::Boolean(truth) => {
            let (format, media_type) = table_format(choose)?;
            let body = QueryResultsSerializer::from_format(format).serialize_boolean_to_writer(Vec::new(), truth);
            Ok(Answer { media_type, body: body.map_err(QueryError::Write)? })
        }
        QueryResults::Graph(graph) => graph_of(graph, choose, stop),
    }
}

fn read(query: &str) -> Result<spargebra::Query, QueryError> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(QueryError::TooLong(query.len()));
    }
    if nesting(query) > NESTING_MAX {
        return Err(QueryError::TooDeep);
    }
    let parsed = match spargebra::SparqlParser::new().parse_query(query) {
        Ok(parsed) => parsed,
        Err(_) if spargebra::SparqlParser::new().parse_update(query).is_ok() => return Err(QueryError::Update),
        Err(error) => return Err(QueryError::Syntax(Box::new(error))),
    };
    if parsed.dataset().is_some() {
        return Err(QueryError::Dataset);
    }
    cost::check(&parsed.to_sse())?;
    Ok(parsed)
}

/// The deepest place, brackets in texts and comments counted too: refusing such a text is the lesser evil.
fn nesting(query: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in query.bytes() {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The formats of tables, with every name that they go by; the first of a format is what is sent.
const TABLES: &[(&str, QueryResultsFormat, &str)] = &[
    ("application/sparql-results+json", QueryResultsFormat::Json, "application/sparql-results+json"),
    ("application/sparql-results+xml", QueryResultsFormat::Xml, "application/sparql-results+xml"),
    ("text/csv", QueryResultsFormat::Csv, "text/csv; charset=utf-8"),
    ("text/tab-separated-values", QueryResultsFormat::Tsv, "text/tab-separated-values; charset=utf-8"),
    ("application/json", QueryResultsFormat::Json, "application/sparql-results+json"),
    ("application/xml", QueryResultsFormat::Xml, "application/sparql-results+xml"),
];

fn table_format(choose: Choose<'_>) -> Result<(QueryResultsFormat, &'static str), QueryError> {
    let offered: Vec<&'static str> = TABLES.iter().map(|(name, _, _)| *name).collect();
    let chosen = choose(&offered).and_then(|place| TABLES.get(place));
    let (_, format, media_type) = chosen.ok_or(QueryError::NotAcceptable(offered))?;
    Ok((*format, media_type))
}

fn table(solutions: QuerySolutionIter<'_>, choose: Choose<'_>, stop: &CancellationToken) -> Result<Answer, QueryError> {
    let (format, media_type) = table_format(choose)?;
    let variables = solutions.variables().to_vec();
    let serializer = QueryResultsSerializer::from_format(format);
    let mut table = serializer.serialize_solutions_to_writer(Bounded::new(), variables).map_err(writing)?;
    for solution in solutions {
        let solution = solution.map_err(evaluation)?;
        if stop.is_cancelled() {
            return Err(QueryError::Stopped);
        }
        table.serialize(&solution).map_err(writing)?;
    }
    Ok(Answer { media_type, body: table.finish().map_err(writing)?.0 })
}

fn graph_of(graph: QueryTripleIter<'_>, choose: Choose<'_>, stop: &CancellationToken) -> Result<Answer, QueryError> {
    let offered: Vec<&'static str> = FORMATS.iter().map(|format| format.media_type()).collect();
    let chosen = choose(&offered).and_then(|place| FORMATS.get(place)).copied();
    let format: Format = chosen.ok_or(QueryError::NotAcceptable(offered))?;
    let mut serializer = format.serializer().for_writer(Bounded::new());
    for triple in graph {
        let triple = triple.map_err(evaluation)?;
        if stop.is_cancelled() {
            return Err(QueryError::Stopped);
        }
        format.check(triple.as_ref())?;
        serializer.serialize_triple(&triple).map_err(writing)?;
    }
    Ok(Answer { media_type: format.media_type(), body: serializer.finish().map_err(writing)?.0 })
}

fn evaluation(error: QueryEvaluationError) -> QueryError {
    match error {
        QueryEvaluationError::Cancelled => QueryError::Stopped,
        other => QueryError::Evaluation(Box::new(other)),
    }
}

fn writing(error: io::Error) -> QueryError {
    if error.kind() == io::ErrorKind::FileTooLarge { QueryError::TooLarge } else { QueryError::Write(error) }
}

/// Bytes that are at most so many.
struct Bounded(Vec<u8>);

impl Bounded {
    const fn new() -> Self {
        Self(Vec::new())
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > ANSWER_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
