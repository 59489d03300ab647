//! What of an observation a table of keys has no place for.

use super::{Field, Sets, Shape, Target};
use crate::{
    dialect::Lossy,
    event::{Flag, NullField, Signal, Telemetry, TextField},
};

pub(crate) fn lossy(shape: &Shape<Sets>, event: &Telemetry) -> Lossy {
    let takes = |wanted: &dyn Fn(Sets) -> bool| any(shape.fields, wanted);
    let is = |field| event.is_null(field);
    let mut lossy = Lossy::new();
    let fleet = event.fleet().is_some() || is(NullField::Fleet);
    lossy = lossy.note(
        "fleet_id",
        fleet && !takes(&|sets| matches!(sets, Sets::Fleet)),
    );
    for signal in Signal::ALL {
        let there = !event.reading(*signal).is_missing();
        let found = |sets| matches!(sets, Sets::Number { signal: other, .. } if other == *signal);
        lossy = lossy.note(signal.name(), there && !takes(&found));
    }
    let status = event.status().is_some() || is(NullField::Status);
    lossy = lossy.note(
        "status",
        status && !takes(&|sets| matches!(sets, Sets::Status)),
    );
    let gear = event.gear().is_some() || is(NullField::Gear);
    lossy = lossy.note("gear", gear && !takes(&|sets| matches!(sets, Sets::Gear)));
    let autopilot = event.autopilot_engaged().is_some() || is(NullField::Autopilot);
    let found = takes(&|sets| matches!(sets, Sets::Autopilot));
    lossy = lossy.note("autopilot_engaged", autopilot && !found);
    let road = event.road_word().is_some() || is(NullField::Road);
    lossy = lossy.note(
        "road_type",
        road && !takes(&|sets| matches!(sets, Sets::Road)),
    );
    for flag in Flag::ALL {
        let there = event.flag(*flag).is_some() || event.flag_is_null(*flag);
        let found = |sets| matches!(sets, Sets::Flag(other) if other == *flag);
        lossy = lossy.note(flag.as_word(), there && !takes(&found));
    }
    let codes = event.dtc_list().is_some() || is(NullField::Dtcs);
    let (all, one) = (
        takes(&|sets| matches!(sets, Sets::Codes)),
        takes(&|sets| matches!(sets, Sets::Code)),
    );
    lossy = lossy.note("dtcs", codes && !all && (!one || event.dtcs().len() > 1));
    for field in TextField::ALL
        .iter()
        .filter(|field| **field != TextField::Road)
    {
        let there = event.text(*field).is_some() || event.text_is_null(*field);
        let found = |sets| matches!(sets, Sets::Text(other) if other == *field);
        lossy = lossy.note(field.as_word(), there && !takes(&found));
    }
    lossy.unknown_keys(event.layout(), Sets::is_of(event, shape.origin))
}

/// Whether a table, or one inside it, has such a key.
fn any(fields: &'static [Field<Sets>], wanted: &dyn Fn(Sets) -> bool) -> bool {
    fields
        .iter()
        .any(|field| wanted(field.sets) || any(field.sets.inside(), wanted))
}
