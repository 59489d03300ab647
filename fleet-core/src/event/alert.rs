//! Alerts: what a rule found, how severe it is, and where its limit came from.

use compact_str::CompactString;

use super::AlertKind;
use crate::data::{
    ContentId, EventTime, FleetId, TableRow, VehicleId,
    state::state_by_serde,
    table::{Column, Fields, Value},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All variants.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The word used in messages and columns.
            pub const fn as_word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
            /// Parses the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The severity of an alert, in ascending order.
    Severity {
        /// For information.
        Info = "INFO",
        /// Needs a look.
        Low = "LOW",
        /// Needs action today.
        Medium = "MEDIUM",
        /// Needs action now.
        High = "HIGH",
        /// People are in danger.
        Critical = "CRITICAL",
    }
}

words! {
    /// The origin of the limit that an alert was judged by.
    LimitSource {
        /// The rule's own setting.
        Rule = "rule",
        /// A limit that the event carries.
        Event = "event",
        /// A flag that the producer set.
        Flag = "flag",
        /// The geofence that the vehicle is in.
        Geofence = "geofence",
        /// A setting of the vehicle or its class.
        Vehicle = "vehicle",
    }
}

/// The start of a condition that a rule watches for.
///
/// # Guarantees
/// The id is a hash of pipeline, node, rule, vehicle, opening time and ordinal. The same input
/// gives the same id in every run, order and batching.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Alert {
    /// A hash of the content.
    pub id: ContentId,
    /// The time at which the condition became true.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The vehicle's fleet, if the event named it.
    #[serde(rename = "fleet_id", default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetId>,
    /// The condition that was found.
    pub kind: AlertKind,
    /// The severity.
    pub severity: Severity,
    /// The name of the rule that found it.
    pub rule: CompactString,
    /// The offending value in the signal's canonical unit, if the rule has one.
    pub value: Option<f64>,
    /// The limit that was crossed, in the same unit.
    pub threshold: Option<f64>,
    /// The origin of the limit.
    pub limit_source: LimitSource,
}

impl Alert {
    /// A message for people. It is built on demand, because most alerts are only counted and
    /// stored.
    pub fn message(&self) -> String {
        let (kind, vehicle) = (self.kind, &self.vehicle);
        match (self.value, self.threshold) {
            (Some(value), Some(limit)) => {
                format!("{kind} of vehicle {vehicle}: {value} against a limit of {limit}")
            }
            (Some(value), None) => format!("{kind} of vehicle {vehicle}: {value}"),
            _ => format!("{kind} of vehicle {vehicle}"),
        }
    }
}

state_by_serde!(Alert, 1);

impl TableRow for Alert {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::time("time"),
                Column::text("vehicle_id"),
                Column::text("fleet_id").nullable(),
                Column::text("kind"),
                Column::text("severity"),
                Column::text("rule"),
                Column::real("value").nullable(),
                Column::real("threshold").nullable(),
                Column::text("limit_source"),
                Column::text("message"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Time(self.at));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::text_or_null(
            self.fleet.as_ref().map(FleetId::as_str),
        ));
        to.put(Value::Text(self.kind.as_word()));
        to.put(Value::Text(self.severity.as_word()));
        to.put(Value::Text(&self.rule));
        to.put(Value::real_or_null(self.value));
        to.put(Value::real_or_null(self.threshold));
        to.put(Value::Text(self.limit_source.as_word()));
        to.put(Value::Text(&self.message()));
    }
}
