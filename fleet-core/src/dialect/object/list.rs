//! Lists of objects, handed on one by one: a list can be larger than memory wants it.

use super::{Draft, Shape, Target, UnknownKeys, fast, general, scan::Scan};
use crate::{dialect::Refused, time::TimeReader};

/// Reads a list and hands on each object; how many there were.
pub(crate) fn each<T: Target>(
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    list: &str,
    most: usize,
    mut each: impl FnMut(T::Event),
) -> Result<usize, Refused> {
    let (count, whole) = plain(shape, list, most, &mut each);
    if whole {
        return Ok(count);
    }
    // Something was not written plainly, or there are too many: the general reader finds out.
    general::each(shape, unknown, list, (count, most), &mut each)
}

/// Hands on what is written plainly, from the beginning; how many, and whether that was all.
fn plain<T: Target>(
    shape: &'static Shape<T>,
    list: &str,
    most: usize,
    each: &mut impl FnMut(T::Event),
) -> (usize, bool) {
    let mut text = Scan::new(list);
    let mut times = TimeReader::default();
    let mut count = 0;
    if !text.byte(b'[') {
        return (0, false);
    }
    while count < most {
        let mut draft = Draft::new(shape.origin);
        let read = fast::members(&mut text, shape.fields, &mut times, &mut draft);
        if read.is_none() || draft.finish(shape).is_err() {
            return (count, false);
        }
        each(draft.event);
        count += 1;
        if !text.byte(b',') {
            return (count, text.byte(b']') && text.at_end());
        }
        text.byte(b' ');
    }
    (count, false)
}
