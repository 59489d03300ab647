//! Golden hashes of the bytes of each simulation.
//!
//! If one of them changes, every stored offset in a simulation points to different bytes. Do not
//! change a hash without need, and mention it in the change log.

use std::time::Duration;

use fleet_core::{
    Source,
    dialect::{Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, VehicleOps},
    source::SourceEvent,
};
use twox_hash::XxHash3_64;

use crate::simulator::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, OdometerFault, SampleClock, Scenario,
    SelfDrivingModel, Simulator, SimulatorOptions, VehicleOpsModel,
};

async fn hash<M, D>(model: M, dialect: D, options: SimulatorOptions) -> String
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
    let mut source = Simulator::new(model, dialect, options).unwrap();
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    let mut bytes = Vec::new();
    while let SourceEvent::Batch(batch) = source.next().await.unwrap() {
        bytes.extend(batch.payload.bytes);
    }
    format!("{:016x}", XxHash3_64::oneshot(&bytes))
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_bytes_of_vehicleops_never_change() {
    let model = VehicleOpsModel::default().scenario(Scenario::Mixed);
    let options = SimulatorOptions::default().vehicles(5).duration(HOUR);
    let of = |seed| hash(model.clone(), VehicleOps::default(), options.seed(seed));
    assert_eq!(of(1).await, "20f35184692a711f");
    assert_ne!(of(1).await, of(2).await);
}

#[tokio::test]
async fn the_bytes_of_fleetstream_never_change() {
    let model = FleetStreamModel::default();
    let options = model.options().duration(HOUR);
    let of = |seed| hash(model.clone(), FleetStream::default(), options.seed(seed));
    assert_eq!(of(1).await, "d68f92e8ed4527ac");
    assert_ne!(of(1).await, of(2).await);
}

#[tokio::test]
async fn the_bytes_of_ford_never_change() {
    let model = FordModel::default();
    let options = model.options(12).duration(HOUR);
    let of = |seed| hash(model.clone(), Ford::default(), options.seed(seed));
    assert_eq!(of(1).await, "6b1c699d02a966e4");
    assert_ne!(of(1).await, of(2).await);
}

#[tokio::test]
async fn the_bytes_of_the_self_driving_pipeline_never_change() {
    let mut model = SelfDrivingModel::default().vehicle_ids(1..=3);
    for fault in OdometerFault::ALL {
        model = model.odometer_fault(fault, 0.001);
    }
    let options = model.options().duration(HOUR);
    let of = |seed| hash(model.clone(), FleetPipeline::default(), options.seed(seed));
    assert_eq!(of(1).await, "69c2ab1fe28add93");
    assert_ne!(of(1).await, of(2).await);
}

#[tokio::test]
async fn the_bytes_of_fleetflow_never_change() {
    for (clock, expected) in [
        (SampleClock::Rate, "d6adf520fa5204a8"),
        (SampleClock::Stamps, "356598486d237ba2"),
    ] {
        let model = FleetFlowModel::default().clock(clock);
        let options = model.options().vehicles(5).duration(HOUR);
        let of = |seed| hash(model, FleetFlow::default(), options.seed(seed));
        assert_eq!(of(1).await, expected);
        assert_ne!(of(1).await, of(2).await);
    }
}
