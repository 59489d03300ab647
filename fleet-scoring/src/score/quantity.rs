//! The quantities that components charge for.

use fleet_core::units::Distance;

use super::{
    Exposure, ScoreSums, ScoredEvent,
    event::{Conditions, SEVERITIES},
    sums::CauseSums,
};

/// How the events of a component become one number.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// The number of events.
    Count,
    /// The number of events for each such distance driven.
    CountPer {
        /// The distance, metres.
        distance_m: Distance,
    },
    /// The share of the time in motion that events last, percent.
    TimeShare,
    /// The share of the distance that is driven during events, percent.
    DistanceShare,
    /// 1 if there is an event, else 0.
    Indicator,
    /// The impulse of firm events beyond their level for each such distance driven, thousandths of
    /// g times seconds.
    ImpulsePer {
        /// The distance, metres.
        distance_m: Distance,
    },
}

/// How much an event counts.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Factor {
    /// Each once.
    One,
    /// By its severity: info, low, medium, high, critical.
    Severity([f64; 5]),
    /// By its conditions; both factors apply to an event on a rainy night.
    Conditions {
        /// The factor of events at night.
        night: f64,
        /// The factor of events in rain.
        rain: f64,
    },
}

impl Factor {
    fn of_conditions(self, conditions: Conditions) -> f64 {
        match self {
            Self::Conditions { night, rain } => {
                let factor = |applies, factor| if applies { factor } else { 1.0 };
                factor(conditions.night, night) * factor(conditions.rain, rain)
            }
            _ => 1.0,
        }
    }

    fn of_severity(self, index: usize) -> f64 {
        match self {
            Self::Severity(factors) => factors.get(index).copied().unwrap_or(1.0),
            _ => 1.0,
        }
    }

    /// The factor of one event.
    pub(super) fn of(self, event: &ScoredEvent) -> f64 {
        self.of_conditions(event.conditions) * self.of_severity(event.severity_index())
    }

    /// How many events have which factor.
    pub(super) fn counts(self, sums: &CauseSums) -> Vec<(u64, f64)> {
        if let Self::Conditions { .. } = self {
            let factors = Conditions::ALL.map(|conditions| self.of_conditions(conditions));
            return sums.by_conditions.into_iter().zip(factors).collect();
        }
        let counts = sums.by_severity.iter().map(|tally| tally.count);
        counts
            .zip((0..).map(|index| self.of_severity(index)))
            .collect()
    }

    /// The sum of an extent of events, each times its factor. Extents are kept by severity, so
    /// conditions do not apply.
    fn extent(self, sums: &CauseSums, of: fn(&Exposure) -> u64) -> f64 {
        let extents = sums.by_severity.iter().zip(0..SEVERITIES.len());
        extents.fold(0.0, |sum, (tally, index)| {
            sum + of(&tally.extent) as f64 * self.of_severity(index)
        })
    }

    pub(super) fn is_usable(self) -> bool {
        let fine = |factor: f64| factor.is_finite() && factor >= 0.0;
        match self {
            Self::One => true,
            Self::Severity(factors) => factors.into_iter().all(fine),
            Self::Conditions { night, rain } => fine(night) && fine(rain),
        }
    }
}

/// What a quantity is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Nothing,
    Distance,
    DrivingTime,
}

impl Basis {
    pub(super) fn of(self, exposure: Exposure) -> f64 {
        match self {
            Self::Nothing => 1.0,
            Self::Distance => exposure.distance_um as f64,
            Self::DrivingTime => exposure.driving_us as f64,
        }
    }

    /// Whether enough of what was driven was watched for a cause: at least half. Our choice: less
    /// than that says more about the vehicle's devices than about its driver.
    pub(super) fn is_watched(self, sums: &ScoreSums, watched: Exposure) -> bool {
        let (part, whole) = (self.of(watched), self.of(sums.driven));
        self == Self::Nothing || part > 0.0 && 2.0 * part >= whole
    }
}

impl Quantity {
    pub(super) fn basis(self) -> Basis {
        match self {
            Self::Count | Self::Indicator => Basis::Nothing,
            Self::CountPer { .. } | Self::DistanceShare | Self::ImpulsePer { .. } => {
                Basis::Distance
            }
            Self::TimeShare => Basis::DrivingTime,
        }
    }

    /// Whether it counts events that happen by chance, so that a count bounds a rate.
    pub(super) fn is_rate_of_events(self) -> bool {
        matches!(self, Self::CountPer { .. })
    }

    /// The number by which a ratio is multiplied.
    pub(super) fn unit(self) -> f64 {
        match self {
            Self::Count | Self::Indicator => 1.0,
            Self::CountPer { distance_m } | Self::ImpulsePer { distance_m } => {
                distance_m.as_m() * 1e6
            }
            Self::TimeShare | Self::DistanceShare => 100.0,
        }
    }

    /// The amount of one cause, and for counts the sum of the squared factors.
    pub(super) fn amount(self, factor: Factor, sums: &CauseSums) -> (f64, f64) {
        let amount = match self {
            Self::Count | Self::CountPer { .. } => {
                let counts = factor.counts(sums).into_iter();
                return counts.fold((0.0, 0.0), |(sum, squares), (count, factor)| {
                    let weighted = count as f64 * factor;
                    (sum + weighted, squares + weighted * factor)
                });
            }
            Self::Indicator => f64::from(u8::from(sums.count() > 0)),
            Self::TimeShare => factor.extent(sums, |extent| extent.driving_us),
            Self::DistanceShare => factor.extent(sums, |extent| extent.distance_um),
            Self::ImpulsePer { .. } => sums.impulse_mgs as f64,
        };
        (amount, 0.0)
    }

    /// What one event adds to the amount.
    pub(super) fn amount_of(self, factor: Factor, event: &ScoredEvent) -> f64 {
        match self {
            Self::Count | Self::CountPer { .. } => factor.of(event),
            Self::Indicator => 1.0,
            Self::TimeShare => {
                event.duration_us() as f64 * factor.of_severity(event.severity_index())
            }
            Self::DistanceShare => {
                event.distance_um as f64 * factor.of_severity(event.severity_index())
            }
            Self::ImpulsePer { .. } => event.impulse_mgs as f64,
        }
    }
}
