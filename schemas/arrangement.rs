//! How the files of an object are shown: which way they are read, where one begins, which of them show the same view,
//! and what is where.
//!
//! It is said as a whole, and what is said later takes its place. The order of the views is that of the files. A file
//! that is no longer on the object stays named here and is passed over by whoever shows it.

mod composed;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::StoredFile;
use crate::files::Files;
use crate::ids::FileId;
use crate::statement::Language;

pub use composed::{COMPOSED_MAX, Composition, DETAILS_MAX, Detail};

/// Views that exist in several states: more than a codex has pages that were restored.
pub const CHOICES_MAX: usize = 2_000;
/// States of one view: a dome of reflectance lights has 60.
pub const ALTERNATIVES_MAX: usize = 100;
/// Ranges in all: a newspaper's volume with every article.
pub const RANGES_MAX: usize = 10_000;
/// Ranges inside ranges: volume, part, chapter, section, and as many again.
pub const DEPTH_MAX: usize = 8;
/// Files and parts of files named by all ranges together, each file counted by its pages.
pub const RANGE_FILES_MAX: usize = 50_000;
/// Labels of one thing: a language each.
pub const LABELS_MAX: usize = 20;
/// Bytes of a label: a long heading.
pub const LABEL_BYTES_MAX: usize = 1_000;
/// Bytes of the whole, as it is recorded: what the API takes in one request.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Which way the views are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As a Latin book.
    LeftToRight,
    /// As an Arabic book, or a Japanese one.
    RightToLeft,
    /// As a scroll, or a roll.
    TopToBottom,
    /// The last comes first.
    BottomToTop,
}

/// How the views, or the parts, belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Behavior {
    /// Pages of a bound thing: after the first, two and two are opened together.
    Paged,
    /// Pieces of one strip, joined without a gap: a scroll.
    Continuous,
    /// Each by itself.
    Individuals,
    /// In no order.
    Unordered,
    /// The parts of the object are volumes of one work.
    MultiPart,
}

impl Behavior {
    /// The written form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paged => "paged",
            Self::Continuous => "continuous",
            Self::Individuals => "individuals",
            Self::Unordered => "unordered",
            Self::MultiPart => "multi_part",
        }
    }

    /// Whether it speaks of the views: of those only one can hold.
    #[must_use]
    pub const fn is_of_views(self) -> bool {
        match self {
            Self::Paged | Self::Continuous | Self::Individuals | Self::Unordered => true,
            Self::MultiPart => false,
        }
    }
}

/// What something is called, in a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The language of the text, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What people read.
    pub text: String,
}

/// One state of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Which file shows it.
    pub file: FileId,
    /// What it is called: before restoration, infrared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<Label>,
}

/// Files that show the same view in different states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The states; the first is shown until somebody chooses, and stands where its file stands.
    pub files: Vec<Alternative>,
}

/// A part of what is shown: a chapter, an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Its own parts, after its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Range>,
    /// The views that belong to it and to none of its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
    /// What it is called.
    pub label: Vec<Label>,
    /// Parts of recordings that belong to it and to none of its parts, after its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// A part of a recording: a movement, an interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Where it begins, in milliseconds.
    pub begin_ms: u64,
    /// Where it ends, in milliseconds; where nothing is said, with the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
    /// Which recording.
    pub file: FileId,
}

/// How the files of an object are shown. Nothing said: by their order, left to right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// How views and parts belong together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviors: Vec<Behavior>,
    /// Views that exist in several states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Images with details at their places on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composed: Vec<Composition>,
    /// Which way they are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What is where: the table of contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// The view to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<FileId>,
}

/// Why files cannot be shown so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArrangement {
    /// It names a file that is not there.
    #[error("{place} names file {file}, which is not on the object")]
    NoSuchFile {
        /// Where: start, choices, ranges.
        place: &'static str,
        /// Which file.
        file: FileId,
    },
    /// It names a file twice where once is all that makes sense.
    #[error("{place} names file {file} twice")]
    Twice {
        /// Where.
        place: &'static str,
        /// Which file.
        file: FileId,
    },
    /// Too much of something.
    #[error("{found} {what}, at most {most} are taken")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are taken.
        most: usize,
    },
    /// A composition of one.
    #[error("a composition needs an image and a detail of it at least")]
    NoDetail,
    /// Something else where an image is needed.
    #[error("composed names file {file}, which is no image of known sides")]
    NoImage {
        /// Which file.
        file: FileId,
    },
    /// A place that is not on the image.
    #[error("composed puts file {file} at a place that is not on file {on}")]
    Region {
        /// Which detail.
        file: FileId,
        /// The image that it should be seen on.
        on: FileId,
    },
    /// A part of a file that cannot be.
    #[error("a range names file {file} from {begin_ms} ms, but {why}")]
    Span {
        /// Which file.
        file: FileId,
        /// Where the part begins.
        begin_ms: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// Ranges too deep inside one another.
    #[error("ranges lie inside one another more than {DEPTH_MAX} deep")]
    TooDeep,
    /// A choice of one.
    #[error("a choice needs two files at least")]
    NoChoice,
    /// A range of nothing.
    #[error("a range needs a file, a part of one, or a range in it")]
    EmptyRange,
    /// A thing without a name, or with one that is empty or too long.
    #[error("a label of 1 to {LABEL_BYTES_MAX} bytes is needed, in {place}")]
    Label {
        /// Of what.
        place: &'static str,
    },
    /// Two behaviours that exclude each other, or one twice.
    #[error("{0} and {1} cannot both hold")]
    Behaviors(&'static str, &'static str),
}

