//! The note of a bundle in its marks: how far each input was handed over.

use super::input::{Input, Progress};
use crate::data::{
    Error, ErrorKind, EventTime, Mark, Offset, Partition, Position, Result, State,
    state::{put_bytes, put_length, take_bytes, take_length},
};

/// The version of the encoding.
const LAYOUT: u16 = 1;

/// The mark of a bundle: the offset of each input, as tools show it, and the note.
///
/// # Layout
/// `layout u16 · count u32 · for each input: name · whether it has a position u8, its offset u64 ·
/// whether that has a mark u8, the mark · upto: whether u8, offset u64 · newest and judged, each:
/// whether u8, time i64 · idle u8 · ahead u64`
pub(super) fn mark<P>(inputs: &[Input<P>]) -> Mark {
    let mut note = Vec::new();
    LAYOUT.encode(&mut note);
    put_length(inputs.len(), &mut note);
    for input in inputs {
        put_bytes(input.name.as_bytes(), &mut note);
        encode(&input.progress, &mut note);
    }
    let places = inputs.iter().filter_map(|input| {
        let at = input.progress.at.as_ref()?;
        Some((std::sync::Arc::clone(&input.name), at.next))
    });
    Mark::new(places, &note)
}

fn encode(progress: &Progress, to: &mut Vec<u8>) {
    optional(progress.at.as_ref(), to, |at, to| {
        at.next.0.encode(to);
        optional(at.mark.as_ref(), to, Mark::encode);
    });
    optional(progress.upto.as_ref(), to, |upto, to| upto.0.encode(to));
    optional(progress.newest.as_ref(), to, EventTime::encode);
    optional(progress.judged.as_ref(), to, EventTime::encode);
    u8::from(progress.idle).encode(to);
    progress.ahead.encode(to);
}

fn optional<T>(value: Option<&T>, to: &mut Vec<u8>, encode: impl Fn(&T, &mut Vec<u8>)) {
    u8::from(value.is_some()).encode(to);
    if let Some(value) = value {
        encode(value, to);
    }
}

/// Reads where each of these inputs goes on.
///
/// # Errors
/// Refuses a mark that no zip has made, or one of other inputs.
pub(super) fn progress(
    bundle: &Partition,
    at: &Position,
    inputs: &[&Partition],
) -> Result<Vec<Progress>> {
    let refused = |why: String| {
        let message = format!("cannot go on with the zipped partition {bundle}: {why}");
        Err(Error::new(ErrorKind::Config, message).at(bundle, at.next))
    };
    let Some(mark) = &at.mark else {
        return refused(
            "it was read without a zip before. Start afresh with an empty store".into(),
        );
    };
    let Some(known) = decode(mark.note()) else {
        return refused(
            "its position has the note of another source, or of a newer version".into(),
        );
    };
    let names: Vec<_> = known.iter().map(|(name, _)| name.as_str()).collect();
    let wanted: Vec<_> = inputs.iter().map(|input| input.as_str()).collect();
    if names != wanted {
        return refused(format!(
            "it was made of {names:?}, and now is of {wanted:?}. Records would come in another \
             order; use the former inputs, or start afresh with an empty store"
        ));
    }
    Ok(known.into_iter().map(|(_, progress)| progress).collect())
}

/// Where each input of a mark is; nothing if it has no such note.
pub(super) fn positions(mark: Option<&Mark>) -> impl Iterator<Item = (Partition, Position)> {
    let known = mark.and_then(|mark| decode(mark.note()));
    let known = known.into_iter().flatten();
    known.filter_map(|(name, progress)| Some((Partition::new(name), progress.at?)))
}

fn decode(mut from: &[u8]) -> Option<Vec<(String, Progress)>> {
    let from = &mut from;
    if u16::decode(0, from)? != LAYOUT {
        return None;
    }
    let mut inputs = Vec::new();
    for _ in 0..take_length(from)? {
        let name = std::str::from_utf8(take_bytes(from)?).ok()?.to_owned();
        let at = if is_there(from)? {
            let next = Offset(u64::decode(0, from)?);
            let mark = if is_there(from)? {
                Some(Mark::decode(Mark::VERSION, from)?)
            } else {
                None
            };
            Some(Position { next, mark })
        } else {
            None
        };
        let upto = if is_there(from)? {
            Some(Offset(u64::decode(0, from)?))
        } else {
            None
        };
        let newest = time(from)?;
        let judged = time(from)?;
        let idle = is_there(from)?;
        let ahead = u64::decode(0, from)?;
        let progress = Progress {
            at,
            upto,
            newest,
            judged,
            idle,
            ahead,
        };
        inputs.push((name, progress));
    }
    from.is_empty().then_some(inputs)
}

fn is_there(from: &mut &[u8]) -> Option<bool> {
    match u8::decode(0, from)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one is whether it can be read"
)]
fn time(from: &mut &[u8]) -> Option<Option<EventTime>> {
    Some(if is_there(from)? {
        Some(EventTime::decode(EventTime::VERSION, from)?)
    } else {
        None
    })
}
