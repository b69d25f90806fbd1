//! From rows to chunks of planned objects, on a thread of its own: reading and planning never wait for the database
//! until enough is read ahead.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use fonds_schemas::{ObjectId, Sha256};
use tokio::sync::mpsc;

use super::input::{Input, Opened, Shape};
use super::limits::{CHUNK_BYTES, CHUNK_OBJECTS, GROUPED_ROWS_MAX, RELATIONS_MAX, ROWS_MAX};
use super::paths::natural;
use super::plan::{self, Planned, Planner};
use super::problem::{Place, Problem};
use super::profile::{BadProfile, FileOrder, Profile, RowsAre};
use super::row::{Read, Rows};
use super::xml::{self, crosswalk::Crosswalk};

/// Objects that are taken in together, and what was wrong on the way to them.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The objects, in the order of the input.
    pub objects: Vec<Planned>,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// Rows read for it, the refused ones included.
    pub rows: u64,
}

/// Why an input cannot even be begun.
#[derive(Debug, thiserror::Error)]
pub enum BadInput {
    /// The input itself.
    #[error("{}: {}", .0.place, .0.why)]
    Unreadable(Problem),
    /// The mapping profile.
    #[error(transparent)]
    Profile(#[from] BadProfile),
}

/// An input with its mapping profile, ready to be read.
pub struct Reader {
    /// The input.
    pub input: Input,
    /// The name of the profile.
    pub profile: String,
    /// The digest of its text.
    pub profile_sha256: Sha256,
    /// Bytes of the table; 0 where progress is counted in rows.
    pub bytes: u64,
    /// Bytes of it that were read.
    pub bytes_read: Arc<AtomicU64>,
    rows: Rows,
    warnings: Vec<Problem>,
    planner: Planner,
}

impl Reader {
    /// Looks at the input, chooses the profile and opens the table. `map` is what `--map` says, `namespace` takes the
    /// place of the profile's.
    pub fn open(path: &std::path::Path, map: Option<&str>, namespace: Option<String>) -> Result<Self, BadInput> {
        let crosswalk = map.map(Crosswalk::named).transpose()?.flatten();
        let named = map.filter(|_| crosswalk.is_none()).map(Profile::named).transpose()?;
        let wanted = named.as_ref().and_then(|(profile, _)| profile.table.as_deref());
        let told = match (crosswalk, &named) {
            (Some(crosswalk), _) => xml::Told::Crosswalk(Box::new(crosswalk)),
            (None, Some(_)) => xml::Told::Files,
            (None, None) => xml::Told::Nothing,
        };
        let input = super::input::look(path, wanted, told).map_err(BadInput::Unreadable)?;
        if let Shape::Records(records) = &input.shape {
            return Self::records(input.clone(), records, namespace);
        }
        let Opened { columns, rows, warnings, bytes, bytes_read } = input.open().map_err(BadInput::Unreadable)?;
        let (profile, profile_sha256) = match named {
            Some(named) => named,
            None if matches!(input.shape, Shape::Table(..)) => Profile::detected(&input.namespace(), &columns)?,
            None if matches!(input.shape, Shape::Bags(_)) => Profile::named("bag")?,
            None => Profile::named("folder")?,
        };
        let name = profile.name.clone();
        let planner = Planner::new(profile, namespace);
        Ok(Self { input, profile: name, profile_sha256, bytes, bytes_read, rows, warnings, planner })
    }

    /// Opens files of records, whose formats say what they mean.
    fn records(input: Input, records: &xml::Files, namespace: Option<String>) -> Result<Self, BadInput> {
        let (profile, profile_sha256) = (records.profile(), records.sha256());
        let bytes_read = Arc::default();
        let rows = records.open(&input.namespace(), namespace.clone(), &bytes_read);
        let planner = Planner::new(Profile::of_records(&profile)?, namespace);
        let (bytes, warnings) = (records.bytes, records.left_aside.clone());
        Ok(Self { input, profile, profile_sha256, bytes, bytes_read, rows, warnings, planner })
    }

    /// The same with what was wrong before the input could be opened.
    #[must_use]
    pub fn after(mut self, problems: &[Problem]) -> Self {
        self.warnings.splice(0..0, problems.iter().cloned());
        self
    }

    /// Reads everything and hands it on in chunks; ends early when nobody takes them. Returns the columns that the
    /// profile does not know, and how many rows had them.
    #[must_use]
    pub fn read(self, chunks: &mpsc::Sender<Chunk>) -> Vec<(String, u64)> {
        let files = self.planner.profile().rows == RowsAre::Files;
        let order = self.planner.profile().files.as_ref().map_or(FileOrder::Rows, |files| files.order);
        let chunk = Chunk { problems: self.warnings, ..Chunk::default() };
        let mut pump =
            Pump { planner: self.planner, chunk, seen: HashMap::new(), groups: Vec::new(), order, chunks, bytes: 0 };
        let mut read = 0u64;
        for item in self.rows {
            read += 1;
            if read > ROWS_MAX {
                let why = format!("it has more than {ROWS_MAX} rows; what follows is not taken in");
                pump.chunk.problems.push(Problem::refused(Place::file(&self.input.name), why));
                break;
            }
            let goes_on = if files { pump.group(item) } else { pump.row(item) };
            if !goes_on {
                break;
            }
        }
        pump.end()
    }
}

/// Where an object was first asked for.
struct Seen {
    place: Place,
    group: usize,
}

struct Pump<'a> {
    planner: Planner,
    chunk: Chunk,
    seen: HashMap<ObjectId, Seen>,
    groups: Vec<Planned>,
    order: FileOrder,
    chunks: &'a mpsc::Sender<Chunk>,
    bytes: usize,
}

