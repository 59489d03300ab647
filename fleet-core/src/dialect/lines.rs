use super::Dialect;
use crate::{Decode, Offset, decode::Entry, source::Chunk};

/// The longest record, bytes (1 MiB); a source cuts longer ones.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// Records of text, one a line. UTF-8 is checked once per chunk; only a chunk that fails is looked at
/// line by line.
impl<D: Dialect> Decode<Chunk> for D {
    type Event = D::Event;

    fn decode(&self, chunk: Chunk, entry: &mut Entry<'_, D::Event>) {
        if refuse_cut(&chunk, entry) {
            return;
        }
        let mut memo = self.memo(chunk.newest);
        let text = std::str::from_utf8(&chunk.bytes).ok();
        let mut from = 0;
        while let Some(rest) = chunk.bytes.get(from..).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let at = Offset(chunk.start.0 + from as u64);
            let line = (from, from + length);
            from += length + 1;
            let raw = chunk.bytes.get(line.0..line.1).unwrap_or_default();
            let record = match text {
                Some(text) => text.get(line.0..line.1),
                None => std::str::from_utf8(raw).ok(),
            };
            // An empty line is not a record.
            if raw.trim_ascii().is_empty() {
                continue;
            }
            let Some(record) = record else {
                entry.malformed(at, raw, "the record is not UTF-8");
                continue;
            };
            if let Err(refused) = self.enter(record, &mut memo, at, entry) {
                entry.malformed(at, raw, refused.0);
            }
        }
    }
}

/// Refuses a chunk that is the beginning of a record that was cut; `false` for any other.
pub(super) fn refuse_cut<E>(chunk: &Chunk, entry: &mut Entry<'_, E>) -> bool {
    let Some(length) = chunk.cut else {
        return false;
    };
    let reason = format!("the record has {length} bytes, the limit is {MAX_RECORD_BYTES}");
    entry.cut(chunk.start, &chunk.bytes, length, reason);
    true
}
