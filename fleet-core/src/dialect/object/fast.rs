//! The fast reader: keys in the order of the schema, strings without escapes, plain numbers.

use compact_str::CompactString;

use super::{
    draft::Draft,
    scan::Scan,
    schema::{Field, Schema},
    target::{Target, check_required},
};
use crate::data::time::TimeReader;

/// Reads a record into a blank event. `None` decides nothing: the general reader must read it.
#[inline]
pub(super) fn read<T: Target>(
    schema: &Schema<T>,
    record: &str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<()> {
    let end = object(schema, record, times, event)?;
    end.at_end().then_some(())
}

/// Reads the first line of a text like [`read`], and returns its length with the line feed.
#[inline]
pub(super) fn first<T: Target>(
    schema: &Schema<T>,
    text: &str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<usize> {
    object(schema, text, times, event)?.line_end()
}

/// Reads one object that is an event, and returns the rest of the text.
#[inline]
fn object<'a, T: Target>(
    schema: &Schema<T>,
    text: &'a str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Option<Scan<'a>> {
    let mut text = Scan::new(text);
    let mut draft = Draft::new(event);
    members(&mut text, schema.fields, times, &mut draft)?;
    check_required(schema, &draft).ok()?;
    Some(text)
}

/// Reads one object with at least one key.
#[inline]
pub(super) fn members<T: Target>(
    text: &mut Scan<'_>,
    fields: &'static [Field<T>],
    times: &mut TimeReader,
    draft: &mut Draft<'_, T::Event>,
) -> Option<()> {
    if !text.byte(b'{') {
        return None;
    }
    let mut fields = fields.iter();
    let mut gap = None;
    loop {
        // Skipped fields are missing; if one comes later, the general reader takes over.
        let field = fields.find(|field| text.key(&field.quoted))?;
        // The first colon shows whether a space follows colons and commas; mixed records are rare.
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

/// Reads the kinds of values that few systems write, apart so that the loop above stays small.
#[inline(never)]
fn rare<T: Target>(
    text: &mut Scan<'_>,
    field: &'static Field<T>,
    times: &mut TimeReader,
    draft: &mut Draft<'_, T::Event>,
) -> Option<()> {
    match text.peek()? {
        b'{' => members(text, field.target.inside(), times, draft),
        b'[' if field.target.is_list() => T::list(field, draft, texts(text)?).ok(),
        b't' if text.skip("true") => T::flag(field, draft, true).ok(),
        b'f' if text.skip("false") => T::flag(field, draft, false).ok(),
        _ => None,
    }
}

/// Reads a list of strings without escapes.
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
