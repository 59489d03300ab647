//! Properties of scores, over random trips and every profile.
#![expect(
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "exact numbers are what is tested; helpers of tests fail by panic, as tests do"
)]

use std::time::Duration;

use fleet_core::{ContentId, EventTime, State, event::Severity, units::Distance};
use fleet_scoring::{
    profile,
    score::{
        Cause, Component, Conditions, Curve, Evidence, Exposure, Factor, Profile, Quantity,
        Receipt, ScoredEvent, TOO_LITTLE_DRIVEN,
    },
};

/// Numbers by a linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// Every preset, and profiles with what no preset has.
fn profiles() -> Vec<Profile> {
    let rich = Component {
        name: "speeding".into(),
        causes: vec![Cause::Speeding, Cause::ExcessiveSpeeding],
        quantity: Quantity::TimeShare,
        unit: "%".into(),
        factor: Factor::Severity([0.0, 1.0, 2.0, 4.0, 8.0]),
        curve: Curve::Exponential,
        weight: 3.3,
        cap: Some(47.0),
        prior: 1.0,
    };
    let once = Component {
        name: "crash".into(),
        causes: vec![Cause::CollisionRisk],
        quantity: Quantity::Indicator,
        curve: Curve::Linear,
        cap: None,
        weight: 0.7,
        ..rich.clone()
    };
    let mut full = profile::per_100km();
    full.components.push(profile::distraction());
    full.components.push(profile::seat_belt());
    let all = vec![
        profile::seed_fleetflow(5.0),
        profile::seed_fleetflow(1.7),
        profile::seed_fleetflow_v2(),
        profile::per_100km(),
        full,
        profile::samsara_2016(),
        profile::geotab(100.0).unwrap(),
        profile::geotab(270.0).unwrap(),
        Profile::new("mixed", 1, "a test", vec![rich, once]),
    ];
    for profile in &all {
        profile.check().unwrap();
    }
    all
}

fn at(second: u64) -> EventTime {
    EventTime::from_micros(i64::try_from(second).unwrap() * 1_000_000)
}

fn event(dice: &mut Dice, trip: &str) -> ScoredEvent {
    let start = dice.below(1_000_000);
    let end = start + dice.below(40);
    let mut event = ScoredEvent::new(trip, dice.pick(Cause::ALL), at(start), at(end))
        .with_severity(dice.pick(&[
            Severity::Info,
            Severity::Low,
            Severity::Medium,
            Severity::High,
            Severity::Critical,
        ]))
        .with_distance(Distance::from_m(dice.below(3000) as f64))
        .under(Conditions {
            night: dice.chance(30),
            rain: dice.chance(20),
        });
    event.impulse_mgs = dice.below(900);
    event.excused = dice.chance(10);
    event
}

fn trip(dice: &mut Dice, name: &str) -> Evidence {
    let km = dice.below(300_000) as f64 / 1e3;
    let driven = Exposure::new(
        Distance::from_km(km),
        Duration::from_secs(600 + dice.below(9000)),
    );
    let watched: Vec<_> = Cause::ALL
        .iter()
        .copied()
        .filter(|_| dice.chance(70))
        .collect();
    let mut trip = Evidence::of_trip(Some(driven), &watched);
    for _ in 0..dice.below(25) {
        trip.add(event(dice, name));
    }
    trip
}

fn receipts(profile: &Profile, evidence: &Evidence) -> [Receipt; 2] {
    [profile.receipt(evidence), profile.shrunk_receipt(evidence)]
}

#[test]
fn prop_points_lost_and_score_add_up_to_exactly_100_for_every_profile() {
    let mut dice = Dice(1);
    let mut scored = 0;
    for round in 0..400 {
        let evidence = trip(&mut dice, &format!("trip-{round}"));
        for profile in profiles() {
            for receipt in receipts(&profile, &evidence) {
                let name = &receipt.profile;
                for line in &receipt.components {
                    let events: f64 = line.events.iter().map(|event| event.points_lost).sum();
                    let adjusts = [TOO_LITTLE_DRIVEN, "rounding"].contains(&&*line.name);
                    assert!(adjusts || events == line.points_lost, "{name} {line:?}");
                    assert!(
                        line.name == "rounding" || line.points_lost >= 0.0,
                        "{name} {line:?}"
                    );
                }
                let Some(score) = receipt.score else {
                    assert!(receipt.insufficient.is_some());
                    continue;
                };
                scored += 1;
                let mut parts: Vec<_> = receipt
                    .components
                    .iter()
                    .map(|line| line.points_lost)
                    .collect();
                parts.push(score);
                assert_eq!(parts.iter().sum::<f64>(), 100.0, "{name} {parts:?}");
                assert_eq!(parts.iter().rev().sum::<f64>(), 100.0, "{name} {parts:?}");
                assert!((0.0..=100.0).contains(&score));
                if let Some(interval) = receipt.interval {
                    assert!(
                        interval.low <= score && score <= interval.high,
                        "{name} {receipt:?}"
                    );
                }
            }
        }
    }
    assert!(scored > 3000, "{scored}");
}

