use compact_str::CompactString;

use crate::data::{
    ContentId, EventTime, FleetId, Record, VehicleId,
    record::{Column, Fields, Value},
    state::state_by_serde,
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
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The word in messages and columns.
            pub const fn as_word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
            /// Reads the word.
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
    /// What a rule found. One canonical name each; dialects write their own.
    AlertKind {
        /// Faster than the limit.
        Overspeed = "OVERSPEED",
        /// Traction battery low, percent. Not the 12 V battery.
        TractionSocLow = "TRACTION_SOC_LOW",
        /// 12 V battery low, volts. Not the traction battery.
        Battery12vLow = "BATTERY_12V_LOW",
        /// Engine coolant too hot.
        EngineOverheat = "ENGINE_OVERHEAT",
        /// Fuel low.
        LowFuel = "LOW_FUEL",
        /// A trouble code is set.
        DtcPresent = "DTC_PRESENT",
        /// Engine speed over the red line.
        RpmRedline = "RPM_REDLINE",
        /// Deceleration beyond the limit.
        HarshBrake = "HARSH_BRAKE",
        /// Acceleration beyond the limit.
        RapidAccel = "RAPID_ACCEL",
        /// Lateral acceleration beyond the limit.
        HarshCorner = "HARSH_CORNER",
        /// An acceleration that only a crash makes.
        CrashSuspect = "CRASH_SUSPECT",
        /// A collision is near.
        CollisionRisk = "COLLISION_RISK",
        /// Too close to the vehicle in front.
        UnsafeHeadway = "UNSAFE_HEADWAY",
        /// Standing with the engine on.
        Idle = "IDLE",
        /// Silent.
        Offline = "OFFLINE",
        /// Entered a geofence.
        GeofenceEnter = "GEOFENCE_ENTER",
        /// Left a geofence.
        GeofenceLeave = "GEOFENCE_LEAVE",
        /// Driven too long.
        Fatigue = "FATIGUE",
        /// A value that is implausible but not refused.
        DataQuality = "DATA_QUALITY",
    }
}

words! {
    /// How bad it is, in rising order.
    Severity {
        /// Worth knowing.
        Info = "INFO",
        /// Worth a look.
        Low = "LOW",
        /// Act today.
        Medium = "MEDIUM",
        /// Act now.
        High = "HIGH",
        /// People are in danger.
        Critical = "CRITICAL",
    }
}

words! {
    /// Where the limit of an alert came from.
    LimitSource {
        /// The rule's own number.
        Rule = "rule",
        /// The event carries its limit.
        Event = "event",
        /// The producer's own flag.
        Flag = "flag",
        /// The geofence it is in.
        Geofence = "geofence",
        /// The vehicle or its class.
        Vehicle = "vehicle",
    }
}

/// A rule that opened.
///
/// # Guarantees
/// The id is a hash of pipeline, node, rule, vehicle, opening time and ordinal: the same input gives the
/// same id in every run, order and batching.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Alert {
    /// Made from the content.
    pub id: ContentId,
    /// When the condition became true.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// Whose.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The vehicle's fleet, if the event named one.
    #[serde(rename = "fleet_id", default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetId>,
    /// What was found.
    pub kind: AlertKind,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that found it.
    pub rule: CompactString,
    /// The offending value in the signal's canonical unit; none where a rule has none.
    pub value: Option<f64>,
    /// The limit it broke, in the same unit.
    pub threshold: Option<f64>,
    /// Where the limit came from.
    pub limit_source: LimitSource,
}

impl Alert {
    /// A sentence for people, made when it is asked for: most alerts are only counted and stored.
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

impl Record for Alert {
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
