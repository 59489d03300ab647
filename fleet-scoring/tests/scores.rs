//! Scores computed by hand: rates, priors, intervals, limits, and what is not scored.
#![expect(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "exact numbers are what is tested; helpers of tests fail by panic, as tests do"
)]

use std::time::Duration;

use fleet_core::{
    EventTime,
    event::Severity,
    units::{Acceleration, Distance},
};
use fleet_scoring::{
    profile,
    score::{
        Cause, Conditions, Curve, Evidence, Exposure, Factor, Insufficient, Missing, Profile,
        Quantity, ScoreSums, ScoredEvent, TOO_LITTLE_DRIVEN, WhyUncharged,
    },
};

fn at(second: u64) -> EventTime {
    EventTime::from_micros(i64::try_from(second).unwrap() * 1_000_000)
}

#[test]
fn an_event_that_both_sides_know_counts_once_and_a_dispute_of_either_holds() {
    let driven = Exposure::new(Distance::from_km(50.0), Duration::from_secs(3600));
    let brake = ScoredEvent::new("trip", Cause::HarshBrake, at(1), at(2));
    let longer = ScoredEvent {
        end: at(3),
        ..brake
    };
    let with = |event: ScoredEvent, disputed: bool| {
        let mut trip = Evidence::of_trip(Some(driven), &[Cause::HarshBrake]);
        trip.add(event);
        if disputed {
            trip.dispute(event.id);
        }
        trip
    };
    for (mine, theirs, counted) in [
        (with(brake, false), with(brake, false), 1),
        (with(brake, false), with(longer, false), 1),
        (with(brake.excused(), false), with(longer, false), 0),
        (with(brake, true), with(longer, false), 0),
        (with(brake, true), with(brake, true), 0),
    ] {
        let (mut one, mut other) = (mine.clone(), theirs.clone());
        one.merge(&theirs);
        other.merge(&mine);
        assert_eq!(one, other);
        assert_eq!(one.sums().count(Cause::HarshBrake), counted);
        assert_eq!(one.events().len(), 1);
        assert_eq!(one.sums().trips(), 2);
    }
}

fn driven(km: f64) -> Exposure {
    Exposure::new(Distance::from_km(km), Duration::from_secs(7200))
}

fn brakes(km: f64, count: u64) -> Evidence {
    let mut trip = Evidence::of_trip(Some(driven(km)), &[Cause::HarshBrake]);
    for second in 0..count {
        trip.add(ScoredEvent::new(
            "trip",
            Cause::HarshBrake,
            at(second),
            at(second),
        ));
    }
    trip
}

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 0.01, "{found} instead of {wanted}");
}

#[test]
fn a_score_shrinks_towards_the_prior_and_says_what_that_costs() {
    let mut profile = profile::per_100km();
    profile
        .components
        .retain(|part| part.name == "harsh_braking");
    // Rates for each 100 km; a rate of 10 costs all 100 points.
    for (km, events, own, shrunk) in [(5.0, 1, 20.0, 2.857), (500.0, 0, 0.0, 0.333)] {
        let trip = brakes(km, events);
        let whole = profile.receipt(&trip);
        close(whole.score.unwrap(), 100.0 - 10.0 * f64::min(own, 10.0));
        assert_eq!(whole.components.len(), 1);
        let receipt = profile.shrunk_receipt(&trip);
        close(receipt.score.unwrap(), 100.0 - 10.0 * shrunk);
        let [braking, prior] = &receipt.components[..] else {
            panic!("{receipt:?}")
        };
        assert_eq!(prior.name, TOO_LITTLE_DRIVEN);
        close(prior.points_lost, 10.0 * 200.0 / (km + 100.0));
        close(
            braking.points_lost,
            10.0 * 100.0 * events as f64 / (km + 100.0),
        );
    }
    let line = &profile.shrunk_receipt(&brakes(100.0, 0)).components[1];
    assert_eq!(line.to_string(), "too little driven: 10.0 points");
}

#[test]
fn the_interval_is_that_of_the_rate_of_events() {
    let mut profile = profile::per_100km();
    profile
        .components
        .retain(|part| part.name == "harsh_braking");
    // 3 events in 100 km: Garwood's 90 % limits are 0.818 and 7.754, each event costs 10 points.
    let interval = profile.receipt(&brakes(100.0, 3)).interval.unwrap();
    close(interval.high, 100.0 - 8.18);
    close(interval.low, 100.0 - 77.54);
    // No event in 100 km may still be up to 2.996.
    let interval = profile.receipt(&brakes(100.0, 0)).interval.unwrap();
    assert_eq!(interval.high, 100.0);
    close(interval.low, 100.0 - 29.96);
    // With the prior of 2 in 100 km: 5 and 95 % of the gamma distribution of shape 5, over 200 km.
    let interval = profile.shrunk_receipt(&brakes(100.0, 3)).interval.unwrap();
    close(interval.high, 100.0 - 5.0 * 1.970_15);
    close(interval.low, 100.0 - 5.0 * 9.153_52);
    assert_eq!(
        profile::seed_fleetflow(5.0)
            .receipt(&brakes(100.0, 3))
            .interval,
        None
    );
}