#[test]
fn prop_every_event_is_on_the_receipt_once_whether_it_is_scored_or_not() {
    let mut dice = Dice(2);
    for round in 0..60 {
        let mut evidence = trip(&mut dice, &format!("trip-{round}"));
        for event in evidence.events() {
            if dice.chance(20) {
                evidence.dispute(event.id);
            }
        }
        for profile in profiles() {
            let receipt = profile.receipt(&evidence);
            let mut named: Vec<ContentId> =
                receipt.uncharged.iter().map(|event| event.id).collect();
            let lines = receipt.components.iter().flat_map(|line| &line.events);
            let mut charged: Vec<_> = lines.map(|event| event.id).collect();
            charged.sort_unstable();
            // A seat belt is in two components of one profile.
            charged.dedup();
            named.extend(charged);
            named.sort_unstable();
            let mut all: Vec<_> = evidence.events().iter().map(|event| event.id).collect();
            all.sort_unstable();
            assert_eq!(named, all, "{}", receipt.profile);
        }
    }
}

#[test]
fn prop_a_disputed_event_scores_as_if_it_had_never_been() {
    let mut dice = Dice(3);
    for round in 0..150 {
        let whole = trip(&mut dice, &format!("trip-{round}"));
        let events = whole.events();
        let Some(event) = (!events.is_empty()).then(|| dice.pick(&events)) else {
            continue;
        };
        let mut disputed = whole.clone();
        assert!(disputed.dispute(event.id) && disputed.dispute(event.id));
        // The same trip, built without the event.
        let mut without = Evidence::of_trip(whole.sums().driven(), &[]);
        for cause in Cause::ALL {
            without.watch(*cause, whole.sums().watched(*cause));
        }
        for other in events.iter().filter(|other| other.id != event.id) {
            without.add(*other);
        }
        assert_eq!(disputed.sums(), without.sums());
        for profile in profiles() {
            let pairs = receipts(&profile, &disputed)
                .into_iter()
                .zip(receipts(&profile, &without));
            for (mut found, wanted) in pairs {
                assert_eq!(found.uncharged.len(), wanted.uncharged.len() + 1);
                found.uncharged.retain(|other| other.id != event.id);
                assert_eq!(found, wanted);
                assert_eq!(
                    found.score.map(f64::to_bits),
                    wanted.score.map(f64::to_bits)
                );
            }
        }
        assert!(disputed.is_disputed(event.id) && disputed.reinstate(event.id));
        assert_eq!(disputed, whole);
        assert!(!disputed.dispute(ContentId(0)));
    }
}

#[test]
fn prop_merged_sums_score_as_the_union_in_any_order_and_grouping() {
    let mut dice = Dice(4);
    for round in 0..60 {
        let trips: Vec<_> = (0..5)
            .map(|number| trip(&mut dice, &format!("trip-{round}-{number}")))
            .collect();
        let merged = |order: &[usize]| {
            let mut all = Evidence::default();
            for number in order {
                all.merge(&trips[*number]);
            }
            all
        };
        let forwards = merged(&[0, 1, 2, 3, 4]);
        assert_eq!(forwards, merged(&[4, 2, 0, 3, 1]));
        let (mut left, mut right) = (merged(&[0, 1]), merged(&[2, 3, 4]));
        let mut sums = left.sums().clone();
        sums.merge(right.sums());
        assert_eq!(&sums, forwards.sums());
        right.merge(&left);
        assert_eq!(forwards, right);
        left.merge(&merged(&[2, 3, 4]));
        assert_eq!(forwards, left);
        // One trip with all events and all that was driven.
        let mut union = Evidence::of_trip(forwards.sums().driven(), &[]);
        for cause in Cause::ALL {
            union.watch(*cause, forwards.sums().watched(*cause));
        }
        for event in trips.iter().flat_map(Evidence::events) {
            union.add(event);
        }
        for profile in profiles() {
            assert_eq!(receipts(&profile, &forwards), receipts(&profile, &union));
            let of_sums = profile.score(forwards.sums());
            assert_eq!(of_sums.score, profile.receipt(&forwards).score);
        }
    }
}

#[test]
fn prop_evidence_survives_its_encoding_and_is_not_read_when_cut() {
    let mut dice = Dice(5);
    for round in 0..40 {
        let mut evidence = trip(&mut dice, &format!("trip-{round}"));
        if let Some(event) = evidence.events().first() {
            evidence.dispute(event.id);
        }
        let mut bytes = Vec::new();
        evidence.encode(&mut bytes);
        let mut rest = bytes.as_slice();
        assert_eq!(
            Evidence::decode(Evidence::VERSION, &mut rest).as_ref(),
            Some(&evidence)
        );
        assert!(rest.is_empty());
        for length in 0..bytes.len() {
            assert_eq!(
                Evidence::decode(Evidence::VERSION, &mut &bytes[..length]),
                None
            );
        }
        assert_eq!(Evidence::decode(9, &mut bytes.as_slice()), None);
    }
}

#[test]
fn profiles_are_data_with_a_hash() {
    for profile in profiles() {
        let json = serde_json::to_string(&profile).unwrap();
        let again: Profile = serde_json::from_str(&json).unwrap();
        assert_eq!(again, profile);
        assert_eq!(again.hash(), profile.hash());
        let mut changed = profile.clone();
        changed.components[0].weight += 0.5;
        assert_ne!(changed.hash(), profile.hash());
    }
}

#[test]
fn a_receipt_of_sums_is_that_of_the_events_without_their_names() {
    let mut dice = Dice(6);
    let evidence = trip(&mut dice, "trip");
    for profile in profiles() {
        let mut receipt = profile.receipt(&evidence);
        receipt.uncharged.clear();
        for line in &mut receipt.components {
            line.events.clear();
        }
        assert_eq!(receipt, profile.score(evidence.sums()));
    }
}