impl Pump<'_> {
    fn planned(&mut self, read: Read) -> Option<Planned> {
        let row = match read {
            Read::Row(row) => row,
            Read::Object(mapped) => {
                self.chunk.rows += 1;
                self.chunk.problems.extend(mapped.warnings);
                for name in mapped.unmapped {
                    self.planner.is_unmapped(&name);
                }
                return Some(mapped.planned);
            }
            Read::Problem(problem) | Read::Broken(problem) => {
                self.chunk.rows += u64::from(problem.place.row.is_some());
                self.chunk.problems.push(problem);
                return None;
            }
        };
        self.chunk.rows += 1;
        match self.planner.plan(&row, &mut self.chunk.problems) {
            Ok(planned) => Some(planned),
            Err(problem) => {
                self.chunk.problems.push(problem);
                None
            }
        }
    }

    /// Takes a row that is an object. Says whether to go on.
    fn row(&mut self, read: Read) -> bool {
        if let Some(mut planned) = self.planned(read) {
            if let Some(first) = self.seen.get(&planned.id) {
                self.chunk.problems.push(double(&planned, &first.place));
            } else {
                // Only what a message needs: this map grows with the input.
                let place = Place { column: None, ..planned.place.clone() };
                self.seen.insert(planned.id, Seen { place, group: 0 });
                arrange(&mut planned, self.order);
                self.bytes += plan::bytes(&planned.statements);
                self.chunk.objects.push(planned);
            }
        }
        let full = self.chunk.objects.len() >= CHUNK_OBJECTS
            || self.chunk.problems.len() >= CHUNK_OBJECTS
            || self.bytes >= CHUNK_BYTES;
        !full || self.hand_on()
    }

    /// Takes a row that is a file of an object. Says whether to go on.
    fn group(&mut self, read: Read) -> bool {
        let Some(planned) = self.planned(read) else { return true };
        if self.seen.len() >= GROUPED_ROWS_MAX {
            let why = format!("more than {GROUPED_ROWS_MAX} rows; this one and what follows is not taken in");
            self.chunk.problems.push(Problem::refused(planned.place, why));
            return false;
        }
        match self.seen.get(&planned.id) {
            None => {
                self.seen.insert(planned.id, Seen { place: planned.place.clone(), group: self.groups.len() });
                self.groups.push(planned);
            }
            Some(first) => {
                if let Err(problem) = join(&mut self.groups[first.group], planned, &first.place) {
                    self.chunk.problems.push(problem);
                }
            }
        }
        true
    }

    fn hand_on(&mut self) -> bool {
        let chunk = std::mem::take(&mut self.chunk);
        self.bytes = 0;
        self.chunks.blocking_send(chunk).is_ok()
    }

    fn end(mut self) -> Vec<(String, u64)> {
        for mut planned in std::mem::take(&mut self.groups) {
            arrange(&mut planned, self.order);
            self.chunk.objects.push(planned);
            if self.chunk.objects.len() >= CHUNK_OBJECTS && !self.hand_on() {
                break;
            }
        }
        // If nobody takes the last chunk, the run has failed elsewhere and says so there.
        let _ = self.hand_on();
        self.planner.unmapped.into_iter().collect()
    }
}

fn double(planned: &Planned, first: &Place) -> Problem {
    let name = super::problem::escape(&planned.source.identifier);
    Problem::refused(planned.place.clone(), format!("the identifier {name:?} is already that of {first}"))
}

fn arrange(planned: &mut Planned, order: FileOrder) {
    match order {
        FileOrder::Rows => {}
        FileOrder::Natural => planned.files.sort_by(|a, b| natural(&a.path, &b.path)),
    }
}

/// Adds a row to the object that it is a file of.
fn join(object: &mut Planned, row: Planned, first: &Place) -> Result<(), Problem> {
    if (object.level, object.access) != (row.level, row.access) {
        let why = format!("it gives the object another level or access than {first}");
        return Err(Problem::refused(row.place, why));
    }
    let new: Vec<_> = row.statements.into_iter().filter(|said| !object.statements.contains(said)).collect();
    if !new.is_empty() {
        plan::fits(&[object.statements.as_slice(), new.as_slice()].concat(), &row.place)?;
    }
    let related: Vec<_> = row.relations.into_iter().filter(|said| !object.relations.contains(said)).collect();
    if object.relations.len() + related.len() > RELATIONS_MAX {
        return Err(Problem::refused(row.place, format!("the object would have more than {RELATIONS_MAX} relations")));
    }
    object.statements.extend(new);
    object.relations.extend(related);
    object.files.extend(row.files);
    Ok(())
}
