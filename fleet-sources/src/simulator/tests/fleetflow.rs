//! Tests that FleetFlow's trips are plausible and within the limits of their style.

use std::{collections::BTreeSet, time::Duration};

use fleet_core::{
    dialect::FleetFlow,
    event::{TripSample, TripSamples},
};

use super::check::{assert_comes_back, assert_share, hours, run};
use crate::simulator::{DriverStyle, FleetFlowModel, Model, SampleClock, SimulatorOptions};

fn trips(model: &FleetFlowModel) -> Vec<TripSamples> {
    let options = model.options().duration(hours(1));
    let drivers = 1..=options.vehicles;
    drivers
        .flat_map(|number| of_driver(model, number, options))
        .collect()
}

fn of_driver(model: &FleetFlowModel, number: u32, options: SimulatorOptions) -> Vec<TripSamples> {
    let requests = run(model, number, options).into_iter();
    requests.map(|request| request.trip).collect()
}

fn long(sample: &TripSample) -> f64 {
    sample.longitudinal.unwrap().as_g()
}

fn lateral(sample: &TripSample) -> f64 {
    sample.lateral.unwrap().as_g()
}

fn kmh(sample: &TripSample) -> f64 {
    sample.speed.unwrap().as_kmh()
}

fn counts(trip: &TripSamples) -> bool {
    trip.samples.iter().any(|sample| long(sample).abs() > 0.4)
}

#[test]
fn calm_drivers_are_never_counted_and_harsh_ones_are() {
    let calm = trips(&FleetFlowModel::default().style(DriverStyle::Calm));
    for sample in calm.iter().flat_map(|trip| &trip.samples) {
        assert!(long(sample).abs() <= 0.32 && lateral(sample).abs() <= 0.24);
    }
    let harsh = trips(&FleetFlowModel::default().style(DriverStyle::Harsh));
    let counted = harsh.iter().filter(|trip| counts(trip)).count();
    assert!(
        counted * 10 > harsh.len() * 7,
        "{counted} of {}",
        harsh.len()
    );
    let mut seen = [false; 3];
    for sample in harsh.iter().flat_map(|trip| &trip.samples) {
        assert!((-0.77..=0.57).contains(&long(sample)), "{}", long(sample));
        assert!(lateral(sample).abs() <= 0.52);
        seen[0] |= long(sample) < -0.4;
        seen[1] |= long(sample) > 0.4;
        seen[2] |= lateral(sample).abs() > 0.3;
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn half_of_mixed_trips_are_harsh() {
    let share = |style| {
        let trips = trips(&FleetFlowModel::default().style(style));
        let counted = trips.iter().filter(|trip| counts(trip)).count();
        (counted, trips.len())
    };
    let (harsh, all) = share(DriverStyle::Harsh);
    let (mixed, _) = share(DriverStyle::Mixed);
    assert_share(mixed, all, harsh as f64 / all as f64 / 2.0);
}

#[test]
fn the_speed_is_what_the_acceleration_made_of_it() {
    for rate in [1, 10, 100, 16_000] {
        let model = FleetFlowModel::default().sample_rate_hz(rate);
        let trip = &of_driver(&model, 1, model.options().duration(Duration::from_secs(1)))[0];
        assert_eq!(trip.samples.len(), rate as usize * 60);
        let step = 9.80665 * 3.6 / f64::from(rate);
        for pair in trip.samples.windows(2) {
            let (before, after) = (kmh(&pair[0]), kmh(&pair[1]));
            assert!((0.0..=125.0).contains(&after), "{after}");
            // The sensor's noise, and the rounding of acceleration and speed.
            let most = 0.0206 * step + 0.11;
            let off = after - before - long(&pair[1]) * step;
            assert!(
                off.abs() <= most || after <= 0.05,
                "{rate} Hz: {off} of {most}"
            );
        }
        assert!(trip.samples.iter().any(|sample| kmh(sample) > 20.0));
    }
}

#[test]
fn a_trip_has_a_rate_or_its_samples_have_times() {
    let by_rate = FleetFlowModel::default().sample_rate_hz(4);
    let options = by_rate.options();
    let trip = &of_driver(&by_rate, 1, options)[0];
    assert_eq!(trip.sample_rate_hz, Some(4.0));
    assert!(trip.samples.iter().all(|sample| sample.t_s.is_none()));
    let stamped = &of_driver(&by_rate.clock(SampleClock::Stamps), 1, options)[0];
    assert_eq!(stamped.sample_rate_hz, None);
    let times: Vec<f64> = stamped
        .samples
        .iter()
        .map(|sample| sample.t_s.unwrap())
        .collect();
    assert_eq!(times[..3], [0.0, 0.25, 0.5]);
    let speeds = |trip: &TripSamples| trip.samples.iter().map(kmh).collect::<Vec<_>>();
    assert_eq!(speeds(trip), speeds(stamped), "the clock changes no speed");
    let lateral = |trip: &TripSamples| trip.samples.iter().all(|sample| sample.lateral.is_some());
    assert_eq!((lateral(trip), lateral(stamped)), (true, false));
}

#[test]
fn trips_come_back_from_the_wire_as_they_were_made() {
    for clock in [SampleClock::Rate, SampleClock::Stamps] {
        // A third of a second is not a whole number of milliseconds.
        for rate in [1, 3, 10] {
            let model = FleetFlowModel::default().clock(clock).sample_rate_hz(rate);
            let options = model.options().duration(Duration::from_secs(600));
            for number in 1..=3 {
                assert_comes_back(&FleetFlow::default(), &run(&model, number, options));
            }
        }
    }
}

#[test]
fn a_minute_at_250_hz_is_a_line_that_decoders_take() {
    let model = FleetFlowModel::default().sample_rate_hz(250);
    let mut line = Vec::new();
    let one = model.options().duration(Duration::from_secs(60));
    let trips = run(&model, 1, one);
    fleet_core::dialect::Dialect::write(&FleetFlow::default(), &trips[0], &mut line);
    assert!(line.len() <= 1 << 20, "{}", line.len());
}

#[test]
fn ids_are_uuids_of_version_4_and_their_own() {
    let model = FleetFlowModel::default();
    let mut ids = BTreeSet::new();
    for number in 1..=200 {
        let trips = of_driver(
            &model,
            number,
            model.options().duration(Duration::from_secs(61)),
        );
        let [one, two] = &trips[..] else {
            panic!("{}", trips.len())
        };
        assert_eq!((&one.vehicle, &one.driver), (&two.vehicle, &two.driver));
        assert_ne!(one.samples, two.samples);
        assert_eq!(one.trip_id, None);
        for id in [one.vehicle.as_str(), one.driver.as_str()] {
            let parts: Vec<&str> = id.split('-').collect();
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12]);
            assert!(parts[2].starts_with('4'), "{id}");
            assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
            assert!(ids.insert(id.to_owned()));
        }
    }
}

#[test]
fn names_are_those_of_the_command_line() {
    for style in DriverStyle::ALL {
        assert_eq!(style.to_string().parse(), Ok(style));
    }
    assert!("wild".parse::<DriverStyle>().is_err());
    let model = FleetFlowModel::default().sample_rate_hz(0);
    assert_eq!(
        model.settings(),
        "style=mixed&sample_rate_hz=1&trip_s=60&clock=rate"
    );
}