#[test]
fn a_trip_that_is_too_short_has_no_score_but_lists_its_events() {
    let profile = profile::per_100km();
    let short = |km, minutes: u64| {
        let driven = Exposure::new(Distance::from_km(km), Duration::from_secs(minutes * 60));
        let mut trip = Evidence::of_trip(Some(driven), &[Cause::HarshBrake]);
        trip.add(ScoredEvent::new("trip", Cause::HarshBrake, at(1), at(2)));
        profile.receipt(&trip)
    };
    for (km, minutes) in [(4.999, 30), (30.0, 9), (0.0, 0)] {
        let receipt = short(km, minutes);
        assert_eq!((receipt.score, receipt.interval), (None, None));
        assert!(matches!(
            receipt.insufficient,
            Some(Insufficient::TooShort { .. })
        ));
        let listed = receipt
            .components
            .iter()
            .map(|line| line.events.len())
            .sum::<usize>()
            + receipt.uncharged.len();
        assert_eq!(listed, 1);
    }
    assert!(short(5.0, 10).score.is_some());
    let why = short(4.0, 30).insufficient.unwrap().to_string();
    assert_eq!(
        why,
        "4.0 km in 30.0 min were driven: a score needs 5 km and 10 min"
    );
}

#[test]
fn what_is_unknown_or_unwatched_is_never_scored() {
    let profile = profile::per_100km();
    let unknown = Evidence::of_trip(None, Cause::ALL);
    assert_eq!(
        profile.receipt(&unknown).insufficient,
        Some(Insufficient::UnknownExposure)
    );
    let mut day = brakes(100.0, 1);
    day.merge(&unknown);
    assert_eq!(
        profile.score(day.sums()).score,
        None,
        "one trip of the day is unknown"
    );
    let blind = ScoreSums::of_trip(Some(driven(100.0)), &[]);
    assert_eq!(
        profile.score(&blind).insufficient,
        Some(Insufficient::NothingWatched)
    );
    // Half of what was driven is enough, less is not.
    let mut half = blind;
    half.watch(Cause::HarshBrake, driven(50.0));
    assert_eq!(profile.score(&half).score, Some(100.0));
    half.watch(Cause::HarshBrake, driven(49.9));
    assert_eq!(profile.score(&half).score, None);
}

#[test]
fn weights_of_what_was_not_measured_are_divided_among_the_rest() {
    let profile = profile::per_100km();
    let watched = |causes: &[Cause]| {
        let mut trip = Evidence::of_trip(Some(driven(100.0)), causes);
        for second in 0..100 {
            let brake = ScoredEvent::new("trip", Cause::HarshBrake, at(second), at(second));
            trip.add(brake.with_severity(Severity::High));
        }
        profile.receipt(&trip)
    };
    assert_eq!(watched(&[Cause::HarshBrake]).score, Some(0.0));
    // Speeding weighs 30, braking 25.
    let two = watched(&[Cause::HarshBrake, Cause::Speeding]);
    close(two.score.unwrap(), 100.0 * 30.0 / 55.0);
    let all = watched(Cause::ALL);
    close(all.score.unwrap(), 100.0 - 100.0 * 25.0 / 120.0);
    assert_eq!(all.components.len(), 7);
}

/// The points of each component and of each of its events, where only this cause was watched.
fn alone(cause: Cause, events: impl IntoIterator<Item = ScoredEvent>) -> (f64, Vec<f64>) {
    let mut trip = Evidence::of_trip(Some(driven(100.0)), &[cause]);
    for event in events {
        assert!(trip.add(event));
        assert!(!trip.add(event), "the same event again");
    }
    let receipt = profile::per_100km().receipt(&trip);
    assert_eq!(receipt.components.len(), 1, "{receipt:?}");
    let line = receipt.components.first().unwrap();
    let events = line.events.iter().map(|event| event.points_lost);
    (line.points_lost, events.collect())
}

#[test]
fn each_kind_of_quantity_costs_what_its_rate_says() {
    let event = |cause, start, end| ScoredEvent::new("trip", cause, at(start), at(end));
    // 7200 s in motion: 90 s at once and 90 s at twice are 3.75 %, of 25.
    let fast = [
        event(Cause::Speeding, 0, 90),
        event(Cause::Speeding, 100, 190).with_severity(Severity::Medium),
    ];
    assert_eq!(alone(Cause::Speeding, fast), (15.0, vec![5.0, 10.0]));
    // 100 km: 0.25 g beyond the level for 40 s are 10,000 mg·s, 100 for each km, of 300.
    let firm = event(Cause::FirmBrake, 0, 40).with_mean_excess(Acceleration::from_g(-0.25));
    assert_eq!(firm.impulse_mgs, 10_000);
    close(alone(Cause::FirmBrake, [firm]).0, 100.0 / 3.0);
    // 20 of 100 km at night, of 50 %.
    let night = event(Cause::Night, 0, 900).with_distance(Distance::from_km(20.0));
    close(alone(Cause::Night, [night]).0, 40.0);
    // A low and a high event: 1 and 4 of 10; one for information costs nothing.
    let corners = [
        event(Cause::HarshCorner, 0, 1).with_severity(Severity::High),
        event(Cause::HarshCorner, 2, 3),
        event(Cause::HarshCorner, 4, 5).with_severity(Severity::Info),
    ];
    assert_eq!(
        alone(Cause::HarshCorner, corners),
        (50.0, vec![40.0, 10.0, 0.0])
    );
}

