//! Paths into a record, as crosswalks write them: a small part of `XPath`.
//!
//! ```text
//! lido:eventSet/lido:event[lido:eventType//lido:conceptID = $production]/lido:eventDate
//! marc:datafield[@tag='100' '700'][not marc:subfield[@code='t']]
//! *[…] any element   //x at any depth   @x an attribute   . the element itself
//! ```
//!
//! A predicate asks whether a path leads anywhere, or whether one of the texts it leads to is one of several; `=`
//! compares as written, `~` without regard to case, `!=` and `!~` say that none is. `$name` is a list of the crosswalk.

use std::collections::BTreeMap;

use super::tree::{Element, XML, inline};

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The element itself.
    Here(Vec<Predicate>),
    Children(Test, Vec<Predicate>),
    Descendants(Test, Vec<Predicate>),
    Attribute(NameTest),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Any,
    Name(NameTest),
}

/// A name in one of several namespaces: some formats are written with and without theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTest {
    namespaces: Vec<String>,
    local: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Predicate {
    path: Path,
    test: Asked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Something,
    Nothing,
    IsOneOf(Vec<String>),
    IsOneOfInAnyCase(Vec<String>),
    IsNoneOf(Vec<String>),
    IsNoneOfInAnyCase(Vec<String>),
}

/// The names that paths of a crosswalk use.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Prefixes and their namespaces.
    pub namespaces: BTreeMap<String, Vec<String>>,
    /// Lists of words.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// An element in its place, with the language that is declared for it.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The element.
    pub element: &'a Element,
    /// The nearest `xml:lang` above it.
    pub inherited: Option<&'a str>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The element, or the one that has the attribute.
    pub at: At<'a>,
    /// The value of the attribute, if the path names one.
    pub attribute: Option<&'a str>,
}

impl<'a> At<'a> {
    /// A record.
    #[must_use]
    pub fn root(element: &'a Element) -> Self {
        Self { element, inherited: None }
    }

    /// The language that is declared here or above.
    #[must_use]
    pub fn language(&self) -> Option<&'a str> {
        self.element.attribute(XML, "lang").or(self.inherited)
    }

    fn children(self) -> impl Iterator<Item = Self> {
        let inherited = self.language();
        self.element.children().map(move |element| Self { element, inherited })
    }
}

impl NameTest {
    /// Reads `prefix:name`; a name without prefix has no namespace.
    pub fn parse(text: &str, names: &Names) -> Result<Self, String> {
        let (namespaces, local) = match text.split_once(':') {
            Some(("xml", local)) => (vec![XML.to_owned()], local),
            Some((prefix, local)) => {
                let known = names.namespaces.get(prefix);
                (known.cloned().ok_or_else(|| format!("the prefix {prefix:?} is not among the namespaces"))?, local)
            }
            None => (vec![String::new()], text),
        };
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if local.is_empty() || !local.chars().all(fits) {
            return Err(format!("{text:?} is no name"));
        }
        Ok(Self { namespaces, local: local.to_owned() })
    }

    /// Whether the name is one of these.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespaces.iter().any(|known| known == namespace)
    }

    /// Whether its names are of that namespace.
    #[must_use]
    pub fn has_namespace(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|known| known == namespace)
    }

    /// Whether the element is called so.
    #[must_use]
    pub fn names(&self, element: &Element) -> bool {
        self.is(&element.name.namespace, &element.name.local)
    }
}

impl Path {
    /// Reads a path.
    pub fn parse(text: &str, names: &Names) -> Result<Self, String> {
        let mut reading = Reading { rest: text.trim(), names };
        let path = reading.path().map_err(|why| format!("the path {text:?} is wrong: {why}"))?;
        if reading.rest.is_empty() {
            return Ok(path);
        }
        Err(format!("the path {text:?} is wrong: {:?} is not understood", reading.rest))
    }

