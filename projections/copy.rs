//! Rows sent in PostgreSQL's binary `COPY` format: the server never holds them whole, and parses no arrays.
//!
//! Source: PostgreSQL 18, `COPY`, "Binary Format".

use sqlx::PgConnection;

use crate::{ProjectionError, database};

/// The signature, no flags, no extension of the header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a number of fields: no row follows.
const END: [u8; 2] = (-1i16).to_be_bytes();
/// Bytes sent at once; more where a row is longer.
const CHUNK_BYTES: usize = 64 * 1024;

/// A field of a row, as the column's type receives it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    /// No value.
    Null,
    /// `text`.
    Text(&'a str),
    /// `bytea`, `uuid`, or the binary form of another type.
    Bytes(&'a [u8]),
    /// `bigint`.
    Bigint(i64),
    /// `boolean`.
    Boolean(bool),
}

impl<'a> Field<'a> {
    pub(crate) fn text(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }

    pub(crate) fn bigint(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Bigint)
    }

    fn encode(self, out: &mut Vec<u8>) {
        let mut sized = |bytes: &[u8]| {
            // No field comes near two gigabytes: the bodies of events, which they are made of, have eight megabytes.
            out.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
            out.extend_from_slice(bytes);
        };
        match self {
            Self::Null => out.extend_from_slice(&(-1i32).to_be_bytes()),
            Self::Text(text) => sized(text.as_bytes()),
            Self::Bytes(bytes) => sized(bytes),
            Self::Bigint(number) => sized(&number.to_be_bytes()),
            Self::Boolean(truth) => sized(&[u8::from(truth)]),
        }
    }
}

/// Rows on their way. The type of an iterator over borrowed rows would not let its future go to another thread.
type Rows<'r, const FIELDS: usize> = Box<dyn Iterator<Item = [Field<'r>; FIELDS]> + Send + 'r>;

/// Rows, to be sent by [`copy`].
pub(crate) fn rows<'r, const FIELDS: usize>(
    rows: impl Iterator<Item = [Field<'r>; FIELDS]> + Send + 'r,
) -> Rows<'r, FIELDS> {
    Box::new(rows)
}

/// Writes [`rows`] to `table`, which names its columns, too: `table (column, …)`. They are encoded while they are sent:
/// nothing is held twice.
///
/// `doing` is what an error message says: "could not …".
pub(crate) async fn copy<const FIELDS: usize>(
    connection: &mut PgConnection,
    table: &str,
    rows: Rows<'_, FIELDS>,
    doing: &'static str,
) -> Result<(), ProjectionError> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let statement = format!("copy {table} from stdin (format binary)");
    let mut sink = connection.copy_in_raw(&statement).await.map_err(database(doing))?;
    let mut chunk = Vec::with_capacity(2 * CHUNK_BYTES);
    chunk.extend_from_slice(HEADER);
    for row in rows {
        chunk.extend_from_slice(&i16::try_from(FIELDS).unwrap_or(i16::MAX).to_be_bytes());
        for field in row {
            field.encode(&mut chunk);
        }
        if chunk.len() >= CHUNK_BYTES {
            // Where this fails the connection is gone, and with it the transaction.
            sink.send(chunk.as_slice()).await.map_err(database(doing))?;
            chunk.clear();
        }
    }
    chunk.extend_from_slice(&END);
    sink.send(chunk.as_slice()).await.map_err(database(doing))?;
    sink.finish().await.map(drop).map_err(database(doing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sized_and_in_network_order() {
        let mut out = Vec::new();
        for field in [Field::Null, Field::Text("é"), Field::Bigint(-2), Field::Boolean(true)] {
            field.encode(&mut out);
        }
        let expected: &[&[u8]] = &[
            &[0xff, 0xff, 0xff, 0xff],
            &[0, 0, 0, 2, 0xc3, 0xa9],
            &[0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
            &[0, 0, 0, 1, 1],
        ];
        assert_eq!(out, expected.concat());
    }
}
