//! Self-driving metrics of events that come hours late.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fleet_core::{
    Event, EventTime, Order,
    event::{Driving, DrivingKind, FleetEvent, ObjectClass, Perception, Telemetry},
    units::{Distance, Speed},
};
use fleet_rules::{SelfDriving, SelfDrivingHour, SelfDrivingOptions, SumSelfDriving};
use support::{at, run, run_in, vehicle};

/// Four hours of one car: telemetry every minute, now and then something else.
fn drive() -> Vec<FleetEvent> {
    let mut events: Vec<FleetEvent> = Vec::new();
    for minute in 0..240 {
        let second = 60.0 * f64::from(minute);
        let kmh = f64::from(40 + minute * 7 % 40);
        let telemetry = Telemetry::new(vehicle("7"), at(second))
            .with_speed(Speed::from_kmh(kmh))
            .with_odometer(Distance::from_km(f64::from(minute)));
        events.push(telemetry.into());
        if minute % 9 == 0 {
            let mut seen = Perception::new(vehicle("7"), at(second + 1.0));
            seen.class = Some(ObjectClass::Cyclist);
            events.push(seen.clone().into());
            // In the same second: the ids of both results must differ.
            seen.class = Some(ObjectClass::Car);
            events.push(seen.into());
        }
        let kind = match minute % 31 {
            0 => DrivingKind::Intervention,
            9 => DrivingKind::Disengagement,
            _ => continue,
        };
        events.push(Driving::new(vehicle("7"), at(second + 2.0), kind).into());
    }
    events
}

fn sums() -> SumSelfDriving {
    SumSelfDriving::new(SelfDrivingOptions::default())
}

/// By hour, what events count for by themselves.
fn counts(hours: &[SelfDrivingHour]) -> BTreeMap<EventTime, SelfDriving> {
    let mut counts: BTreeMap<_, SelfDriving> = BTreeMap::new();
    for hour in hours {
        let sums = &hour.sums;
        counts.entry(hour.start).or_default().merge(&SelfDriving {
            telemetry: sums.telemetry,
            speeding_rows: sums.speeding_rows,
            interventions: sums.interventions,
            disengagements: sums.disengagements,
            disengagements_by: sums.disengagements_by,
            planned: sums.planned,
            detections: sums.detections,
            ..SelfDriving::default()
        });
    }
    counts
}

fn metres(hours: &[SelfDrivingHour]) -> i64 {
    hours
        .iter()
        .map(|hour| hour.sums.distance_um / 1_000_000)
        .sum()
}

#[tokio::test]
async fn belated_events_count_in_their_hour_and_no_distance_is_lost() {
    let in_order = drive();
    let last = in_order.len() - 1;
    // The events of each third minute come an hour and a half late, except the last event.
    let mut delayed: Vec<_> = in_order.iter().cloned().enumerate().collect();
    delayed.sort_by_key(|(place, event)| {
        let minute = event.at().as_micros() / 60_000_000;
        let is_late = minute % 3 == 0 && *place > 2 && *place != last;
        event.at() + Duration::from_secs(if is_late { 5400 } else { 0 })
    });
    let delayed: Vec<_> = delayed.into_iter().map(|(_, event)| event).collect();
    let truth = run(sums(), in_order).await;
    let order = Order::within(Duration::from_secs(5)).allowing(Duration::from_secs(7200));
    let found = run_in(order, sums(), delayed).await;
    assert_eq!(counts(&truth), counts(&found));
    assert_eq!((metres(&truth), metres(&found)), (239_000, 239_000));
    let ids: BTreeSet<_> = found.iter().map(|hour| hour.id).collect();
    assert_eq!(ids.len(), found.len());
    assert!(found.len() > truth.len() + 60, "{}", found.len());
}