#[test]
fn excused_events_and_those_outside_the_profile_stay_visible() {
    let mut trip = brakes(100.0, 0);
    trip.add(ScoredEvent::new("trip", Cause::HarshBrake, at(1), at(2)).excused());
    trip.add(ScoredEvent::new("trip", Cause::Distraction, at(3), at(4)));
    let receipt = profile::per_100km().receipt(&trip);
    assert_eq!(receipt.score, Some(100.0));
    let why: Vec<_> = receipt.uncharged.iter().map(|event| event.why).collect();
    assert_eq!(why, [WhyUncharged::Excused, WhyUncharged::NotInProfile]);
}

#[test]
fn an_exponential_curve_starts_at_its_weight_and_never_passes_its_cap() {
    let profile = |curve| {
        let mut profile = profile::per_100km();
        profile
            .components
            .retain(|part| part.name == "harsh_braking");
        profile.components[0].curve = curve;
        profile.components[0].weight = 1.0;
        profile.components[0].cap = Some(100.0);
        profile
    };
    let lost = |curve, events| {
        100.0
            - profile(curve)
                .receipt(&brakes(100.0, events))
                .score
                .unwrap()
    };
    close(
        lost(Curve::Exponential, 1),
        100.0 * (1.0 - (-0.01_f64).exp()),
    );
    close(
        lost(Curve::Exponential, 100),
        100.0 * (1.0 - (-1.0_f64).exp()),
    );
    assert!(lost(Curve::Exponential, 1000) > 99.9 && lost(Curve::Exponential, 1000) < 100.0);
    assert_eq!(
        (lost(Curve::Linear, 70), lost(Curve::Linear, 200)),
        (70.0, 100.0)
    );
}

#[test]
fn fleetflow_v2_cuts_the_points_of_each_event_to_whole_ones() {
    let mut profile = profile::seed_fleetflow_v2();
    for part in &mut profile.components {
        part.weight = 1.5;
    }
    let mut trip = Evidence::of_trip(None, &[]);
    for second in 0..3 {
        trip.add(ScoredEvent::new(
            "trip",
            Cause::RapidAccel,
            at(second),
            at(second),
        ));
    }
    assert_eq!(
        profile.receipt(&trip).score,
        Some(97.0),
        "1.5 becomes 1, three times"
    );
    let night = Conditions {
        night: true,
        rain: false,
    };
    trip.add(ScoredEvent::new("trip", Cause::Speeding, at(9), at(9)).under(night));
    trip.add(ScoredEvent::new("trip", Cause::Speeding, at(10), at(10)));
    let receipt = profile.receipt(&trip);
    assert_eq!(receipt.score, Some(94.0), "2.25 becomes 2, 1.5 becomes 1");
    let speeding = &receipt.components[3].events;
    let points: Vec<_> = speeding.iter().map(|event| event.points_lost).collect();
    assert_eq!(points, [2.0, 1.0]);
}

#[test]
fn geotab_stops_each_rule_at_0() {
    let profile = profile::geotab(100.0).unwrap();
    let score = profile.receipt(&brakes(100.0, 40)).score;
    // The rule reaches 0 at 10 events in 100 km, and weighs 10.
    assert_eq!(score, Some(90.0));
    assert!(profile::geotab(-1.0).is_err() && profile::geotab(f64::NAN).is_err());
}

/// Makes a profile wrong.
type Change = fn(&mut Profile);

#[test]
fn a_profile_with_wrong_numbers_is_refused_with_the_reason() {
    let refused: [(Change, &str); 9] = [
        (|profile| profile.components.clear(), "no components"),
        (|profile| profile.version = 0, "version"),
        (|profile| profile.components[0].causes.clear(), "no cause"),
        (|profile| profile.components[0].weight = -1.0, "weight"),
        (
            |profile| profile.components[1].cap = Some(f64::INFINITY),
            "cap",
        ),
        (|profile| profile.components[1].cap = None, "re-weighted"),
        (|profile| profile.components[2].prior = f64::NAN, "prior"),
        (
            |profile| profile.components[0].factor = Factor::Severity([-1.0; 5]),
            "factors",
        ),
        (
            |profile| {
                profile.components[1].quantity = Quantity::CountPer {
                    distance_m: Distance::from_m(0.0),
                };
            },
            "distance",
        ),
    ];
    for (change, why) in refused {
        let mut profile = profile::per_100km();
        assert_eq!(profile.missing, Missing::Reweight);
        change(&mut profile);
        let error = profile.check().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let mut whole = profile::samsara_2016();
    whole.rounding = profile::seed_fleetflow_v2().rounding;
    assert!(whole.check().is_err());
}
