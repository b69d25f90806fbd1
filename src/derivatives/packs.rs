//! The folder of tile packs: finding, reading and making them.

use std::fmt;
use std::fs::{DirBuilder, File};
use std::io::{self, BufReader, BufWriter, IoSliceMut};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fonds_schemas::{Page, Sha256};
use fonds_workers::pack::{self, Entry, HEADER_BYTES, Index, Written};
use fonds_workers::picture::{self, Sides};
use moka::sync::Cache;
use rustix::io::{ReadWriteFlags, preadv2};
use tracing::debug;

use super::failures::{Failures, Notes};

/// Packs that are held open: each takes a file descriptor, and a system allows a thousand.
const OPEN_MAX: u64 = 256;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("could not use {path}: {doing}")]
pub struct PacksError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was being done.
    pub doing: &'static str,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// What a pack is made of: a master, or one of the pages that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Master {
    /// The digest of the file.
    pub sha256: Sha256,
    /// Which of its pages, from 1.
    pub page: u32,
}

/// What there is of a master.
#[derive(Debug, Clone)]
pub enum Found {
    /// Its pack.
    Pack(Arc<Pack>),
    /// Nothing, and why nothing will come of it.
    Failed(String),
    /// Nothing yet.
    Nothing,
}

/// An open pack.
#[derive(Debug)]
pub struct Pack {
    file: Arc<File>,
    /// What is in it and where.
    pub index: Index,
}

/// The folder; cheap to clone.
#[derive(Clone)]
pub struct Packs {
    folder: Arc<PathBuf>,
    open: Cache<Master, Arc<Pack>>,
    notes: Arc<Notes>,
}

impl Master {
    /// The page of a file.
    #[must_use]
    pub const fn of(page: Page<'_>) -> Self {
        Self { sha256: page.file.sha256, page: page.number }
    }

    /// Reads the name of what is made of it.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (sha256, page) = name.split_once('.').unwrap_or((name, "1"));
        let master = Self { sha256: Sha256::parse(sha256).ok()?, page: page.parse().ok()? };
        (master.to_string() == name).then_some(master)
    }
}

impl fmt::Display for Master {
    /// The name of what is made of it. A first page is called as a file of one page is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.page == 1 { self.sha256.fmt(f) } else { write!(f, "{}.{}", self.sha256, self.page) }
    }
}

