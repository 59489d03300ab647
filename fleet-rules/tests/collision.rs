//! Collision risk in a running pipeline: both rules, the ways to a closing speed, edges.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use std::time::Duration;

use fleet_core::{
    Operator, State,
    event::{Alert, Direction, FleetEvent, Perception, Severity, Telemetry},
    units::{Distance, Speed},
};
use fleet_rules::{CollisionOptions, CollisionRisk, Mode};
use support::{at, run, state_after, vehicle};

fn seen(second: f64, metres: f64) -> Perception {
    let mut seen = Perception::new(vehicle("7"), at(second));
    seen.distance = Distance::from_m(metres).into();
    seen
}

fn moving(second: f64, metres: f64, kmh: f64, direction: Direction) -> Perception {
    let mut seen = seen(second, metres);
    seen.speed = Speed::from_kmh(kmh).into();
    seen.direction = Some(direction);
    seen
}

fn tracked(second: f64, metres: f64, track: &str) -> Perception {
    let mut seen = seen(second, metres);
    seen.track = Some(track.into());
    seen
}

fn ego(second: f64, kmh: f64) -> FleetEvent {
    Telemetry::new(vehicle("7"), at(second))
        .with_speed(Speed::from_kmh(kmh))
        .into()
}

async fn alerts(mode: Mode, rows: Vec<FleetEvent>) -> Vec<Alert> {
    run(
        CollisionRisk::new(CollisionOptions::default(), mode).unwrap(),
        rows,
    )
    .await
}

/// What opens, as `rule value SEVERITY`.
async fn opened(mode: Mode, rows: Vec<FleetEvent>) -> Vec<String> {
    let alerts = alerts(mode, rows).await;
    alerts
        .iter()
        .map(|alert| {
            format!(
                "{} {:.2} {}",
                alert.rule,
                alert.value.unwrap(),
                alert.severity
            )
        })
        .collect()
}

#[tokio::test]
async fn the_described_rule_wants_an_object_that_is_near_and_moves_both_strictly() {
    let one = |metres, kmh| {
        opened(
            Mode::Edge,
            vec![moving(0.0, metres, kmh, Direction::Rear).into()],
        )
    };
    assert_eq!(one(4.9, 10.1).await, ["collision-near 4.90 HIGH"]);
    assert!(one(5.0, 30.0).await.is_empty());
    assert!(one(4.9, 10.0).await.is_empty());
}

#[tokio::test]
async fn what_the_described_rule_is_blind_to_is_found_by_the_time_to_collision() {
    // 30 m at a closing 90 km/h: 1.2 s.
    let rows = vec![
        ego(0.0, 120.0),
        moving(0.1, 30.0, 30.0, Direction::Ahead).into(),
    ];
    assert_eq!(opened(Mode::Edge, rows).await, ["collision-ttc 1.20 HIGH"]);
    // Its own speed is too old to say.
    let rows = vec![
        ego(0.0, 120.0),
        moving(5.1, 30.0, 30.0, Direction::Ahead).into(),
    ];
    assert!(opened(Mode::Edge, rows).await.is_empty());
    // Somebody from behind, at 15 m/s more.
    let rows = vec![
        ego(0.0, 36.0),
        moving(0.1, 9.0, 90.0, Direction::Rear).into(),
    ];
    assert_eq!(
        opened(Mode::Edge, rows).await,
        ["collision-ttc 0.60 CRITICAL"]
    );
}

#[tokio::test]
async fn a_track_closes_by_its_own_slope_from_the_third_sighting_on() {
    // 20 m/s: at 0.2 s the gap is 28 m.
    let track = |from: f64| {
        (0..4).map(move |i| {
            let second = from + f64::from(i) * 0.1;
            FleetEvent::from(tracked(second, 32.0 - f64::from(i) * 2.0, "a"))
        })
    };
    assert_eq!(
        opened(Mode::Edge, track(0.0).collect()).await,
        ["collision-ttc 1.40 HIGH"]
    );
    // A pause starts anew: two detections, a second without any, two more.
    let rows = track(0.0).take(2).chain(track(1.3).take(2)).collect();
    assert!(opened(Mode::Edge, rows).await.is_empty());
    // detections without a track have no slope.
    let nameless = (0..4).map(|i| seen(f64::from(i) * 0.1, 32.0 - f64::from(i) * 2.0).into());
    assert!(opened(Mode::Edge, nameless.collect()).await.is_empty());
}

