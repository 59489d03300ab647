//! The beginning of an input: its byte order mark, its header, and its first record.

use std::{io, io::Read, sync::Arc};

use fleet_core::dialect::MAX_RECORD_BYTES;

use crate::files::{
    bytes::{record_ends::RecordEnds, stream::read_once},
    options::Format,
};

/// The byte order mark of UTF-8, which Windows tools write. It is not part of the first record.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How many bytes of an input's beginning are part of its identity. Our choice: more than the first
/// record has in any known dialect.
const BEGINNING_BYTES: usize = 1024;
/// How much is read at once, bytes. Our choice: one read suffices for almost every file.
const READ_BYTES: usize = 8 * 1024;

/// The beginning of an input.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// All bytes read to find it.
    pub(crate) consumed: Vec<u8>,
    /// The header without its line end.
    pub(crate) header: Option<Arc<[u8]>>,
    /// The offset of the first record.
    pub(crate) data_start: u64,
    /// The header and the first record, at most 1 KiB: part of the input's identity.
    pub(crate) identity: Vec<u8>,
    /// Whether none of this can change when the input grows.
    pub(crate) settled: bool,
}

/// The error of a header that does not end within the size limit of a record.
#[derive(Debug)]
pub(crate) struct HeaderTooLong;

/// Reads until the beginning is complete or the input ends.
pub(crate) fn beginning(
    reader: &mut dyn Read,
    format: Format,
) -> io::Result<Result<Beginning, HeaderTooLong>> {
    let wanted = match format {
        Format::Lines => 1,
        Format::Csv => 2,
    };
    let mut all: Vec<u8> = Vec::with_capacity(READ_BYTES);
    let mut piece = vec![0; READ_BYTES];
    let (mut ends, mut found) = (RecordEnds::new(format), Vec::new());
    let (mut bom, mut scanned) = (0, 0);
    let mut more = true;
    while more {
        let read = read_once(reader, &mut piece)?;
        all.extend_from_slice(piece.get(..read).unwrap_or_default());
        more = read > 0;
        if more && all.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(&all) {
            continue;
        }
        if scanned == 0 && all.starts_with(BYTE_ORDER_MARK) {
            (bom, scanned) = (BYTE_ORDER_MARK.len(), BYTE_ORDER_MARK.len());
        }
        while let Some(end) = ends.scan_one(all.get(scanned..).unwrap_or_default()) {
            scanned += end;
            found.push(scanned);
            if found.len() == wanted {
                more = false;
                break;
            }
        }
        if found.len() < wanted {
            scanned = all.len();
        }
        let has_header = found.len() + 1 >= wanted;
        if has_header && all.len() - bom >= BEGINNING_BYTES {
            more = false;
        }
        if !has_header && all.len() - bom > MAX_RECORD_BYTES {
            return Ok(Err(HeaderTooLong));
        }
    }
    let (header, data_start) = match format {
        Format::Lines => (None, bom),
        Format::Csv => {
            let end = found.first().copied().unwrap_or(all.len());
            let header = all.get(bom..end).unwrap_or_default();
            let header = header.strip_suffix(b"\n").unwrap_or(header);
            let header = header.strip_suffix(b"\r").unwrap_or(header);
            (Some(Arc::from(header)), end)
        }
    };
    let end = found.get(wanted - 1).copied().unwrap_or(all.len());
    let identity = all.get(bom..end.min(bom + BEGINNING_BYTES));
    Ok(Ok(Beginning {
        settled: found.len() == wanted
            || (found.len() + 1 == wanted && all.len() - bom >= BEGINNING_BYTES),
        header,
        data_start: data_start as u64,
        identity: identity.unwrap_or_default().to_vec(),
        consumed: all,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8], format: Format) -> Beginning {
        beginning(&mut &*text, format).unwrap().unwrap()
    }

    #[test]
    fn a_header_may_hold_line_ends_and_follow_a_byte_order_mark() {
        let found = of(b"\xef\xbb\xbf\"a\nb\",c\r\n1,2\r\n3,4\r\n", Format::Csv);
        assert_eq!(found.header.as_deref(), Some(&b"\"a\nb\",c"[..]));
        assert_eq!(found.data_start, 12);
        assert_eq!(found.identity, b"\"a\nb\",c\r\n1,2\r\n");
        assert!(found.settled);
    }

    #[test]
    fn a_beginning_settles_once_more_bytes_cannot_change_it() {
        assert!(!of(b"", Format::Lines).settled);
        assert!(!of(b"{\"a\":1}", Format::Lines).settled);
        assert!(of(b"{\"a\":1}\n", Format::Lines).settled);
        assert!(of(&[b'x'; 1024], Format::Lines).settled);
        assert!(!of(b"a,b\n1,", Format::Csv).settled);
        let long = [&b"a,b\n"[..], &[b'1'; 1020]].concat();
        assert!(of(&long, Format::Csv).settled);
        let longer = [&long[..], &[b'1'; 999]].concat();
        assert_eq!(
            of(&long, Format::Csv).identity,
            of(&longer, Format::Csv).identity
        );
    }

    #[test]
    fn a_header_without_end_is_refused_before_it_fills_the_memory() {
        let endless = io::repeat(b'x');
        assert!(beginning(&mut { endless }, Format::Csv).unwrap().is_err());
    }
}
