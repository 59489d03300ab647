//! Reads a record whose keys come in the order of the table, written plainly.

use compact_str::CompactString;

use super::{Field, Shape, Target, draft::Draft, scan::Scan};
use crate::data::time::TimeReader;

/// Completes a blank event, or gives `None` where the record is not that plain: then nothing is decided.
#[inline]
pub(super) fn read<T: Target>(
    shape: &Shape<T>,
    record: &str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<()> {
    let end = object(shape, record, times, event)?;
    end.at_end().then_some(())
}

/// As [`read`], of the line that the text begins with; returns its length with the line feed.
#[inline]
pub(super) fn first<T: Target>(
    shape: &Shape<T>,
    text: &str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<usize> {
    object(shape, text, times, event)?.line_end()
}

/// One object that is an event; returns what follows it.
#[inline]
fn object<'a, T: Target>(
    shape: &Shape<T>,
    text: &'a str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<Scan<'a>> {
    let mut text = Scan::new(text);
    let mut draft = Draft::new(event);
    members(&mut text, shape.fields, times, &mut draft)?;
    draft.finish(shape).ok()?;
    Some(text)
}

/// One object of at least one key.
#[inline]
pub(super) fn members<T: Target>(
    text: &mut Scan<'_>,
    fields: &'static [Field<T>],
    times: &mut TimeReader,
    draft: &mut Draft<'_, T>,
) -> Option<()> {
    if !text.byte(b'{') {
        return None;
    }
    let mut fields = fields.iter();
    let mut gap = None;
    loop {
        // Passed keys are missing; one that comes later after all is for the general reader.
        let field = fields.find(|field| text.head(&field.head))?;
        // Whether there is a space after each colon and comma, the first one tells: a record of both is rare.
        let gap = *gap.get_or_insert_with(|| usize::from(text.peek() == Some(b' ')));
        text.skip_spaces(gap)?;
        match text.peek()? {
            b'"' => T::text(field, draft, text.string()?, times).ok()?,
            b'n' => {
                if !text.skip("null") {
                    return None;
                }
                T::null(field, draft).ok()?;
            }
            _ => match text.number() {
                Some(number) => T::number(field, draft, number).ok()?,
                None => rare(text, field, times, draft)?,
            },
        }
        match text.peek()? {
            b',' => text.advance(),
            b'}' => {
                text.advance();
                return Some(());
            }
            _ => return None,
        }
        text.skip_spaces(gap)?;
    }
}

/// The kinds of values that few systems write, apart so that the loop above stays small.
#[inline(never)]
fn rare<T: Target>(
    text: &mut Scan<'_>,
    field: &'static Field<T>,
    times: &mut TimeReader,
    draft: &mut Draft<'_, T>,
) -> Option<()> {
    match text.peek()? {
        b'{' => members(text, field.sets.inside(), times, draft),
        b'[' if field.sets.is_list() => T::list(field, draft, texts(text)?).ok(),
        b't' if text.skip("true") => T::flag(field, draft, true).ok(),
        b'f' if text.skip("false") => T::flag(field, draft, false).ok(),
        _ => None,
    }
}

/// A list of plain strings.
fn texts(text: &mut Scan<'_>) -> Option<Vec<CompactString>> {
    text.byte(b'[');
    let mut texts = Vec::new();
    if text.byte(b']') {
        return Some(texts);
    }
    loop {
        texts.push(CompactString::new(text.string()?));
        if !text.byte(b',') {
            break;
        }
        text.byte(b' ');
    }
    text.byte(b']').then_some(texts)
}