    /// Everything that the path leads to from there, in the order of the document.
    #[must_use]
    pub fn find<'a>(&self, from: At<'a>) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        walk(&self.steps, from, &mut |one| {
            found.push(one);
            true
        });
        found
    }

    /// The first that it leads to.
    #[must_use]
    pub fn first<'a>(&self, from: At<'a>) -> Option<Found<'a>> {
        let mut found = None;
        walk(&self.steps, from, &mut |one| {
            found = Some(one);
            false
        });
        found
    }

    fn asks(&self, from: At<'_>, is: &dyn Fn(&str) -> bool) -> bool {
        let mut any = false;
        walk(&self.steps, from, &mut |one| {
            any |= match one.attribute {
                Some(value) => is(value.trim()),
                None => is(&one.at.element.text(&inline)),
            };
            !any
        });
        any
    }
}

/// Hands on what the steps lead to until `take` has enough. Says whether to go on.
fn walk<'a>(steps: &[Step], from: At<'a>, take: &mut dyn FnMut(Found<'a>) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return take(Found { at: from, attribute: None }) };
    match step {
        Step::Here(predicates) => !predicates.iter().all(|predicate| predicate.holds(from)) || walk(rest, from, take),
        Step::Attribute(name) => {
            let attributes = from.element.attributes.iter();
            let mut found = attributes.filter(|one| name.is(&one.name.namespace, &one.name.local));
            found.all(|one| take(Found { at: from, attribute: Some(&one.value) }))
        }
        Step::Children(test, predicates) => {
            from.children().all(|child| !fits(child, test, predicates) || walk(rest, child, take))
        }
        Step::Descendants(test, predicates) => from.children().all(|child| {
            let here = !fits(child, test, predicates) || walk(rest, child, take);
            here && walk(steps, child, take)
        }),
    }
}

fn fits(at: At<'_>, test: &Test, predicates: &[Predicate]) -> bool {
    let named = match test {
        Test::Any => true,
        Test::Name(name) => name.names(at.element),
    };
    named && predicates.iter().all(|predicate| predicate.holds(at))
}

impl Predicate {
    fn holds(&self, at: At<'_>) -> bool {
        match &self.test {
            Asked::Something => self.path.first(at).is_some(),
            Asked::Nothing => self.path.first(at).is_none(),
            Asked::IsOneOf(words) => self.path.asks(at, &|text| words.iter().any(|word| word == text)),
            Asked::IsOneOfInAnyCase(words) => self.path.asks(at, &|text| in_any_case(words, text)),
            Asked::IsNoneOfInAnyCase(words) => !self.path.asks(at, &|text| in_any_case(words, text)),
            Asked::IsNoneOf(words) => !self.path.asks(at, &|text| words.iter().any(|word| word == text)),
        }
    }
}

fn in_any_case(words: &[String], text: &str) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| word.to_lowercase() == text)
}

struct Reading<'a> {
    rest: &'a str,
    names: &'a Names,
}

impl<'a> Reading<'a> {
    fn path(&mut self) -> Result<Path, String> {
        let mut steps = vec![self.step()?];
        while self.rest.starts_with('/') {
            if matches!(steps.last(), Some(Step::Attribute(_))) {
                return Err("nothing stands in an attribute".to_owned());
            }
            if !self.rest.starts_with("//") {
                self.rest = &self.rest[1..];
            }
            steps.push(self.step()?);
        }
        Ok(Path { steps })
    }

    fn step(&mut self) -> Result<Step, String> {
        let deep = self.rest.starts_with("//");
        if deep {
            self.rest = &self.rest[2..];
        }
        if let Some(rest) = self.rest.strip_prefix('@') {
            self.rest = rest;
            return Ok(Step::Attribute(NameTest::parse(self.name(), self.names)?));
        }
        let name = self.name();
        let test = match name {
            "." | "*" => Test::Any,
            name => Test::Name(NameTest::parse(name, self.names)?),
        };
        let mut predicates = Vec::new();
        while let Some(rest) = self.rest.strip_prefix('[') {
            self.rest = rest;
            predicates.push(self.predicate()?);
        }
        Ok(match (name, deep) {
            (".", _) => Step::Here(predicates),
            (_, true) => Step::Descendants(test, predicates),
            (_, false) => Step::Children(test, predicates),
        })
    }

