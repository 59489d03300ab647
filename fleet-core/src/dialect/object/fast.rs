//! Reads a record whose keys come in the order of the table, written plainly.

use super::{Shape, draft::Draft, scan::Scan};
use crate::time::TimeReader;

/// Completes the draft, or gives `None` where the record is not that plain: then nothing is decided.
#[inline]
pub(super) fn read(
    shape: &Shape,
    record: &str,
    times: &mut TimeReader,
    draft: &mut Draft,
) -> Option<()> {
    let mut text = Scan::new(record);
    if !text.byte(b'{') {
        return None;
    }
    let mut fields = shape.fields.iter();
    loop {
        // Passed keys are missing; one that comes later after all is for the general reader.
        let field = fields.find(|field| text.head(&field.head))?;
        text.byte(b' ');
        match text.peek()? {
            b'"' => draft.text(field, text.string()?, times).ok()?,
            b'n' => {
                if !text.skip("null") {
                    return None;
                }
                draft.null(field).ok()?;
            }
            _ => {
                let number = text.number()?;
                draft.number(field, number.value, number.integer).ok()?;
            }
        }
        if !text.byte(b',') {
            break;
        }
        text.byte(b' ');
    }
    if text.byte(b'}') && text.at_end() {
        draft.finish(shape).ok()
    } else {
        None
    }
}
