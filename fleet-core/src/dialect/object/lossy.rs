//! What of an observation a table of keys has no place for.

use super::{Field, Sets, Shape, Target};
use crate::{
    dialect::Lossy,
    event::{Flag, NullField, Origin, Signal, Telemetry, TextField},
};

/// What of an observation a table of keys leaves out.
pub(crate) fn lossy(shape: &Shape<Sets>, event: &Telemetry) -> Lossy {
    let takes = |wanted: &dyn Fn(Sets) -> bool| any(shape.fields, wanted);
    let fleet = event.fleet().is_some() || event.is_null(NullField::Fleet);
    let fleet = fleet && !takes(&|sets| matches!(sets, Sets::Fleet));
    let mapped = |wanted: Signal| {
        takes(&|sets| matches!(sets, Sets::Number { signal, .. } if signal == wanted))
    };
    let one_code = event.dtcs().len() <= 1;
    let takes = |wanted: &str| {
        takes(&|sets| match sets {
            Sets::Status => wanted == "status",
            Sets::Gear => wanted == "gear",
            Sets::Autopilot => wanted == "autopilot_engaged",
            Sets::Road => wanted == "road_type",
            Sets::Flag(flag) => wanted == flag.as_word(),
            Sets::Codes => wanted == "dtcs",
            Sets::Code => wanted == "dtcs" && one_code,
            Sets::Text(text) => wanted == text.as_word(),
            Sets::Place(_) => wanted == "position",
            _ => false,
        })
    };
    let start = Lossy::new().note("fleet_id", fleet);
    lossy_but(start, event, &mapped, &takes, shape.origin)
}

/// What an observation has beyond these signals and fields, by their canonical names.
pub(crate) fn lossy_but(
    mut lossy: Lossy,
    event: &Telemetry,
    mapped: &dyn Fn(Signal) -> bool,
    takes: &dyn Fn(&str) -> bool,
    origin: Origin,
) -> Lossy {
    let is = |field| event.is_null(field);
    for signal in Signal::ALL {
        let there = !event.reading(*signal).is_missing();
        lossy = lossy.note(signal.name(), there && !mapped(*signal));
    }
    let mut note = |field: &'static str, there: bool| {
        lossy = std::mem::take(&mut lossy).note(field, there && !takes(field));
    };
    // A place that is null as a whole; its angles are signals.
    let no_angle = [Signal::Latitude, Signal::Longitude]
        .iter()
        .all(|signal| event.reading(*signal).is_missing());
    note("position", no_angle && is(NullField::Place));
    note("status", event.status().is_some() || is(NullField::Status));
    note("gear", event.gear().is_some() || is(NullField::Gear));
    let autopilot = event.autopilot_engaged();
    note(
        "autopilot_engaged",
        autopilot.is_some() || is(NullField::Autopilot),
    );
    note(
        "road_type",
        event.road_word().is_some() || is(NullField::Road),
    );
    for flag in Flag::ALL {
        let there = event.flag(*flag).is_some() || event.flag_is_null(*flag);
        note(flag.as_word(), there);
    }
    note("dtcs", event.dtc_list().is_some() || is(NullField::Dtcs));
    for field in TextField::ALL
        .iter()
        .filter(|field| **field != TextField::Road)
    {
        let there = event.text(*field).is_some() || event.text_is_null(*field);
        note(field.as_word(), there);
    }
    lossy.unknown_keys(event.layout(), event.style().is_of(origin))
}

/// Whether a table, or one inside it, has such a key.
fn any(fields: &'static [Field<Sets>], wanted: &dyn Fn(Sets) -> bool) -> bool {
    fields
        .iter()
        .any(|field| wanted(field.sets) || any(field.sets.inside(), wanted))
}