    fn name(&mut self) -> &'a str {
        let stops = |c: char| c.is_whitespace() || matches!(c, '/' | '[' | ']' | '=' | '~' | '!');
        let end = self.rest.find(stops).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn predicate(&mut self) -> Result<Predicate, String> {
        self.blanks();
        let negated = self.rest.strip_prefix("not ").map(str::trim_start);
        if let Some(rest) = negated {
            self.rest = rest;
        }
        let path = self.path()?;
        self.blanks();
        let test = if negated.is_some() {
            Asked::Nothing
        } else if let Some(rest) = self.rest.strip_prefix("!~") {
            self.rest = rest;
            Asked::IsNoneOfInAnyCase(self.words()?)
        } else if let Some(rest) = self.rest.strip_prefix("!=") {
            self.rest = rest;
            Asked::IsNoneOf(self.words()?)
        } else if let Some(rest) = self.rest.strip_prefix('=') {
            self.rest = rest;
            Asked::IsOneOf(self.words()?)
        } else if let Some(rest) = self.rest.strip_prefix('~') {
            self.rest = rest;
            Asked::IsOneOfInAnyCase(self.words()?)
        } else {
            Asked::Something
        };
        self.rest = self.rest.strip_prefix(']').ok_or_else(|| format!("a ] is missing before {:?}", self.rest))?;
        Ok(Predicate { path, test })
    }

    fn words(&mut self) -> Result<Vec<String>, String> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            if let Some(rest) = self.rest.strip_prefix('\'') {
                let (word, rest) = rest.split_once('\'').ok_or("a ' is not closed")?;
                words.push(word.to_owned());
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix('$') {
                self.rest = rest;
                let name = self.name();
                let list = self.names.lists.get(name);
                words.extend(list.ok_or_else(|| format!("there is no list {name:?}"))?.iter().cloned());
            } else if words.is_empty() {
                return Err(format!("a word in quotation marks or a $list is missing before {:?}", self.rest));
            } else {
                return Ok(words);
            }
        }
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::xml::tree::{Attribute, Name, Node};

    fn element(local: &str, kind: &str, nodes: Vec<Node>) -> Element {
        let name = |local: &str| Name { namespace: "".into(), local: local.into() };
        let attributes = vec![Attribute { name: name("kind"), value: kind.into() }];
        Element { name: name(local), number: 0, line: 1, attributes, nodes }
    }

    /// The texts and values that a path leads to in `<r><a kind="x">1</a><a kind="Y">2<b kind="x">3</b></a></r>`.
    fn check(path: &str, found: &[&str]) {
        let text = |text: &str| Node::Text(text.into());
        let inner = element("b", "x", vec![text("3")]);
        let second = element("a", "Y", vec![text("2"), Node::Element(inner)]);
        let first = element("a", "x", vec![text("1")]);
        let root = element("r", "", vec![Node::Element(first), Node::Element(second)]);
        let names = Names { lists: BTreeMap::from([("l".to_owned(), vec!["y".to_owned()])]), ..Names::default() };
        let led = Path::parse(path, &names)
            .unwrap()
            .find(At::root(&root))
            .into_iter()
            .map(|one| one.attribute.map_or_else(|| one.at.element.text(&inline), str::to_owned));
        assert_eq!(led.collect::<Vec<_>>(), found, "{path}");
    }

    #[test]
    fn steps_lead_to_children_and_any_depth() {
        check("a", &["1", "23"]);
        check("a/b", &["3"]);
        check("//b", &["3"]);
        check("*/*", &["3"]);
        check("a/@kind", &["x", "Y"]);
        check(".[a]/a/b/.", &["3"]);
    }
    #[test]
    fn predicates_choose() {
        check("a[@kind='x']", &["1"]);
        check("a[@kind = 'q' 'x']", &["1"]);
        check("a[@kind != 'x']", &["23"]);
        check("a[@kind ~ $l]", &["23"]);
        check("a[@kind !~ $l]", &["1"]);
        check("a[b]", &["23"]);
        check("a[not b]", &["1"]);
        check("a[b='3'][@kind='Y']", &["23"]);
        check(".[@kind='other']/a", &[]);
    }
}
