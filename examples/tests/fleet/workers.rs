//! The number of workers does not change the results of a run.

use super::support::{Scratch, dump, report};

#[test]
fn any_number_of_workers_stores_the_same_rows_and_reports_the_same_counts() {
    let mut one = None;
    for workers in ["1", "2", "3", "8"] {
        let (scratch, job) = (
            Scratch::new(),
            ["demo", "--vehicles", "40", "--duration", "2m"],
        );
        let sink = scratch.sink();
        let words = [
            "--scenario",
            "fault-injection",
            "--workers",
            workers,
            "--sink",
            &sink,
        ];
        let mut counts = report(&[&job[..], &words].concat());
        for time in ["elapsed_s", "events_per_s"] {
            counts.as_object_mut().unwrap().remove(time).unwrap();
        }
        let (first_counts, first_rows) =
            one.get_or_insert_with(|| (counts.clone(), dump(&scratch.db())));
        assert_eq!(*first_counts, counts, "{workers} workers");
        assert!(
            *first_rows == dump(&scratch.db()),
            "{workers} workers: the rows differ"
        );
    }
}
