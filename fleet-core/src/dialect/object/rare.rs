//! Values for keys of telemetry that few systems have.

use std::ops::RangeInclusive;

use super::{Draft, Field, MAX_EXACT, Misfit, Number, Sets, Target, misfit, whole_id, wrong_kind};
use crate::{
    data::VehicleId,
    event::{Dtc, Style},
};

/// A text for a key that few systems have.
#[inline(never)]
pub(super) fn rare_text(
    field: &Field<Sets>,
    draft: &mut Draft<'_, Sets>,
    text: &str,
) -> Result<(), Misfit> {
    let event = &mut *draft.event;
    match field.sets {
        Sets::VehicleNumber => {
            event.set_vehicle(VehicleId::new(text).map_err(|why| misfit(field, &why))?);
            event.style_mut().integers |= Style::TEXT_ID;
            draft.found(field.sets);
        }
        Sets::Road => {
            check_text(field, text)?;
            event.set_road(Some(text));
        }
        Sets::Code => {
            let code = Dtc::from_message(text).map_err(|why| misfit(field, &why))?;
            event.set_dtcs(vec![code]);
        }
        Sets::Text(which) => {
            check_text(field, text)?;
            event.set_text(which, Some(text));
        }
        _ => return Err(wrong_kind(field, "a text")),
    }
    Ok(())
}

/// A number for a key that is no signal.
#[inline(never)]
pub(super) fn rare_number(
    field: &Field<Sets>,
    draft: &mut Draft<'_, Sets>,
    number: Number,
) -> Result<(), Misfit> {
    match field.sets {
        Sets::VehicleNumber => {
            draft.event.set_vehicle(number_id(field, number)?);
            draft.found(field.sets);
        }
        Sets::Gear => {
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

/// The id that a whole number is.
pub(crate) fn number_id<T: Target>(field: &Field<T>, number: Number) -> Result<VehicleId, Misfit> {
    if !number.integer || number.value.abs() > MAX_EXACT as f64 {
        return Err(wrong_kind(field, "a number with a fraction or over 2^53"));
    }
    let id = compact_str::format_compact!("{}", number.value);
    debug_assert!(whole_id(&id).is_some(), "{id}");
    VehicleId::new(&id).map_err(|why| misfit(field, &why))
}

/// PostgreSQL has no text with a NUL.
pub(crate) fn check_text<T: Target>(field: &Field<T>, text: &str) -> Result<(), Misfit> {
    if text.contains('\0') {
        return Err(misfit(field, &"a text must not hold U+0000"));
    }
    Ok(())
}

/// A number of a measurement is finite and in range.
#[inline]
pub(crate) fn check_number<T: Target>(
    field: &Field<T>,
    value: f64,
    range: &RangeInclusive<f64>,
) -> Result<(), Misfit> {
    // No range holds what is not finite.
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
