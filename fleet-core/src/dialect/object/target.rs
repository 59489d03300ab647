//! What the fields of a schema set: the one contract between a schema and the type of its events.

use std::fmt;

use compact_str::CompactString;

use super::{
    draft::Draft,
    number::Number,
    schema::{Field, Misfit, Schema},
    writer::Object,
};
use crate::{
    data::time::TimeReader,
    dialect::Lossy,
    event::{Layout, Origin},
};

/// What the fields of one kind of event set.
///
/// Both readers set values through this trait, so both accept and refuse the same values.
pub(crate) trait Target: Copy + fmt::Debug + Send + Sync + 'static {
    /// The event that is built.
    type Event;
    /// The [bits](Self::need) of all required fields.
    const NEEDS: u8;

    /// Creates an event without content, in the style of this dialect.
    fn blank(origin: Origin) -> Self::Event;

    /// Makes an event [blank](Self::blank) again. Values of [required](Self::NEEDS) fields may
    /// stay.
    #[inline]
    fn clean(event: &mut Self::Event, origin: Origin) {
        *event = Self::blank(origin);
    }

    /// Names the values that this target accepts, for error messages.
    fn takes(self) -> &'static str;

    /// Returns the bit of a required field, or 0.
    fn need(self) -> u8 {
        0
    }

    /// Returns the fields of the nested object that this target is.
    fn inside(self) -> &'static [Field<Self>] {
        &[]
    }

    /// Sets a text.
    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit>;

    /// Sets a finite number.
    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit>;

    /// Sets null.
    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self::Event>) -> Result<(), Misfit>;

    /// Sets true or false.
    fn flag(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        value: bool,
    ) -> Result<(), Misfit> {
        let _ = (draft, value);
        Err(wrong_kind(field, "true or false"))
    }

    /// Sets a list of texts.
    fn list(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        texts: Vec<CompactString>,
    ) -> Result<(), Misfit> {
        let _ = (draft, texts);
        Err(wrong_kind(field, "an array"))
    }

    /// Whether this target accepts any value, as JSON text.
    fn is_raw(self) -> bool {
        false
    }

    /// Sets a value as JSON text.
    fn raw(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        json: &str,
    ) -> Result<(), Misfit> {
        let _ = (draft, json);
        Err(wrong_kind(field, "a value"))
    }

    /// Whether this target accepts a list of texts.
    fn is_list(self) -> bool {
        false
    }

    /// Stores the keys of the record in their order, with the unknown ones.
    fn set_layout(event: &mut Self::Event, layout: Layout);

    /// Returns the stored keys of the record.
    fn layout(event: &Self::Event) -> Option<&Layout>;

    /// Whether the event was read in this dialect.
    fn is_of(event: &Self::Event, origin: Origin) -> bool;

    /// Writes the field, or nothing if the event has no value for it.
    fn write(field: &Field<Self>, event: &Self::Event, to: &mut Object<'_>);

    /// Names the parts of an event that no field of the schema takes.
    fn lossy(schema: &Schema<Self>, event: &Self::Event) -> Lossy {
        let _ = (schema, event);
        Lossy::new()
    }
}

/// Returns the misfit of a value of the wrong kind.
#[cold]
pub(crate) fn wrong_kind<T: Target>(field: &Field<T>, found: &str) -> Misfit {
    format!(
        "{}: expected {}, found {found}",
        field.key,
        field.target.takes()
    )
}

/// Checks that the draft has every required field, which makes its event complete.
#[inline]
pub(super) fn check_required<T: Target>(
    schema: &Schema<T>,
    draft: &Draft<'_, T::Event>,
) -> Result<(), Misfit> {
    if draft.has() & T::NEEDS == T::NEEDS {
        return Ok(());
    }
    Err(missing(schema, T::NEEDS & !draft.has()))
}

#[cold]
fn missing<T: Target>(schema: &Schema<T>, absent: u8) -> Misfit {
    let mut fields = schema.fields.iter();
    let field = fields.find(|field| field.target.need() & absent != 0);
    let key = field.map_or("", |field| field.key);
    format!("the required key {key} is missing")
}
