//! What every backlog does, whichever store it is of.

use std::time::Duration;

use fleet_core::{ContentId, EventTime};

use crate::outbox::{Backlog, BacklogSize, OutboxMessage, Page, Settled};

/// The first messages of all topics.
pub(crate) const PAGE: Page<'static> = Page {
    messages: 100,
    bytes: 1 << 20,
    without: &[],
};

/// Messages for two topics in turn, with everything that a message may have or lack.
pub(crate) fn messages() -> Vec<OutboxMessage> {
    let at = EventTime::from_micros(1_700_000_000_123_456);
    let plain = |n: u128| {
        let topic = if n.is_multiple_of(2) { "even" } else { "odd" };
        OutboxMessage::new(topic, "car-1", at, format!("value {n}")).with_id(ContentId(n))
    };
    vec![
        plain(9)
            .with_header("traceparent", "00-1-1-01")
            .with_header("bytes", [0, 255]),
        OutboxMessage {
            key: None,
            ..plain(4)
        },
        plain(3),
        OutboxMessage {
            value: None,
            at: EventTime::from_micros(-5),
            ..plain(6)
        },
        plain(1),
    ]
}

/// Asserts that [`messages`], which wait, are read in order, settled once, and by one owner.
pub(crate) async fn assert_settled_in_order(one: &mut impl Backlog, other: &mut impl Backlog) {
    let all = messages();
    assert!(one.own().await.unwrap());
    assert!(!other.own().await.unwrap(), "there is one owner");
    assert!(one.own().await.unwrap(), "it stays the owner");
    let page = one.page(&PAGE).await.unwrap();
    let read: Vec<_> = page.iter().map(|one| one.message.clone()).collect();
    assert_eq!(read, all);
    for (limits, expected) in [
        (
            Page {
                messages: 2,
                ..PAGE
            },
            vec![0, 1],
        ),
        (Page { bytes: 1, ..PAGE }, vec![0]),
        (Page { bytes: 20, ..PAGE }, vec![0, 1]),
        (
            Page {
                without: &["even".to_owned()],
                ..PAGE
            },
            vec![0, 2, 4],
        ),
    ] {
        let page = one.page(&limits).await.unwrap();
        let read: Vec<_> = page.into_iter().map(|one| one.message).collect();
        let expected: Vec<_> = expected.iter().map(|n: &usize| all[*n].clone()).collect();
        assert_eq!(read, expected, "{limits:?}");
    }
    let settled = |place: usize, refusal: Option<&str>| Settled {
        place: page[place].place,
        refusal: refusal.map(str::to_owned),
    };
    let (first, second) = (settled(0, None), settled(1, Some("too large")));
    assert!(!other.settle(std::slice::from_ref(&first)).await.unwrap());
    assert!(one.settle(&[first, second]).await.unwrap());
    let left = one.page(&PAGE).await.unwrap();
    assert_eq!(left, page[2..]);
    let size = other.measure().await.unwrap();
    assert_eq!((size.waiting, size.refused), (3, 1));
    assert!(
        size.oldest
            .is_some_and(|age| age < Duration::from_secs(600))
    );
    let refused = one.refused(9).await.unwrap();
    assert_eq!(
        (&refused[0].message, &*refused[0].reason),
        (&all[1], "too large")
    );
    assert_eq!(one.retry_refused().await.unwrap(), 1);
    assert_eq!(
        one.page(&PAGE).await.unwrap(),
        page[1..],
        "it waits in its old place"
    );

    one.release().await.unwrap();
    assert!(other.own().await.unwrap());
    assert!(!one.settle(&[settled(1, None)]).await.unwrap());
    let rest: Vec<_> = (1..5).map(|place| settled(place, None)).collect();
    assert!(other.settle(&rest).await.unwrap());
    assert_eq!(other.measure().await.unwrap(), BacklogSize::default());
    other.release().await.unwrap();
}