#[tokio::test]
async fn in_mode_edge_each_track_raises_its_alerts_and_in_mode_every_each_detection() {
    let near = |second: f64, metres: f64, track: &str| {
        let mut seen = tracked(second, metres, track);
        seen.speed = Speed::from_kmh(30.0).into();
        FleetEvent::from(seen)
    };
    let rows = || {
        vec![
            near(0.0, 4.0, "a"),
            near(0.1, 4.0, "b"),
            near(0.2, 4.0, "a"),
            near(0.3, 9.0, "a"),
            // A detection without readings changes nothing.
            Perception::new(vehicle("7"), at(0.35)).into(),
            near(2.0, 4.0, "a"),
            near(2.1, 4.0, "b"),
            // Silent for more than five seconds: another object.
            near(7.2, 4.0, "b"),
        ]
    };
    assert_eq!(opened(Mode::Edge, rows()).await.len(), 4);
    let every = alerts(Mode::Every, rows()).await;
    assert_eq!(every.len(), 6);
    let ids: std::collections::BTreeSet<_> = every.iter().map(|alert| alert.id).collect();
    assert_eq!(ids.len(), 6);
    assert_eq!(alerts(Mode::Every, rows()).await, every);
}

#[tokio::test]
async fn a_corridor_leaves_out_what_stands_beside_the_road() {
    let post = |left: f64| {
        let mut seen = seen(0.0, 20.0);
        seen.relative_speed = Speed::from_mps(-25.0).into();
        seen.left = Distance::from_m(left).into();
        FleetEvent::from(seen)
    };
    let corridor = Some(Distance::from_m(1.8));
    let risk = |corridor| {
        let options = CollisionOptions {
            corridor,
            ..CollisionOptions::default()
        };
        CollisionRisk::new(options, Mode::Edge).unwrap()
    };
    assert_eq!(run(risk(corridor), vec![post(-3.0)]).await.len(), 0);
    assert_eq!(
        run(risk(corridor), vec![post(-1.0)]).await[0].severity,
        Severity::High
    );
    assert_eq!(run(risk(None), vec![post(-3.0)]).await.len(), 1);
}

#[test]
fn a_limit_that_is_no_distance_is_refused() {
    let options = CollisionOptions {
        near: Distance::from_m(f64::NAN),
        time_to_collision: Duration::from_secs(1),
        ..CollisionOptions::default()
    };
    let error = CollisionRisk::new(options, Mode::Edge)
        .unwrap_err()
        .to_string();
    assert!(error.contains("near is NaN"), "{error}");
}

#[test]
fn a_snapshot_that_is_cut_or_of_another_version_is_refused() {
    use fleet_rules::CollisionState;
    let risk = CollisionRisk::new(CollisionOptions::default(), Mode::Edge).unwrap();
    let rows = [
        ego(0.0, 120.0),
        tracked(0.1, 30.0, "a").into(),
        moving(0.2, 4.0, 30.0, Direction::Rear).into(),
    ];
    let state = state_after(risk, rows, "7");
    assert_ne!(state, CollisionState::default());
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    assert_eq!(
        CollisionState::decode(1, &mut bytes.as_slice()),
        Some(state)
    );
    assert_eq!(CollisionState::decode(2, &mut bytes.as_slice()), None);
    assert_eq!(
        CollisionState::decode(1, &mut &bytes[..bytes.len() - 1]),
        None
    );
}

#[tokio::test]
async fn a_time_to_collision_at_its_limit_is_no_risk_and_one_at_the_critical_limit_is_high() {
    let closing = |metres: f64, mps: f64| {
        let mut seen = seen(0.0, metres);
        seen.relative_speed = Speed::from_mps(-mps).into();
        opened(Mode::Edge, vec![seen.into()])
    };
    assert!(closing(30.0, 20.0).await.is_empty());
    assert!(closing(30.25, 20.0).await.is_empty());
    assert_eq!(closing(29.5, 20.0).await, ["collision-ttc 1.48 HIGH"]);
    // 8 m over 10 m/s is the same double as 0.8.
    assert_eq!(closing(8.0, 10.0).await, ["collision-ttc 0.80 HIGH"]);
    assert_eq!(closing(7.5, 10.0).await, ["collision-ttc 0.75 CRITICAL"]);
    assert!(closing(3.0, 0.0).await.is_empty());
    assert!(closing(3.0, -20.0).await.is_empty());
    assert_eq!(closing(0.0, 10.0).await, ["collision-ttc 0.00 CRITICAL"]);
    assert!(closing(-1.0, 10.0).await.is_empty());
}

