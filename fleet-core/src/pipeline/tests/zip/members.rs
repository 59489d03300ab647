//! Bundles that come, go, rest and are fenced, and what the source inside is told.

use std::sync::Arc;

use tokio::time::timeout;

use super::live::{Event, IDLE, Line, Live, Rows, Script, new, old, read, rows, seconds, zip};
use crate::{
    contracts::{Source as _, source::SourceEvent},
    data::{InputOffset, Offset, Partition},
    zip::Zip,
};

fn bundle() -> Partition {
    Partition::new("all/0")
}

fn given(names: &[&str]) -> SourceEvent<Rows> {
    SourceEvent::Assigned(names.iter().map(Partition::new).collect())
}

fn lost(name: &str) -> SourceEvent<Rows> {
    SourceEvent::Lost(vec![Partition::new(name)])
}

/// A bundle of which a record of each input was read.
async fn begun() -> (Zip<Live>, Script) {
    let source = Live::new(&[("a/0", &[old(1)]), ("b/0", &[old(2)])]);
    let script = Arc::clone(&source.script);
    let mut zipped = zip(source);
    read(&mut zipped, seconds(5), None).await;
    (zipped, script)
}

#[tokio::test(start_paused = true)]
async fn a_paused_bundle_gives_nothing_and_inputs_hold_two_batches() {
    let lines: Vec<Line> = (0..20).map(old).collect();
    let mut source = Live::new(&[("a/0", &lines), ("b/0", &[new(30, 1)])]);
    source.single = true;
    let mut zipped = zip(source);
    assert_eq!(rows(&mut zipped, 5).await, []);
    assert_eq!(zipped.watch().inputs()[0].waiting, 2);
    zipped.pause(&bundle());
    assert_eq!(rows(&mut zipped, 60).await, []);
    zipped.resume(&bundle());
    assert_eq!(rows(&mut zipped, 60).await, [(0, 0), (0, 1), (1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_fenced_bundle_comes_back_whole_or_is_lost() {
    let (mut zipped, script) = begun().await;
    for comes_back in [true, false] {
        zipped.fenced(&bundle());
        let second = if comes_back {
            given(&["b/0"])
        } else {
            lost("b/0")
        };
        script.lock().unwrap().extend([given(&["a/0"]), second]);
        let event = timeout(seconds(5), zipped.next()).await;
        match event.expect("it is told").unwrap() {
            Event::Assigned(bundles) if comes_back => {
                assert_eq!(bundles, [bundle()]);
                zipped.start(&bundle(), None).await.unwrap();
            }
            Event::Lost(bundles) if !comes_back => assert_eq!(bundles, [bundle()]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fenced_bundle_that_came_back_is_lost_once() {
    let (mut zipped, script) = begun().await;
    zipped.fenced(&bundle());
    script.lock().unwrap().push_back(given(&["a/0", "b/0"]));
    read(&mut zipped, seconds(5), None).await;
    script.lock().unwrap().push_back(lost("b/0"));
    assert_eq!(read(&mut zipped, seconds(5), None).await.lost, 1);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_bundle_fails_once() {
    let source = Live::new(&[("a/0", &[old(1)])]);
    let mut zipped = zip(source).complete_within(seconds(5), "hint");
    zipped.next().await.unwrap_err();
    let again = timeout(seconds(30), zipped.next()).await;
    assert!(again.is_err(), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_bundle_rests_and_goes_on_with_it() {
    for is_fenced in [false, true] {
        let first = [old(1), new(10, 3), new(20, 5)];
        let source = Live::new(&[("a/0", &first), ("b/0", &[old(2), new(20, 4)])]);
        let (script, told) = (Arc::clone(&source.script), Arc::clone(&source.told));
        let mut zipped = zip(source);
        read(&mut zipped, seconds(5), None).await;
        if is_fenced {
            zipped.fenced(&bundle());
        } else {
            script.lock().unwrap().push_back(lost("b/0"));
        }
        read(&mut zipped, seconds(10), None).await;
        let last = told
            .lock()
            .unwrap()
            .iter()
            .rfind(|what| what.ends_with("e a/0"))
            .cloned();
        assert_eq!(
            last.as_deref(),
            Some("pause a/0"),
            "nobody takes its records"
        );
        let back: &[&str] = if is_fenced { &["a/0", "b/0"] } else { &["b/0"] };
        script.lock().unwrap().push_back(given(back));
        let found = rows(&mut zipped, 30).await;
        assert_eq!(found, [(0, 1), (1, 2), (0, 3), (1, 4)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bundle_whose_inputs_move_before_it_is_whole_loses_nothing() {
    let source = Live::new(&[("a/0", &[old(1), old(5)]), ("b/0", &[old(2), old(30)])]);
    *source.script.lock().unwrap() = [
        given(&["a/0"]),
        lost("a/0"),
        given(&["a/0"]),
        given(&["b/0"]),
        lost("b/0"),
        given(&["b/0"]),
    ]
    .into();
    let mut zipped = zip(source).idle(IDLE);
    let found = rows(&mut zipped, 60).await;
    assert_eq!(found, [(0, 1), (1, 2), (0, 5), (1, 30)]);
}

#[tokio::test(start_paused = true)]
async fn commits_ends_lags_and_fences_reach_the_source_inside() {
    let source = Live::new(&[
        ("a/0", &[old(1), old(5), old(30)]),
        ("b/0", &[old(2), old(3), new(9, 20)]),
    ]);
    let told = Arc::clone(&source.told);
    let mut zipped = zip(source);
    let upto = read(&mut zipped, seconds(5), None).await.at.unwrap();
    let end = |input: &str, offset| InputOffset {
        input: input.into(),
        offset: Offset(offset),
    };
    assert_eq!(zipped.ends(&bundle()), [end("a/0", 3), end("b/0", 2)]);
    assert_eq!(zipped.end(&bundle()), Some(Offset(5)));
    let lag = zipped.lag_time(&bundle(), Some(upto.next));
    assert_eq!(lag, Some(seconds(198)));
    assert_eq!(zipped.lag_time(&bundle(), None), Some(seconds(200)));
    told.lock().unwrap().clear();
    zipped.committed(&bundle(), &upto).await.unwrap();
    assert!(told.lock().unwrap().contains(&"committed b/0 2".to_owned()));
    zipped.fenced(&bundle());
    for what in ["fenced a/0", "fenced b/0", "pause a/0", "pause b/0"] {
        assert!(told.lock().unwrap().contains(&what.to_owned()), "{what}");
    }
}
