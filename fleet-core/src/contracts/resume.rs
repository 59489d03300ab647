//! How the states of an operator go on that were saved under another description.

use std::{fmt, sync::Arc};

/// How saved states of an operator go on; see [`Operator::resume`](crate::Operator::resume).
///
/// # Guarantees
/// [`adapting`](Self::adapting) sees each saved state once, before a row or a timer does. The next
/// commit writes every state that it changed, so that no stored state keeps an old meaning.
///
/// # Examples
/// A sum in kilometres goes on from one in metres:
/// ```
/// use fleet_core::{Operator, event::Telemetry, operator::{Cx, Resume}, row::Row};
///
/// struct Distance;
/// impl Operator for Distance {
///     type In = Telemetry;
///     type Out = f64;
///     type State = f64;
///     fn structure(&self) -> String { "km".into() }
///     fn resume(&self, saved: &str) -> Option<Resume<f64>> {
///         match saved {
///             "km" => Some(Resume::unchanged()),
///             "m" => Some(Resume::adapting(|sum| *sum /= 1000.0)),
///             _ => None,
///         }
///     }
///     fn init(&self) -> f64 { 0.0 }
///     fn on_row(&self, _: &mut f64, _: &Row<Telemetry>, _: &mut Cx<'_, f64>) {}
/// }
/// assert!(Distance.resume("m").is_some());
/// assert!(Distance.resume("miles").is_none());
/// ```
pub struct Resume<S> {
    adapt: Option<Adapt<S>>,
    after_replay: Option<Adapt<S>>,
}

type Adapt<S> = Arc<dyn Fn(&mut S) + Send + Sync>;

impl<S> Resume<S> {
    /// States go on as they were saved.
    pub fn unchanged() -> Self {
        Self {
            adapt: None,
            after_replay: None,
        }
    }

    /// States go on as `adapt` leaves them.
    pub fn adapting(adapt: impl Fn(&mut S) + Send + Sync + 'static) -> Self {
        Self {
            adapt: Some(Arc::new(adapt)),
            after_replay: None,
        }
    }

    /// Changes all states again after a [replay](crate::pipeline::Snapshots::Every), if the
    /// restart needs one.
    ///
    /// A replay runs the operator as it is now over records that were committed before, and
    /// discards its results. Here the operator undoes what it must not have learned from them.
    #[must_use]
    pub fn after_replay(mut self, adapt: impl Fn(&mut S) + Send + Sync + 'static) -> Self {
        self.after_replay = Some(Arc::new(adapt));
        self
    }

    /// Changes a state as the engine does when it restores it.
    pub fn adapt(&self, state: &mut S) {
        if let Some(adapt) = &self.adapt {
            adapt(state);
        }
    }

    pub(crate) fn has_after_replay(&self) -> bool {
        self.after_replay.is_some()
    }

    pub(crate) fn adapt_after_replay(&self, state: &mut S) {
        if let Some(adapt) = &self.after_replay {
            adapt(state);
        }
    }
}

impl<S> Clone for Resume<S> {
    fn clone(&self) -> Self {
        Self {
            adapt: self.adapt.clone(),
            after_replay: self.after_replay.clone(),
        }
    }
}

impl<S> fmt::Debug for Resume<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume")
            .field("adapts", &self.adapt.is_some())
            .field("after_replay", &self.after_replay.is_some())
            .finish()
    }
}
