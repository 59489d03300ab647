//! The results of windows that hold after all revisions.

use std::collections::BTreeMap;

use crate::window::Window;

/// The latest revision of each window, sorted by key and start, as a table that upserts by them
/// holds it.
///
/// The number of the revision is set to 0, because it depends on the order of arrival. For
/// [`revising_operator`](super::revising_operator).
///
/// # Examples
/// See [`revising_operator`](super::revising_operator).
///
/// # Panics
/// If two results of a window have the same revision.
pub fn latest_windows<T>(windows: Vec<Window<T>>) -> Vec<Window<T>> {
    let mut latest: BTreeMap<_, Window<T>> = BTreeMap::new();
    for window in windows {
        let name = (window.key.clone(), window.start);
        let known = latest.get(&name).map(|known| known.revision);
        assert_ne!(
            known,
            Some(window.revision),
            "each result of a window has another revision"
        );
        if known.is_none_or(|known| known < window.revision) {
            latest.insert(name, window);
        }
    }
    let first = |window| Window {
        revision: 0,
        ..window
    };
    latest.into_values().map(first).collect()
}

/// As [`latest_windows`], without the windows that a revision took back: for
/// [sessions](crate::window::Sessions).
///
/// # Panics
/// If two results of a window have the same revision.
pub fn latest_sessions<T>(windows: Vec<Window<Option<T>>>) -> Vec<Window<Option<T>>> {
    let mut latest = latest_windows(windows);
    latest.retain(|window| window.value.is_some());
    latest
}
