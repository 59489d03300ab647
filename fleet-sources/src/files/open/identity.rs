//! The name of the partition: which inputs, and what they begin with.

use fleet_core::Partition;
use twox_hash::XxHash3_64;

use super::opened::Opened;

/// `file:rides.ndjson#a1b2c3d4e5f60718`, or with two more inputs `file:rides.ndjson+2#..`.
///
/// The digits are the XXH3 hash of every input's full path and beginning, so that equal names in two
/// folders differ, and so does a new file under an old name.
pub(crate) fn partition(inputs: &[Opened]) -> Partition {
    let mut all = Vec::new();
    for input in inputs {
        for part in [&input.path, &input.beginning] {
            // With its length, so that no two lists of parts run together to the same bytes.
            all.extend_from_slice(&(part.len() as u64).to_le_bytes());
            all.extend_from_slice(part);
        }
    }
    let name = inputs.first().map_or("", |input| &*input.file_name);
    let more = match inputs.len() {
        0 | 1 => String::new(),
        n => format!("+{}", n - 1),
    };
    let hash = XxHash3_64::oneshot(&all);
    Partition::new(format!("file:{name}{more}#{hash:016x}"))
}
