//! The schema of a message, whatever its name means.

use compact_str::CompactString;

use crate::{
    data::{EventTime, time::TimeReader},
    dialect::object::{
        Draft, Field, Misfit, Number, Object, Schema, Target, fields, misfit, wrong_kind,
    },
    event::{Layout, Origin, Style},
};

/// A message as it was read.
#[derive(Clone, Debug)]
pub(in crate::dialect) struct Message {
    pub(super) name: Option<CompactString>,
    pub(super) value: Option<MessageValue>,
    pub(super) at: Option<EventTime>,
    pub(super) style: Style,
    pub(super) layout: Option<Box<Layout>>,
}

/// The value of a message, of any kind.
#[derive(Clone, Debug)]
pub(in crate::dialect) enum MessageValue {
    Number { value: f64, integer: bool },
    Text(CompactString),
    Flag(bool),
    Null,
}

impl MessageValue {
    /// Names the kind of the value, for error messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number { .. } => "a number",
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Null => "null",
        }
    }
}

/// What a field of a message sets.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) enum MessageTarget {
    Name,
    Value,
    Time,
}

pub(in crate::dialect) static SCHEMA: Schema<MessageTarget> = Schema {
    name: "an OpenXC message",
    origin: Origin::OpenXc,
    fields: fields! {
        "name" => MessageTarget::Name,
        "value" => MessageTarget::Value,
        "timestamp" => MessageTarget::Time,
    },
};

const MICROS: f64 = 1e6;

/// Converts a time to the seconds of a message.
pub(super) fn seconds(at: EventTime) -> f64 {
    at.as_micros() as f64 / MICROS
}

/// Converts the seconds of a message to a time, if it is in range.
pub(super) fn at(seconds: f64) -> Option<EventTime> {
    // In this century a float of seconds is exact to a quarter of a microsecond.
    let micros = (seconds * MICROS).round();
    let latest = EventTime::MAX.as_micros() as f64;
    if !(0.0..=latest).contains(&micros) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    let at = EventTime::from_micros(micros as i64);
    Some(at).filter(|at| at.is_in_range())
}

impl Target for MessageTarget {
    type Event = Message;
    /// Which keys are required depends on the others, so the dialect checks that.
    const NEEDS: u8 = 0;

    fn blank(origin: Origin) -> Message {
        let mut style = Style::of(origin);
        style.integers |= Style::NO_TIME;
        Message {
            name: None,
            value: None,
            at: None,
            style,
            layout: None,
        }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Name => "a text",
            Self::Value => "a number, a text, true, false or null",
            Self::Time => "a number of seconds since 1970",
        }
    }

    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        text: &str,
        _: &mut TimeReader,
    ) -> Result<(), Misfit> {
        match field.target {
            Self::Name => draft.event.name = Some(text.into()),
            Self::Value => draft.event.value = Some(MessageValue::Text(text.into())),
            Self::Time => return Err(wrong_kind(field, "a text")),
        }
        Ok(())
    }

    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit> {
        let Number { value, integer } = number;
        match field.target {
            Self::Name => return Err(wrong_kind(field, "a number")),
            Self::Value if !value.is_finite() => {
                return Err(misfit(field, &"the number is not finite"));
            }
            Self::Value => draft.event.value = Some(MessageValue::Number { value, integer }),
            Self::Time => {
                let why = "the time is outside 1970 to 9999";
                draft.event.at = Some(at(value).ok_or_else(|| misfit(field, &why))?);
                let style = &mut draft.event.style;
                style.integers &= !Style::NO_TIME;
                style.integers |= if integer { Style::WHOLE_TIME } else { 0 };
            }
        }
        Ok(())
    }

    fn flag(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        value: bool,
    ) -> Result<(), Misfit> {
        match field.target {
            Self::Value => draft.event.value = Some(MessageValue::Flag(value)),
            _ => return Err(wrong_kind(field, "true or false")),
        }
        Ok(())
    }

    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self::Event>) -> Result<(), Misfit> {
        match field.target {
            Self::Value => draft.event.value = Some(MessageValue::Null),
            _ => return Err(wrong_kind(field, "null")),
        }
        Ok(())
    }

    fn set_layout(message: &mut Message, layout: Layout) {
        message.layout = Some(Box::new(layout));
    }

    fn layout(message: &Message) -> Option<&Layout> {
        message.layout.as_deref()
    }

    fn is_of(message: &Message, origin: Origin) -> bool {
        message.style.is_of(origin)
    }

    fn write(field: &Field<Self>, message: &Message, to: &mut Object<'_>) {
        match field.target {
            Self::Name => to.text(field, message.name.as_deref(), false),
            Self::Value => match &message.value {
                Some(MessageValue::Number { value, integer }) => {
                    to.number(field, *value, *integer, false);
                }
                Some(MessageValue::Text(text)) => to.text(field, Some(text), false),
                Some(MessageValue::Flag(flag)) => to.flag(field, Some(*flag), false),
                Some(MessageValue::Null) => to.null(field),
                None => {}
            },
            Self::Time => {
                if let Some(at) = message.at {
                    let whole = message.style.has(Style::WHOLE_TIME);
                    to.number(field, seconds(at), whole, false);
                }
            }
        }
    }
}
