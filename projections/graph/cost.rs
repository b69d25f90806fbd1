//! What a query could cost, read off its algebra before it runs.
//!
//! A running query is stopped by a token that the evaluator looks at whenever it reads the store. Two things never read
//! the store and so could not be stopped: joins of values that stand in the query itself, and functions that make long
//! texts out of short ones. Those are bounded here; everything else is bounded by time and memory while it runs.
//!
//! The algebra is read in its written form (Jena's SSE), which shows every operator without naming fifty types.

/// Rows that joins and unions may make without reading the store: under a second's work.
const ROWS_MAX: u64 = 100_000;
/// How many times longer than what they are made of texts may become by `CONCAT` and `REPLACE`. A statement has at
/// most 64 KiB, so a text has at most 256 MiB.
const GROWTH_MAX: u64 = 4_096;
/// The same where `GROUP_CONCAT` has made a text of many statements before.
const GROWTH_OF_GROUPS_MAX: u64 = 16;
/// How often `GROUP_CONCAT` may stand in a query.
const GROUP_CONCATS_MAX: u64 = 8;

/// Operators, functions and patterns in a query. Planning takes time that grows faster than their number and cannot be
/// stopped either.
const PARTS_MAX: usize = 1_000;
/// Triple patterns and property paths in a query: ordering their joins takes the cube of their number.
const PATTERNS_MAX: usize = 64;

/// Why a query is refused before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooCostly {
    /// Operators.
    #[error("it has {0} operators, at most {PARTS_MAX} are allowed")]
    Parts(usize),
    /// Patterns.
    #[error("it has {0} triple patterns, at most {PATTERNS_MAX} are allowed")]
    Patterns(usize),
    /// Joins of VALUES and UNION.
    #[error("its VALUES and UNION make {0} rows before anything is looked up, at most {ROWS_MAX} are allowed")]
    Rows(u64),
    /// CONCAT and REPLACE.
    #[error("its CONCAT and REPLACE can make texts {0} times longer, at most {1} times are allowed")]
    Growth(u64, u64),
    /// `GROUP_CONCAT`.
    #[error("it has {0} GROUP_CONCAT, at most {GROUP_CONCATS_MAX} are allowed")]
    Groups(u64),
    /// REPLACE by a text that is not written in the query.
    #[error("the third argument of REPLACE must be a text that stands in the query")]
    Replacement,
    /// Another archive would be asked in our name.
    #[error("SERVICE is not offered: this endpoint asks no other")]
    Service,
}

/// Checks the written algebra of a query.
pub(super) fn check(sse: &str) -> Result<(), TooCostly> {
    let tree = parse(sse);
    let (parts, patterns) = size(&tree);
    if parts > PARTS_MAX {
        return Err(TooCostly::Parts(parts));
    }
    if patterns > PATTERNS_MAX {
        return Err(TooCostly::Patterns(patterns));
    }
    let mut growth = Growth { factor: 1, groups: 0 };
    growth.of(&tree)?;
    if growth.groups > GROUP_CONCATS_MAX {
        return Err(TooCostly::Groups(growth.groups));
    }
    let allowed = if growth.groups > 0 { GROWTH_OF_GROUPS_MAX } else { GROWTH_MAX };
    if growth.factor > allowed {
        return Err(TooCostly::Growth(growth.factor, allowed));
    }
    let rows = rows(&tree);
    if rows > ROWS_MAX { Err(TooCostly::Rows(rows)) } else { Ok(()) }
}

#[derive(Debug)]
enum Node<'a> {
    List(Vec<Node<'a>>),
    Word(&'a str),
    /// A quoted text of so many bytes.
    Text(u64),
}

impl Node<'_> {
    fn head(&self) -> &str {
        match self {
            Node::List(parts) => match parts.first() {
                Some(Node::Word(word)) => word,
                Some(Node::List(_) | Node::Text(_)) | None => "",
            },
            Node::Word(_) | Node::Text(_) => "",
        }
    }
}

/// The tree that the parentheses make. What our own parser wrote is well formed; were it not, the rest is one list.
fn parse(sse: &str) -> Node<'_> {
    let bytes = sse.as_bytes();
    let mut open: Vec<Vec<Node<'_>>> = vec![Vec::new()];
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let node = match bytes[at] {
            b'(' => {
                open.push(Vec::new());
                at += 1;
                continue;
            }
            b')' => {
                at += 1;
                let Some(list) = open.pop() else { continue };
                Node::List(list)
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'"' => {
                at = word_end(bytes, at);
                Node::Text((at - start) as u64)
            }
            _ => {
                at = word_end(bytes, at);
                Node::Word(&sse[start..at])
            }
        };
        match open.last_mut() {
            Some(list) => list.push(node),
            None => open.push(vec![node]),
        }
    }
    Node::List(open.into_iter().flatten().collect())
}

