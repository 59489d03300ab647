//! The limits that close an epoch.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    hand::{a_while, led, partition, until},
    model::Reading,
};
use crate::{contracts::source::SourceEvent, pipeline::EpochLimits, rows::Row};

#[tokio::test(start_paused = true)]
async fn an_epoch_closes_as_soon_as_it_reaches_any_limit() {
    let none = EpochLimits {
        records: u64::MAX,
        results: usize::MAX,
        bytes: usize::MAX,
        interval: Duration::MAX,
    };
    let bytes = 7 * size_of::<Row<Reading>>();
    let cases = [
        EpochLimits { records: 7, ..none },
        EpochLimits { results: 7, ..none },
        EpochLimits { bytes, ..none },
    ];
    for limits in cases {
        let ((pipeline, mut hand), p) = (led(), partition());
        hand.permits.add_permits(2);
        let run = tokio::spawn(pipeline.epochs(limits).run());
        hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
        hand.say_rows(&p, 6).await;
        a_while().await;
        assert_eq!(hand.seen.load(Ordering::Relaxed), 6);
        assert_eq!(hand.written.load(Ordering::Relaxed), 0, "{limits:?}");
        hand.say_rows(&p, 1).await;
        until(|| hand.written.load(Ordering::Relaxed) == 7).await;
        hand.say(SourceEvent::End(p)).await;
        assert_eq!(run.await.unwrap().unwrap().counts.accepted, 7);
    }
}
