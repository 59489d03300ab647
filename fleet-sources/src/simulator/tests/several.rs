//! Tests of a model that sends several events per tick.

use std::time::Duration;

use fleet_core::{Offset, Source, dialect::FleetPipeline, source::SourceEvent};

use super::self_driving::busy;
use crate::simulator::{Pace, Simulator};

#[tokio::test]
async fn it_resumes_at_every_record() {
    let (model, options) = busy();
    let options = options.vehicles(2).duration(Duration::from_secs(60));
    let mut source = Simulator::new(model, FleetPipeline::default(), options).unwrap();
    let mine = source.partition().clone();
    let (mut all, mut ends) = (Vec::new(), vec![0u64]);
    let mut at = None;
    while at.is_none_or(|at| at < all.len() as u64) {
        source
            .start(&mine, at.map(|at| Offset(at).into()).as_ref())
            .await
            .unwrap();
        let (mut rest, from) = (Vec::new(), at.unwrap_or(0));
        loop {
            match source.next().await.unwrap() {
                SourceEvent::Assigned(_) => {}
                SourceEvent::Batch(batch) => rest.extend(batch.payload.bytes),
                _ => break,
            }
        }
        if at.is_none() {
            all.clone_from(&rest);
            let ends_of_lines = (1u64..).zip(&all).filter(|(_, byte)| **byte == b'\n');
            ends.extend(ends_of_lines.map(|(at, _)| at));
        }
        assert_eq!(rest, all[usize::try_from(from).unwrap()..]);
        at = ends.iter().copied().find(|end| *end > from);
    }
    assert!(ends.len() > 2 * 60 * 5 / 4, "more than one event a tick");
}

#[tokio::test(start_paused = true)]
async fn realtime_gives_all_events_of_a_tick_together() {
    let (model, options) = busy();
    let options = options
        .vehicles(3)
        .duration(Duration::from_secs(30))
        .pace(Pace::Realtime);
    let mut source = Simulator::new(model, FleetPipeline::default(), options).unwrap();
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    let began = tokio::time::Instant::now();
    let mut ticks = 0;
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Assigned(_) | SourceEvent::Idle => {}
            SourceEvent::Batch(batch) => {
                assert_eq!(began.elapsed().as_secs(), ticks);
                let text = String::from_utf8(batch.payload.bytes).unwrap();
                let telemetry = text.lines().filter(|line| line.contains("odometer_km"));
                assert_eq!(telemetry.count(), 3);
                ticks += 1;
            }
            _ => break,
        }
    }
    assert_eq!(ticks, 30);
}
