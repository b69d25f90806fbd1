//! What is too much for one ingest. Every number is a promise to the memory of a small machine.

/// Bytes of one row of a table: more than any catalogue record that we have seen (the largest has 40 KiB), and small
/// enough that a file that is one endless line cannot fill the memory.
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// Columns of a table. Spreadsheets end at 16,384; nobody maps a thousand.
pub const COLUMNS_MAX: usize = 1_000;
/// Rows of a table. One run remembers the id and place of each to find doubles (about 150 bytes), so this bounds that
/// to 600 MB.
pub const ROWS_MAX: u64 = 4_000_000;
/// How deep JSON may nest. Records are flat; a thousand brackets are an attack.
pub const JSON_DEPTH_MAX: usize = 32;
/// Rows that are kept until the end where several rows are one object (they need not stand together).
pub const GROUPED_ROWS_MAX: usize = 200_000;
/// Bytes looked at to tell the encoding, the delimiter and the line ends of a table.
pub const SAMPLE_BYTES: usize = 4 << 20;
/// Rows looked at to tell the columns of a table that has no header.
pub const SAMPLE_ROWS: usize = 50;
/// Bytes of a spreadsheet on disk. It is compressed, and its texts are read into memory at once.
pub const XLSX_BYTES_MAX: u64 = 128 << 20;
/// Bytes that the parts of a spreadsheet say they have when unpacked.
pub const XLSX_UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Bytes of a mapping profile.
pub const PROFILE_BYTES_MAX: u64 = 1 << 20;
/// Files of one folder, at all depths.
pub const FILES_MAX: usize = 1_000_000;
/// Folders inside folders.
pub const FOLDER_DEPTH_MAX: usize = 16;
/// Bytes of an identifier or a namespace: longer ones are texts that got into the wrong column.
pub const IDENTIFIER_BYTES_MAX: usize = 1_024;
/// Values that one cell may hold.
pub const VALUES_MAX: usize = 1_000;
/// Statements of one object from one row, so that one event stays small enough to be read and shown.
pub const STATEMENTS_MAX: usize = 2_000;

/// Relations of one object, as many as one event takes.
pub const RELATIONS_MAX: usize = 2_000;
/// Bytes of the label of a batch that is made of the name of its source.
pub const LABEL_BYTES_MAX: usize = 200;
/// Bytes of all that is said of one object: half of what the body of an event may have.
pub const DESCRIPTION_BYTES_MAX: usize = 4 << 20;

/// Objects that are looked up and appended together: large enough that the round trips do not count, small enough
/// that a progress bar moves.
pub const CHUNK_OBJECTS: usize = 500;
/// Bytes of the descriptions in one chunk, after which it is full: a chunk of very long records must not fill the memory.
pub const CHUNK_BYTES: usize = 8 << 20;
/// Chunks read ahead of what is being appended.
pub const CHUNKS_AHEAD: usize = 4;
/// Chunks whose appends are on their way at the same time.
pub const APPENDS_IN_FLIGHT: usize = 3;
/// Changes of single objects whose appends are on their way at the same time; the ledger writes them together.
pub const CHANGES_IN_FLIGHT: usize = 64;
/// Files of one object that are staged and stored together. Each time its history is read and its inventory, which names
/// the files of every version, is written: a volume of ten thousand pages must not be many versions.
pub const DEPOSIT_FILES: u64 = 1_000;
/// Bytes of the files that are staged and stored together, so that a book does not need twice its size of staging
/// space; one larger file goes alone.
pub const DEPOSIT_BYTES: u64 = 2 << 30;
/// What part of what a run has stored on an object goes together in any case: an eighth. So the number of versions grows
/// with the logarithm of a very large object.
pub const DEPOSIT_SHARE: u64 = 8;
/// Files that are stored together at most: with names of any length an append takes as many.
pub const DEPOSIT_FILES_MAX: u64 = 8_000;
/// Problems that are kept word for word; the rest is counted.
pub const PROBLEMS_KEPT: usize = 1_000;

/// Bags that are one input.
pub const BAGS_MAX: usize = 100_000;
/// Bytes of a tag file of a bag: a manifest of a million files fits.
pub const BAG_TAG_BYTES_MAX: u64 = 256 << 20;
/// Elements of `bag-info.txt`.
pub const BAG_INFO_MAX: usize = 1_000;
/// Problems of one bag that are listed.
pub const BAG_PROBLEMS_MAX: usize = 100;
/// Bytes that a zip has when unpacked: what a large disk holds. They are counted as they come.
pub const ZIP_UNPACKED_BYTES_MAX: u64 = 1 << 42;
/// How many times as large a zip may become. Deflate ends at about a thousand; folders of texts reach twenty.
pub const ZIP_RATIO_MAX: u64 = 200;
/// Bytes up to which nobody asks how well they were packed: a blank page packs as well as a bomb.
pub const ZIP_SMALL_BYTES: u64 = 64 << 20;

/// Bytes of one record of an XML file, as they lie in memory: a METS file of a volume of five thousand pages fits, and
/// several at a time fit into a small machine.
pub const XML_RECORD_BYTES_MAX: usize = 32 << 20;
/// Elements of one record: the METS file of that volume has a hundred thousand.
pub const XML_ELEMENTS_MAX: usize = 200_000;
/// Elements inside elements, from the root on. An EAD file nests twelve components and the lists in them.
pub const XML_DEPTH_MAX: usize = 128;
/// Attributes of one element. The richest of the formats has two dozen.
pub const XML_ATTRIBUTES_MAX: usize = 256;
/// Bytes of one tag, comment or text, which is read at once: as much as all that is said of one object.
pub const XML_TOKEN_BYTES_MAX: usize = 4 << 20;
/// Namespaces that are declared for one place of a document. A file of Europeana has thirty.
pub const XML_NAMESPACES_MAX: usize = 512;
/// Bytes at the beginning of an XML file in which its declaration ends.
pub const XML_DECLARATION_BYTES_MAX: usize = 1_024;
/// Elements looked at for the first record of a file, to know its format.
pub const XML_LOOKED_AT_MAX: usize = 10_000;
/// Names of elements that are reported as not mapped; others are counted together.
pub const UNMAPPED_MAX: usize = 1_000;