impl Arrangement {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks that the files are there, each where it makes sense, and that nothing is too much.
    pub fn check(&self, files: &Files) -> Result<(), BadArrangement> {
        let known: BTreeMap<FileId, usize> = files.iter().map(|stored| (stored.file, 1 + stored.pages.len())).collect();
        let there = |place: &'static str, file: FileId| {
            known.get(&file).copied().ok_or(BadArrangement::NoSuchFile { place, file })
        };
        self.check_behaviors()?;
        if let Some(file) = self.start {
            there("start", file)?;
        }
        at_most("choices", self.choices.len(), CHOICES_MAX)?;
        let mut chosen = BTreeSet::new();
        for choice in &self.choices {
            at_most("files in a choice", choice.files.len(), ALTERNATIVES_MAX)?;
            if choice.files.len() < 2 {
                return Err(BadArrangement::NoChoice);
            }
            for Alternative { file, label } in &choice.files {
                there("choices", *file)?;
                if !chosen.insert(*file) {
                    return Err(BadArrangement::Twice { place: "choices", file: *file });
                }
                check_label("choices", label)?;
            }
        }
        composed::check(&self.composed, &self.choices, files)?;
        let mut count = Count::default();
        for range in &self.ranges {
            range.check(&there, files, &mut count, 1)?;
        }
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |text| text.len());
        at_most("bytes", bytes, BYTES_MAX)
    }

    fn check_behaviors(&self) -> Result<(), BadArrangement> {
        for (place, behavior) in self.behaviors.iter().enumerate() {
            let excludes = |other: &&Behavior| *other == behavior || (other.is_of_views() && behavior.is_of_views());
            if let Some(other) = self.behaviors[..place].iter().find(excludes) {
                return Err(BadArrangement::Behaviors(other.as_str(), behavior.as_str()));
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Count {
    ranges: usize,
    files: usize,
}

impl Range {
    fn check(
        &self,
        pages: &impl Fn(&'static str, FileId) -> Result<usize, BadArrangement>,
        files: &Files,
        count: &mut Count,
        depth: usize,
    ) -> Result<(), BadArrangement> {
        if depth > DEPTH_MAX {
            return Err(BadArrangement::TooDeep);
        }
        count.ranges += 1;
        count.files += self.spans.len();
        at_most("ranges", count.ranges, RANGES_MAX)?;
        at_most("files in ranges", count.files, RANGE_FILES_MAX)?;
        if self.files.is_empty() && self.spans.is_empty() && self.children.is_empty() {
            return Err(BadArrangement::EmptyRange);
        }
        if self.label.is_empty() {
            return Err(BadArrangement::Label { place: "ranges" });
        }
        check_label("ranges", &self.label)?;
        let mut named = BTreeSet::new();
        for file in &self.files {
            // A file stands for all its pages.
            count.files += pages("a range", *file)?;
            at_most("files in ranges", count.files, RANGE_FILES_MAX)?;
            // A page may belong to two articles, but not twice to one.
            if !named.insert(*file) {
                return Err(BadArrangement::Twice { place: "a range", file: *file });
            }
        }
        let mut parts = BTreeSet::new();
        for span in &self.spans {
            pages("a range", span.file)?;
            // What belongs to it as a whole has no parts beside, and no part belongs to it twice.
            if named.contains(&span.file) || !parts.insert((span.file, span.begin_ms)) {
                return Err(BadArrangement::Twice { place: "a range", file: span.file });
            }
            files.get(span.file).map_or(Ok(()), |file| span.check(file))?;
        }
        self.children.iter().try_for_each(|child| child.check(pages, files, count, depth + 1))
    }
}

impl Span {
    /// Checks that it is a part of that file, as far as is known.
    fn check(&self, file: &StoredFile) -> Result<(), BadArrangement> {
        let wrong = |why| Err(BadArrangement::Span { file: self.file, begin_ms: self.begin_ms, why });
        if !file.media_type.starts_with("audio/") && !file.media_type.starts_with("video/") {
            return wrong("only sound and film have parts in time");
        }
        if self.end_ms.is_some_and(|end| end <= self.begin_ms) {
            return wrong("it ends before it begins");
        }
        let Some(length) = file.duration_ms else { return Ok(()) };
        if self.begin_ms >= length || self.end_ms.is_some_and(|end| end > length) {
            return wrong("the recording is shorter");
        }
        Ok(())
    }
}

fn check_label(place: &'static str, label: &[Label]) -> Result<(), BadArrangement> {
    at_most("labels of one thing", label.len(), LABELS_MAX)?;
    let fits = |label: &Label| !label.text.trim().is_empty() && label.text.len() <= LABEL_BYTES_MAX;
    if label.iter().all(fits) { Ok(()) } else { Err(BadArrangement::Label { place }) }
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), BadArrangement> {
    if found > most { Err(BadArrangement::TooMany { what, found, most }) } else { Ok(()) }
}
