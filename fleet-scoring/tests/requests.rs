//! Trips that come whole: what a row of them holds, in any batching.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::{
    DriverId, EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
    decode::Typed,
    dialect::TripRequest,
    event::{TripSample, TripSamples},
    testing::{Script, Scripted},
    units::{Acceleration, Speed},
};
use fleet_scoring::{ScoreTrips, SeedFleetflow, Trip};

fn at(second: i64) -> EventTime {
    EventTime::from_micros((1_700_000_000 + second) * 1_000_000)
}

fn request(second: i64, rate: Option<f64>, longitudinal: &[f64]) -> TripRequest {
    let sample = |g: &f64| TripSample {
        t_s: None,
        speed: Some(Speed::from_kmh(36.0)),
        longitudinal: Some(Acceleration::from_g(*g)),
        lateral: None,
    };
    TripRequest::from(TripSamples {
        trip_id: None,
        vehicle: VehicleId::new("car-1").unwrap(),
        driver: DriverId::new("driver-1").unwrap(),
        at: at(second),
        sample_rate_hz: rate,
        samples: longitudinal.iter().map(sample).collect(),
    })
}

async fn scored(requests: Vec<TripRequest>, script: Vec<Script>) -> Vec<Trip> {
    let (mut graph, requests_in) = Graph::new();
    let trips = graph.apply(
        "trips",
        requests_in,
        ScoreTrips::new(SeedFleetflow::default()),
    );
    let seen = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&seen);
    let counted = graph.map("taken", trips, move |trip: &Trip| {
        taken.lock().unwrap().push(trip.clone());
        1
    });
    let store = MemoryStore::default();
    let source = Scripted::new("memory", Arc::new(requests), script);
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("taken", counted, store.table("taken"))
    .run()
    .await
    .unwrap();
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[tokio::test]
async fn a_request_becomes_a_trip_that_ends_when_it_was_sent() {
    let trips = scored(
        vec![
            request(0, Some(2.0), &[0.0, -0.5, -0.4, 0.5, 0.0]),
            request(60, None, &[0.4, 0.41]),
            request(120, Some(1.0), &[]),
        ],
        vec![],
    )
    .await;
    let [timed, untimed, empty] = &trips[..] else {
        panic!("{trips:?}")
    };
    // Five samples at 2 Hz span two seconds: 20 m at 36 km/h.
    assert_eq!(
        (timed.start, timed.end),
        (at(0) - Duration::from_secs(2), at(0))
    );
    assert_eq!(timed.sums.distance_km(), Some(0.02));
    assert_eq!((timed.sums.harsh_braking, timed.sums.rapid_accel), (1, 1));
    assert_eq!(timed.score.value, Some(90));
    assert_eq!(timed.driver.as_ref().unwrap().as_str(), "driver-1");
    assert_eq!((untimed.start, untimed.end), (at(60), at(60)));
    assert_eq!(untimed.sums.duration_s(), None);
    assert_eq!(untimed.score.value, Some(95));
    assert_eq!(
        (empty.sums.samples, empty.score.value),
        (0, Some(100)),
        "as the described system gives it"
    );
}

#[tokio::test]
async fn any_batching_gives_the_same_trips_and_requests_of_one_time_stay_apart() {
    let requests = || {
        vec![
            request(0, Some(1.0), &[0.5]),
            request(0, Some(1.0), &[0.6]),
            request(0, Some(1.0), &[0.5]),
            request(3, Some(1.0), &[0.5]),
        ]
    };
    let whole = scored(requests(), vec![]).await;
    assert_eq!(whole.len(), 3, "the third repeats the first");
    let ids: std::collections::BTreeSet<_> = whole.iter().map(|trip| trip.id).collect();
    assert_eq!(ids.len(), 3);
    for size in [1, 2, 3] {
        let script = vec![Script::Rows(size); 10];
        assert_eq!(scored(requests(), script).await, whole);
    }
}
