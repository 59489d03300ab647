//! The common fields of perception and driving events: ids and times as the system writes them,
//! words and numbers.

use std::{fmt, ops::RangeInclusive};

use crate::{
    data::{EventTime, VehicleId, time::TimeReader},
    dialect::{
        Lossy,
        object::{
            Draft, Field, Misfit, Number, Object, Schema, Target, check_number, check_text, misfit,
            number_id, wrong_kind,
        },
    },
    event::{Layout, Origin, Reading, Style, WireForm},
};

/// What a field sets: the vehicle, the time, or a target of one kind of event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventTarget<B> {
    Vehicle,
    Time,
    Word(B),
    Number(B),
}

/// The targets of one kind of event besides vehicle and time.
pub(crate) trait OwnTarget: Copy + fmt::Debug + Send + Sync + 'static {
    /// The event that is built.
    type Event;
    /// The [bit](Self::bit) of the required word, or 0.
    const REQUIRED: u16 = 0;

    /// Creates an event without content.
    fn blank() -> Self::Event;
    /// Returns the parts that all kinds have.
    fn head(event: &Self::Event) -> (&VehicleId, EventTime, &WireForm);
    /// Returns the parts that all kinds have, for setting them.
    fn head_mut(event: &mut Self::Event) -> (&mut VehicleId, &mut EventTime, &mut WireForm);

    /// Returns the bit that marks a whole number or a null word.
    fn bit(self) -> u16;
    /// Sets a word, or returns why it is refused.
    fn set_word(self, event: &mut Self::Event, word: &str) -> Result<(), String>;
    /// Returns the word, if there is one.
    fn word(self, event: &Self::Event) -> Option<&str>;
    /// Returns the range of accepted numbers.
    fn accepted(self) -> RangeInclusive<f64> {
        f64::MIN..=f64::MAX
    }
    /// Sets a number or null.
    fn set_number(self, event: &mut Self::Event, number: Reading<()>);
    /// Returns the number.
    fn number(self, event: &Self::Event) -> Reading<()>;
    /// Names the parts of an event without a key.
    fn lossy(event: &Self::Event) -> Lossy;
}

const VEHICLE: u8 = 1;
const TIME: u8 = 2;
const OWN: u8 = 4;

fn is_required<B: OwnTarget>(own: B) -> bool {
    B::REQUIRED & own.bit() != 0
}

impl<B: OwnTarget> Target for EventTarget<B> {
    type Event = B::Event;
    const NEEDS: u8 = VEHICLE | TIME | if B::REQUIRED == 0 { 0 } else { OWN };

    fn blank(origin: Origin) -> B::Event {
        let mut event = B::blank();
        B::head_mut(&mut event).2.style = Style::of(origin);
        event
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Vehicle => "a whole number or a text",
            Self::Time => "a text",
            Self::Word(own) if is_required(own) => "a text",
            Self::Word(_) => "a text or null",
            Self::Number(_) => "a number or null",
        }
    }

    fn need(self) -> u8 {
        match self {
            Self::Vehicle => VEHICLE,
            Self::Time => TIME,
            Self::Word(own) if is_required(own) => OWN,
            Self::Word(_) | Self::Number(_) => 0,
        }
    }

    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        let (vehicle, at, written) = B::head_mut(draft.event);
        match field.target {
            Self::Vehicle => {
                *vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                written.style.integers |= Style::TEXT_ID;
            }
            Self::Time => {
                let time = times.read(text).map_err(|why| misfit(field, &why))?;
                (*at, written.style.time) = time;
            }
            Self::Word(own) => {
                check_text(field, text)?;
                let set = own.set_word(draft.event, text);
                set.map_err(|why| misfit(field, &why))?;
            }
            Self::Number(_) => return Err(wrong_kind(field, "a text")),
        }
        draft.found(field.target.need());
        Ok(())
    }

    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit> {
        let (vehicle, _, written) = B::head_mut(draft.event);
        match field.target {
            Self::Vehicle => *vehicle = number_id(field, number)?,
            Self::Number(own) => {
                let Number { value, integer } = number;
                check_number(field, value, &own.accepted())?;
                written.style.integers |= u32::from(integer) * u32::from(own.bit());
                own.set_number(draft.event, Reading::of_raw(value));
            }
            Self::Time | Self::Word(_) => return Err(wrong_kind(field, "a number")),
        }
        draft.found(field.target.need());
        Ok(())
    }

    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self::Event>) -> Result<(), Misfit> {
        match field.target {
            Self::Word(own) if !is_required(own) => {
                B::head_mut(draft.event).2.nulls |= own.bit();
            }
            Self::Number(own) => own.set_number(draft.event, Reading::null()),
            Self::Vehicle | Self::Time | Self::Word(_) => return Err(wrong_kind(field, "null")),
        }
        Ok(())
    }

    fn set_layout(event: &mut B::Event, layout: Layout) {
        B::head_mut(event).2.layout = Some(Box::new(layout));
    }

    fn layout(event: &B::Event) -> Option<&Layout> {
        B::head(event).2.layout.as_deref()
    }

    fn is_of(event: &B::Event, origin: Origin) -> bool {
        B::head(event).2.style.is_of(origin)
    }

    fn write(field: &Field<Self>, event: &B::Event, to: &mut Object<'_>) {
        let (vehicle, at, written) = B::head(event);
        match field.target {
            Self::Vehicle => to.id(field, vehicle.as_str(), written.style),
            Self::Time => to.time(field, at, written.style),
            Self::Word(own) => {
                let null = written.nulls & own.bit() != 0;
                to.text(field, own.word(event), null);
            }
            Self::Number(own) => {
                let number = own.number(event);
                if let Some(value) = number.raw() {
                    to.number(field, value, written.style.has(own.bit().into()), false);
                } else if number.is_null() {
                    to.null(field);
                }
            }
        }
    }

    fn lossy(schema: &Schema<Self>, event: &B::Event) -> Lossy {
        let own = Self::is_of(event, schema.origin);
        B::lossy(event).unknown_keys(Self::layout(event), own)
    }
}
