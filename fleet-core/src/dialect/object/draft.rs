use super::{Field, Sets, Shape};
use crate::{
    FleetId, VehicleId,
    event::{NullField, Reading, Status, Telemetry},
    time::TimeReader,
};

/// Whole numbers up to here have an exact float, so only they are written back as whole numbers.
pub(super) const MAX_EXACT: u64 = 1 << 53;

/// Why a value does not fit its key.
pub(super) type Misfit = String;

/// An event under construction. Both readers set values through it, so both take and refuse the same.
pub(super) struct Draft {
    /// The event, complete once [`finish`](Self::finish) has found nothing missing.
    pub(super) event: Telemetry,
    has_vehicle: bool,
    has_time: bool,
}

impl Draft {
    /// Starts with an event that is nobody's yet.
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            event: Telemetry::unnamed(),
            has_vehicle: false,
            has_time: false,
        }
    }

    /// Takes a text.
    #[inline]
    pub(super) fn text(
        &mut self,
        field: &Field,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        match field.sets {
            Sets::Vehicle => {
                let vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                self.event.set_vehicle(vehicle);
                self.has_vehicle = true;
            }
            Sets::Fleet => {
                let fleet = FleetId::new(text).map_err(|why| misfit(field, &why))?;
                self.event.set_fleet(Some(fleet));
            }
            Sets::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                self.event.set_at(at);
                self.event.style_mut().time = style;
                self.has_time = true;
            }
            Sets::Status => {
                // PostgreSQL has no text with a NUL.
                if text.contains('\0') {
                    return Err(misfit(field, &"a text must not hold U+0000"));
                }
                self.event.set_status(Some(Status::from_word(text)));
            }
            Sets::Number { .. } => return Err(wrong_kind(field, "a text")),
        }
        Ok(())
    }

    /// Takes a finite number; `integer` tells that it was written as a whole one.
    #[inline]
    pub(super) fn number(
        &mut self,
        field: &Field,
        value: f64,
        integer: bool,
    ) -> Result<(), Misfit> {
        let Sets::Number { signal, unit, .. } = field.sets else {
            return Err(wrong_kind(field, "a number"));
        };
        let value = unit.to_model(value);
        if !value.is_finite() {
            return Err(misfit(field, &"the number is not finite"));
        }
        let range = signal.accepted();
        if !range.contains(&value) {
            let (least, most) = (range.start(), range.end());
            return Err(misfit(
                field,
                &format_args!("{value} is outside {least} to {most}"),
            ));
        }
        if integer {
            self.event.style_mut().integers |= 1 << signal.index();
        }
        self.event.set(signal, Reading::of_raw(value));
        Ok(())
    }

    /// Takes null.
    #[inline]
    pub(super) fn null(&mut self, field: &Field) -> Result<(), Misfit> {
        match field.sets {
            Sets::Vehicle | Sets::Time => return Err(wrong_kind(field, "null")),
            Sets::Fleet => self.event.set_null(NullField::Fleet),
            Sets::Status => self.event.set_null(NullField::Status),
            Sets::Number { signal, .. } => self.event.set(signal, Reading::null()),
        }
        Ok(())
    }

    /// Whether the required keys were there; the event is complete then.
    #[inline]
    pub(super) fn finish(&self, shape: &Shape) -> Result<(), Misfit> {
        if !self.has_vehicle {
            return Err(missing(shape, |sets| matches!(sets, Sets::Vehicle)));
        }
        if !self.has_time {
            return Err(missing(shape, |sets| matches!(sets, Sets::Time)));
        }
        Ok(())
    }
}

#[cold]
fn misfit(field: &Field, why: &dyn std::fmt::Display) -> Misfit {
    format!("{}: {why}", field.key)
}

#[cold]
pub(super) fn wrong_kind(field: &Field, found: &str) -> Misfit {
    format!(
        "{}: expected {}, found {found}",
        field.key,
        field.sets.takes()
    )
}

#[cold]
fn missing(shape: &Shape, absent: fn(Sets) -> bool) -> Misfit {
    let field = shape.fields.iter().find(|field| absent(field.sets));
    let key = field.map_or("", |field| field.key);
    format!("the required key {key} is missing")
}
