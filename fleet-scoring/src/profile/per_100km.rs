//! The recommended profile.

use std::time::Duration;

use fleet_core::units::Distance;

use super::linear;
use crate::score::{Cause, Component, Curve, Exposure, Factor, Missing, Profile, Quantity};

/// The recommended score: events for each 100 km and shares, each against a limit at which the
/// component's points are gone.
///
/// `points = weight · min(1, rate / limit) · 100 / Σ weights of what could be measured`
///
/// | component | weight | rate | limit |
/// |---|---|---|---|
/// | `speeding` | 30 | time in motion over the limit, by severity | 25 % |
/// | `harsh_braking` | 25 | events by severity | 10 for each 100 km |
/// | `smoothness` | 20 | impulse of firm events beyond their level | 300 mg·s for each km |
/// | `harsh_cornering` | 15 | events by severity | 10 for each 100 km |
/// | `collision_risk` | 15 | collision risks and unsafe headways by severity | 10 for each 100 km |
/// | `rapid_accel` | 10 | events by severity | 10 for each 100 km |
/// | `night` | 5 | distance driven from 0 to 4 o'clock, local time | 50 % |
///
/// An event of low severity counts once, medium twice, high four times, critical eight times; tiers
/// of speeding likewise.
///
/// A trip of less than 5 km or less than 10 min in motion has no score. Scores that shrink start
/// from 2 events for each 100 km, 2 % of speeding and 60 mg·s for each km, which weigh as much as
/// 100 km in 2 h; the night has no prior. Night is a matter of shifts: watch for it only where
/// drivers choose their hours.
///
/// # References
/// The weights and most limits are uncalibrated: fit them to your claims. Ten events for each
/// 100 km is where a rule of Geotab reaches 0 (see [`geotab`](super::geotab)). That speeding and
/// braking weigh most follows Geotab's weights and a study of claims (arXiv:2304.10591), by which
/// large changes of speed, top speed, night driving and harsh braking raise their number. The
/// weight of `smoothness` is our choice, between cornering and braking; its limit is one firm
/// manoeuvre for each km, 0.1 g beyond the level for 3 s. Doubling the factor with each severity,
/// the least trip and the priors are our choices.
///
/// # Examples
/// Two braking events of medium severity in 100 km, where nothing but braking was watched for:
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, event::Severity, units::Distance};
/// use fleet_scoring::{profile, score::{Cause, Evidence, Exposure, ScoredEvent}};
/// let driven = Exposure::new(Distance::from_km(100.0), Duration::from_secs(7200));
/// let mut trip = Evidence::of_trip(Some(driven), &[Cause::HarshBrake]);
/// for second in [100, 2000] {
///     let at = EventTime::from_micros(second * 1_000_000);
///     let brake = ScoredEvent::new("trip-1", Cause::HarshBrake, at, at);
///     trip.add(brake.with_severity(Severity::Medium));
/// }
/// let receipt = profile::per_100km().receipt(&trip);
/// // 4 of 10 for each 100 km.
/// assert_eq!(receipt.score, Some(60.0));
/// assert_eq!(receipt.components[0].events[0].points_lost, 20.0);
/// ```
pub fn per_100km() -> Profile {
    let hundred_km = Quantity::CountPer {
        distance_m: Distance::from_km(100.0),
    };
    let each_km = Quantity::ImpulsePer {
        distance_m: Distance::from_km(1.0),
    };
    let events = |name, causes: &[Cause], weight| {
        component(
            name,
            causes,
            (hundred_km, "events/100 km"),
            weight,
            10.0,
            2.0,
        )
    };
    let components = vec![
        component(
            "speeding",
            &[Cause::Speeding],
            (Quantity::TimeShare, "% of time"),
            30.0,
            25.0,
            2.0,
        ),
        events("harsh_braking", &[Cause::HarshBrake], 25.0),
        component(
            "smoothness",
            &[Cause::FirmBrake, Cause::FirmAccel],
            (each_km, "mg·s/km"),
            20.0,
            300.0,
            60.0,
        ),
        events("harsh_cornering", &[Cause::HarshCorner], 15.0),
        events(
            "collision_risk",
            &[Cause::CollisionRisk, Cause::UnsafeHeadway],
            15.0,
        ),
        events("rapid_accel", &[Cause::RapidAccel], 10.0),
        component(
            "night",
            &[Cause::Night],
            (Quantity::DistanceShare, "% of distance"),
            5.0,
            50.0,
            0.0,
        ),
    ];
    Profile {
        missing: Missing::Reweight,
        least: Exposure::new(Distance::from_km(5.0), Duration::from_secs(600)),
        prior: Exposure::new(Distance::from_km(100.0), Duration::from_secs(7200)),
        ..Profile::new("per100km", 1, "fleet-scoring, uncalibrated", components)
    }
}

/// The optional component of [`per_100km`] for distraction: weight 20, no points left at 10 events
/// for each 100 km. Our choice, uncalibrated: drivers who crashed used their phones 3.4 times as
/// much as others (Cambridge Mobile Telematics).
///
/// # Examples
/// ```
/// use fleet_scoring::profile;
/// let mut profile = profile::per_100km();
/// profile.name = "per100km with distraction".into();
/// profile.components.push(profile::distraction());
/// assert!(profile.check().is_ok());
/// ```
pub fn distraction() -> Component {
    let hundred_km = Quantity::CountPer {
        distance_m: Distance::from_km(100.0),
    };
    let quantity = (hundred_km, "events/100 km");
    component(
        "distraction",
        &[Cause::Distraction],
        quantity,
        20.0,
        10.0,
        2.0,
    )
}

/// The optional component of [`per_100km`] for open seat belts: weight 10, no points left at 10 %
/// of the distance. Our choice, uncalibrated.
///
/// # Examples
/// ```
/// assert_eq!(fleet_scoring::profile::seat_belt().cap, Some(10.0));
/// ```
pub fn seat_belt() -> Component {
    let quantity = (Quantity::DistanceShare, "% of distance");
    let belt = component("seat_belt", &[Cause::SeatBelt], quantity, 10.0, 10.0, 0.5);
    Component {
        factor: Factor::One,
        ..belt
    }
}

/// What events of each severity count: info, low, medium, high, critical.
const SEVERITY: Factor = Factor::Severity([0.0, 1.0, 2.0, 4.0, 8.0]);

/// A component whose points are gone when its quantity reaches `limit`.
fn component(
    name: &'static str,
    causes: &[Cause],
    (quantity, unit): (Quantity, &'static str),
    points: f64,
    limit: f64,
    prior: f64,
) -> Component {
    Component {
        factor: SEVERITY,
        curve: Curve::Linear,
        cap: Some(points),
        prior,
        ..linear(name, causes, quantity, unit, points / limit)
    }
}