/// Where the word ends that begins at `at`: quoted texts and IRIs in it may hold anything.
fn word_end(bytes: &[u8], mut at: usize) -> usize {
    let is_iri = |at: usize| bytes.get(at + 1).is_some_and(|next| !matches!(next, b' ' | b'=' | b')'));
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = closing(bytes, at + 1, b'"'),
            b'<' if is_iri(at) => at = closing(bytes, at + 1, b'>'),
            b'(' | b')' => return at,
            byte if byte.is_ascii_whitespace() => return at,
            _ => at += 1,
        }
    }
    at
}

fn closing(bytes: &[u8], mut at: usize, close: u8) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == close => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// How many parts the query has, and how many of them are triple patterns or paths. Rows of VALUES are no parts.
fn size(node: &Node<'_>) -> (usize, usize) {
    let Node::List(parts) = node else { return (0, 0) };
    let own = usize::from(matches!(node.head(), "triple" | "path"));
    if node.head() == "table" {
        return (1, 0);
    }
    let inner = parts.iter().map(size).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    (inner.0 + 1, inner.1 + own)
}

/// How many rows a pattern makes for each row that is read from the store.
fn rows(node: &Node<'_>) -> u64 {
    let Node::List(parts) = node else { return 1 };
    match node.head() {
        "union" => parts.iter().skip(1).map(rows).fold(0, u64::saturating_add),
        "table" => (parts.iter().filter(|part| part.head() == "row").count() as u64).max(1),
        _ => parts.iter().map(rows).fold(1, u64::saturating_mul),
    }
}

struct Growth {
    factor: u64,
    groups: u64,
}

impl Growth {
    fn of(&mut self, node: &Node<'_>) -> Result<(), TooCostly> {
        let Node::List(parts) = node else { return Ok(()) };
        match node.head() {
            "service" => return Err(TooCostly::Service),
            "group_concat" => self.groups += 1,
            "concat" => self.grow(parts.len() as u64 - 1),
            "replace" => match parts.get(3) {
                Some(Node::Text(bytes)) => self.grow(*bytes),
                Some(Node::List(_) | Node::Word(_)) | None => return Err(TooCostly::Replacement),
            },
            _ => {}
        }
        parts.iter().try_for_each(|part| self.of(part))
    }

    fn grow(&mut self, times: u64) {
        self.factor = self.factor.saturating_mul(times.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_query(query: &str) -> Result<(), TooCostly> {
        check(&spargebra::SparqlParser::new().parse_query(query).unwrap().to_sse())
    }

    #[test]
    fn a_plain_query_costs_nothing() {
        let query =
            "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o . OPTIONAL { ?o ?q \"a ) b\" } FILTER(?n < 3 && ?s != <a:(>) }";
        assert_eq!(check_query(query), Ok(()));
    }

    #[test]
    fn joined_values_multiply() {
        let values = |name: &str| format!("VALUES ?{name} {{ {} }}", "1 ".repeat(1000));
        let query = format!("SELECT (COUNT(*) AS ?n) WHERE {{ {} {} }}", values("a"), values("b"));
        assert_eq!(check_query(&query), Err(TooCostly::Rows(1_000_000)));
    }

    #[test]
    fn joined_unions_multiply() {
        let query = format!("ASK {{ {} }}", "{ {} UNION {} } ".repeat(20));
        assert_eq!(check_query(&query), Err(TooCostly::Rows(1 << 20)));
    }

    #[test]
    fn doubling_a_text_again_and_again_is_refused() {
        let double = |i: u32| format!("BIND(CONCAT(?v{}, ?v{}) AS ?v{i}) ", i - 1, i - 1);
        let binds = (1..20).map(double).collect::<Vec<_>>().concat();
        let query = format!("SELECT * WHERE {{ ?s ?p ?v0 {binds} }}");
        assert_eq!(check_query(&query), Err(TooCostly::Growth(1 << 19, GROWTH_MAX)));
    }

    #[test]
    fn two_group_concats_are_fine() {
        let query =
            "SELECT (GROUP_CONCAT(?a) AS ?x) (GROUP_CONCAT(DISTINCT ?b; separator=\", \") AS ?y) WHERE { ?a ?p ?b }";
        assert_eq!(check_query(query), Ok(()));
    }

    #[test]
    fn a_replacement_from_the_store_is_refused() {
        let query = "SELECT (REPLACE(?o, \"\", ?t) AS ?x) WHERE { ?s ?p ?o, ?t }";
        assert_eq!(check_query(query), Err(TooCostly::Replacement));
    }

    #[test]
    fn a_silent_service_is_refused_too() {
        let query = "SELECT * WHERE { SERVICE SILENT <http://example.org/sparql> { ?s ?p ?o } }";
        assert_eq!(check_query(query), Err(TooCostly::Service));
    }
}
