//! The name of the partition: it identifies the inputs by their paths and beginnings.

use fleet_core::Partition;
use twox_hash::XxHash3_64;

use super::opened::OpenedInput;

/// Names the partition `file:rides.ndjson#a1b2c3d4e5f60718`, or `file:rides.ndjson+2#..` with two
/// more inputs.
///
/// The digits are the XXH3 hash of every input's full path and beginning. So files of equal names
/// in two folders have different partitions, and so has a new file under an old name.
pub(crate) fn partition(inputs: &[OpenedInput]) -> Partition {
    let mut all = Vec::new();
    for input in inputs {
        for field in [&input.path, &input.beginning] {
            // Length-prefixed, so that two different lists never concatenate to the same bytes.
            all.extend_from_slice(&(field.len() as u64).to_le_bytes());
            all.extend_from_slice(field);
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