impl Packs {
    /// Opens the folder and makes it where it is missing.
    pub fn open(data: &Path) -> Result<Self, PacksError> {
        let folder = data.join("packs");
        make_folder(&folder)?;
        let notes = Arc::new(Notes::open(&folder)?);
        Ok(Self { folder: Arc::new(folder), open: Cache::new(OPEN_MAX), notes })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What there is of a master.
    pub async fn find(&self, master: Master) -> Result<Found, PacksError> {
        if let Some(pack) = self.open.get(&master) {
            return Ok(Found::Pack(pack));
        }
        let packs = self.clone();
        let found = tokio::task::spawn_blocking(move || packs.look(master)).await;
        found.map_err(|stopped| failed_to("looking", &self.folder)(io::Error::other(stopped)))?
    }

    /// The same, on a thread that may block.
    pub fn look(&self, master: Master) -> Result<Found, PacksError> {
        let path = self.path(master, "pack");
        let failed = failed_to("reading a pack", &path);
        match File::open(&path) {
            Ok(file) => match read_index(&file, &master.sha256).map_err(failed)? {
                Some(index) => {
                    let pack = Arc::new(Pack { file: Arc::new(file), index });
                    self.open.insert(master, Arc::clone(&pack));
                    return Ok(Found::Pack(pack));
                }
                // Of another pipeline, or damaged: it is made again.
                None => return Ok(Found::Nothing),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(self.notes.find(master)?.map_or(Found::Nothing, Found::Failed))
    }

    /// Makes the pack of a page; `going_on` is asked from time to time whether to. Blocks for as long as it takes to
    /// decode the image. What cannot be decoded is written down; `Ok(None)` where it was told to stop.
    pub fn make(
        &self,
        page: Page<'_>,
        bytes: Arc<File>,
        going_on: &dyn Fn() -> bool,
    ) -> Result<Option<Found>, PacksError> {
        let master = Master::of(page);
        let path = self.path(master, "pack");
        let folder = path.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        // Seen only when it is whole; what a crash leaves is overwritten by whoever comes next.
        let draft = self.path(master, "draft");
        let failed = failed_to("writing a pack", &draft);
        let mut to = BufWriter::with_capacity(1 << 20, File::create(&draft).map_err(failed)?);
        let written = write(page, bytes, going_on, &mut to);
        if !going_on() {
            remove(&draft);
            return Ok(None);
        }
        match written {
            Ok(Written { tiles, taken }) => {
                let id = page.id();
                debug!(file.id = %page.file.file, tiles, taken, "{tiles} tiles of {id}, {taken} as it held them");
            }
            Err(why) => {
                remove(&draft);
                let why = why.to_string();
                self.note(master, &why)?;
                return Ok(Some(Found::Failed(why)));
            }
        }
        let to = to.into_inner().map_err(|error| failed(error.into_error()))?;
        to.sync_all().map_err(failed)?;
        std::fs::rename(&draft, &path).map_err(failed)?;
        self.notes.remove(master);
        self.open.invalidate(&master);
        self.look(master).map(Some)
    }

    /// Writes down why nothing comes of a master.
    pub fn note(&self, master: Master, why: &str) -> Result<(), PacksError> {
        self.notes.add(master, why)
    }

    /// Every master of which nothing comes, and why: as it was a second ago, or more lately.
    pub async fn failures(&self) -> Result<Arc<Failures>, PacksError> {
        if let Some(failures) = self.notes.at_hand() {
            return Ok(failures);
        }
        let notes = Arc::clone(&self.notes);
        let all = tokio::task::spawn_blocking(move || notes.all()).await;
        all.map_err(|stopped| failed_to("looking", &self.folder)(io::Error::other(stopped)))?
    }

    fn path(&self, master: Master, kind: &str) -> PathBuf {
        let name = master.to_string();
        self.folder.join(&name[..2]).join(format!("{name}.{kind}"))
    }
}

impl Pack {
    /// The bytes of an entry. What the system holds in memory is copied at once; only what must come from the disk
    /// waits on a thread of its own.
    pub async fn read(&self, entry: Entry) -> io::Result<Bytes> {
        let mut bytes = vec![0; entry.length as usize];
        let held = preadv2(&*self.file, &mut [IoSliceMut::new(&mut bytes)], entry.offset, ReadWriteFlags::NOWAIT);
        if held == Ok(bytes.len()) {
            return Ok(bytes.into());
        }
        let file = Arc::clone(&self.file);
        let read = tokio::task::spawn_blocking(move || {
            file.read_exact_at(&mut bytes, entry.offset)?;
            Ok(bytes.into())
        });
        read.await.map_err(io::Error::other)?
    }

    /// The bytes of an entry, on a thread that may block.
    pub fn read_now(&self, entry: Entry) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; entry.length as usize];
        self.file.read_exact_at(&mut bytes, entry.offset)?;
        Ok(bytes)
    }
}

/// The index of a pack, if it is one of that master and of this pipeline.
fn read_index(file: &File, master: &Sha256) -> io::Result<Option<Index>> {
    let total = file.metadata()?.len();
    let mut bytes = vec![0; HEADER_BYTES];
    if total < HEADER_BYTES as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut bytes, 0)?;
    let Some(all) = Index::bytes(&bytes).ok().filter(|all| *all as u64 <= total) else { return Ok(None) };
    bytes.resize(all, 0);
    file.read_exact_at(&mut bytes[HEADER_BYTES..], HEADER_BYTES as u64)?;
    Ok(Index::read(&bytes, total).ok().filter(|index| index.master() == master))
}

fn write(
    page: Page<'_>,
    bytes: Arc<File>,
    going_on: &dyn Fn() -> bool,
    to: &mut BufWriter<File>,
) -> Result<Written, pack::Unpackable> {
    let (width, height) = page.sides.unwrap_or_default();
    let (bytes, recorded) = (BufReader::with_capacity(1 << 20, bytes), Sides::new(width, height));
    let rows = picture::open(bytes, &page.file.media_type, recorded, page.place())?;
    let mut rows = Interruptible { rows, going_on };
    pack::write(&mut rows, &page.file.sha256, to)
}

/// Rows that end when nobody wants them any more.
struct Interruptible<'a> {
    rows: Box<dyn picture::Rows + 'a>,
    going_on: &'a dyn Fn() -> bool,
}

impl picture::Rows for Interruptible<'_> {
    fn sides(&self) -> Sides {
        self.rows.sides()
    }

    fn channels(&self) -> picture::Channels {
        self.rows.channels()
    }

    fn read(&mut self, most: u32, into: &mut Vec<u8>) -> Result<u32, picture::BadPicture> {
        if (self.going_on)() {
            return self.rows.read(most, into);
        }
        Err(picture::BadPicture::Read(io::ErrorKind::Interrupted.into()))
    }

    fn ready(&mut self) -> Option<&mut dyn picture::ReadyTiles> {
        self.rows.ready()
    }
}

/// What was being done to what, when it did not work.
pub(super) fn failed_to<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> PacksError + Copy + use<'a> {
    move |source| PacksError { path: path.to_owned(), doing, source }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), PacksError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| PacksError { path: folder.to_owned(), doing: "making the folder of packs", source })
}

pub(super) fn remove(path: &Path) {
    // What cannot be removed is overwritten by whoever comes next.
    drop(std::fs::remove_file(path));
}