#[tokio::test]
async fn an_object_at_the_edge_of_the_corridor_is_in_it() {
    let beside = |left: f64| {
        let mut seen = seen(0.0, 20.0);
        seen.relative_speed = Speed::from_mps(-25.0).into();
        seen.left = Distance::from_m(left).into();
        let options = CollisionOptions {
            corridor: Some(Distance::from_m(1.75)),
            ..CollisionOptions::default()
        };
        let risk = CollisionRisk::new(options, Mode::Edge).unwrap();
        assert_eq!(risk.options(), options);
        run(risk, vec![seen.into()])
    };
    for (left, alerts) in [(1.75, 1), (-1.75, 1), (1.76, 0), (-1.76, 0)] {
        assert_eq!(beside(left).await.len(), alerts, "{left}");
    }
}

#[tokio::test]
async fn only_a_detection_without_risk_allows_the_next_alert() {
    let between = |set: fn(&mut Perception)| async move {
        let risk = |second| moving(second, 4.0, 30.0, Direction::Rear).into();
        let mut second = Perception::new(vehicle("7"), at(1.0));
        set(&mut second);
        let rows = vec![risk(0.0), second.into(), risk(2.0)];
        opened(Mode::Edge, rows).await.len()
    };
    let far = |seen: &mut Perception| seen.distance = Distance::from_m(5.0).into();
    let near = |seen: &mut Perception| seen.distance = Distance::from_m(4.0).into();
    let slow = |seen: &mut Perception| {
        seen.distance = Distance::from_m(4.0).into();
        seen.speed = Speed::from_kmh(10.0).into();
    };
    let leaving = |seen: &mut Perception| {
        seen.distance = Distance::from_m(4.0).into();
        seen.relative_speed = Speed::from_mps(3.0).into();
    };
    let fast = |seen: &mut Perception| seen.speed = Speed::from_kmh(10.0).into();
    assert_eq!(between(far).await, 2);
    assert_eq!(between(slow).await, 2);
    assert_eq!(between(leaving).await, 2);
    assert_eq!(between(near).await, 1, "near, at an unknown speed");
    assert_eq!(between(fast).await, 1, "at an unknown distance");
}

#[test]
fn negative_limits_are_refused_and_zero_is_not() {
    let options = |near, moving, corridor| CollisionOptions {
        near: Distance::from_m(near),
        moving: Speed::from_kmh(moving),
        corridor: Some(Distance::from_m(corridor)),
        ..CollisionOptions::default()
    };
    assert!(CollisionRisk::new(options(0.0, 0.0, 0.0), Mode::Edge).is_ok());
    for wrong in [
        options(-0.5, 1.0, 1.0),
        options(1.0, -0.5, 1.0),
        options(1.0, 1.0, -0.5),
        options(1.0, f64::INFINITY, 1.0),
    ] {
        assert!(CollisionRisk::new(wrong, Mode::Edge).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_structure_names_mode_and_rules() {
    let risk = CollisionRisk::new(CollisionOptions::default(), Mode::Every).unwrap();
    assert_eq!(risk.structure(), "every collision-ttc, collision-near");
}

#[test]
fn a_restart_may_change_the_mode_but_not_the_rules() {
    let risk = CollisionRisk::new(CollisionOptions::default(), Mode::Every).unwrap();
    let goes_on = |saved| risk.resume(saved).is_some();
    assert!(goes_on("every collision-ttc, collision-near"));
    assert!(goes_on("edge collision-ttc, collision-near"));
    for other in [
        "",
        "edge collision-ttc",
        "often collision-ttc, collision-near",
    ] {
        assert!(!goes_on(other), "{other}");
    }
}
