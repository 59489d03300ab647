use std::fmt;

use compact_str::CompactString;

use super::{
    Field, Shape,
    draft::{Draft, Misfit, wrong_kind},
    scan::Number,
    write::Object,
};
use crate::{
    data::time::TimeReader,
    dialect::Lossy,
    event::{Layout, Origin},
};

/// What the keys of one kind of event can set: the one place where a table meets a type.
///
/// The fast and the general reader set values through it, so both take and refuse the same.
pub(crate) trait Target: Copy + fmt::Debug + Send + Sync + 'static {
    /// What is built.
    type Event;
    /// The [bits](Self::need) without which there is no event.
    const NEEDS: u8;

    /// An event that is nobody's yet, with the style of this dialect.
    fn blank(origin: Origin) -> Self::Event;

    /// Makes an event [blank](Self::blank); what a key that is [needed](Self::NEEDS) sets may stay.
    #[inline]
    fn clean(event: &mut Self::Event, origin: Origin) {
        *event = Self::blank(origin);
    }

    /// What it takes, in words.
    fn takes(self) -> &'static str;

    /// The bit of a key that can be needed.
    fn need(self) -> u8 {
        0
    }

    /// The keys of the object that it takes.
    fn inside(self) -> &'static [Field<Self>] {
        &[]
    }

    /// Takes a text.
    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit>;

    /// Takes a finite number.
    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        number: Number,
    ) -> Result<(), Misfit>;

    /// Takes null.
    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self>) -> Result<(), Misfit>;

    /// Takes true or false.
    fn flag(field: &Field<Self>, draft: &mut Draft<'_, Self>, value: bool) -> Result<(), Misfit> {
        let _ = (draft, value);
        Err(wrong_kind(field, "true or false"))
    }

    /// Takes a list of texts.
    fn list(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        texts: Vec<CompactString>,
    ) -> Result<(), Misfit> {
        let _ = (draft, texts);
        Err(wrong_kind(field, "an array"))
    }

    /// Whether it takes any value, as JSON text.
    fn is_raw(self) -> bool {
        false
    }

    /// Takes a value as JSON text.
    fn raw(field: &Field<Self>, draft: &mut Draft<'_, Self>, json: &str) -> Result<(), Misfit> {
        let _ = (draft, json);
        Err(wrong_kind(field, "a value"))
    }

    /// Whether it takes a list of texts.
    fn is_list(self) -> bool {
        false
    }

    /// Keeps the keys as they came.
    fn keep(event: &mut Self::Event, layout: Layout);

    /// The keys as they came.
    fn layout(event: &Self::Event) -> Option<&Layout>;

    /// Whether the event was read in this dialect.
    fn is_of(event: &Self::Event, origin: Origin) -> bool;

    /// Writes the key and its value, or nothing where there is none.
    fn write(field: &Field<Self>, event: &Self::Event, to: &mut Object<'_>);

    /// What of an event no key of the table takes.
    fn lossy(shape: &Shape<Self>, event: &Self::Event) -> Lossy {
        let _ = (shape, event);
        Lossy::new()
    }
}
