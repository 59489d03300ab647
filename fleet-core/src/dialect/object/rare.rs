//! Values of telemetry fields that few systems have.

use std::ops::RangeInclusive;

use super::{
    draft::Draft,
    number::{MAX_EXACT, Number, whole_id},
    schema::{Field, Misfit, misfit},
    target::{Target, wrong_kind},
    telemetry_target::TelemetryTarget,
};
use crate::{
    data::VehicleId,
    event::{Dtc, Style, Telemetry},
};

/// Sets a text that few systems have.
#[inline(never)]
pub(super) fn rare_text(
    field: &Field<TelemetryTarget>,
    draft: &mut Draft<'_, Telemetry>,
    text: &str,
) -> Result<(), Misfit> {
    let event = &mut *draft.event;
    match field.target {
        TelemetryTarget::VehicleNumber => {
            event.set_vehicle(VehicleId::new(text).map_err(|why| misfit(field, &why))?);
            event.style_mut().integers |= Style::TEXT_ID;
            draft.found(field.target.need());
        }
        TelemetryTarget::Road => {
            check_text(field, text)?;
            event.set_road(Some(text));
        }
        TelemetryTarget::Code => {
            let code = Dtc::from_message(text).map_err(|why| misfit(field, &why))?;
            event.set_dtcs(vec![code]);
        }
        TelemetryTarget::Text(which) => {
            check_text(field, text)?;
            event.set_text(which, Some(text));
        }
        _ => return Err(wrong_kind(field, "a text")),
    }
    Ok(())
}

/// Sets a number that is not a signal.
#[inline(never)]
pub(super) fn rare_number(
    field: &Field<TelemetryTarget>,
    draft: &mut Draft<'_, Telemetry>,
    number: Number,
) -> Result<(), Misfit> {
    match field.target {
        TelemetryTarget::VehicleNumber => {
            draft.event.set_vehicle(number_id(field, number)?);
            draft.found(field.target.need());
        }
        TelemetryTarget::Gear => {
            if !number.integer || !(-128.0..=127.0).contains(&number.value) {
                let why = format_args!("{} is no whole number of -128 to 127", number.value);
                return Err(misfit(field, &why));
            }
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            draft.event.set_gear(Some(number.value as i8));
        }
        _ => return Err(wrong_kind(field, "a number")),
    }
    Ok(())
}

/// Returns the id that a whole number stands for.
pub(crate) fn number_id<T: Target>(field: &Field<T>, number: Number) -> Result<VehicleId, Misfit> {
    if !number.integer || number.value.abs() > MAX_EXACT as f64 {
        return Err(wrong_kind(field, "a number with a fraction or over 2^53"));
    }
    let id = compact_str::format_compact!("{}", number.value);
    debug_assert!(whole_id(&id).is_some(), "{id}");
    VehicleId::new(&id).map_err(|why| misfit(field, &why))
}

/// Refuses U+0000, which no text of PostgreSQL may contain.
pub(crate) fn check_text<T: Target>(field: &Field<T>, text: &str) -> Result<(), Misfit> {
    if text.contains('\0') {
        return Err(misfit(field, &"a text must not hold U+0000"));
    }
    Ok(())
}

/// Refuses a number that is not finite or out of range.
#[inline]
pub(crate) fn check_number<T: Target>(
    field: &Field<T>,
    value: f64,
    range: &RangeInclusive<f64>,
) -> Result<(), Misfit> {
    // No range contains a number that is not finite.
    if *range.start() <= value && value <= *range.end() {
        return Ok(());
    }
    Err(wrong_number(field, value, range))
}

#[cold]
fn wrong_number<T: Target>(field: &Field<T>, value: f64, range: &RangeInclusive<f64>) -> Misfit {
    if !value.is_finite() {
        return misfit(field, &"the number is not finite");
    }
    let (least, most) = (range.start(), range.end());
    misfit(field, &format_args!("{value} is outside {least} to {most}"))
}
