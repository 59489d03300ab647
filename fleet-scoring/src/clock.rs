//! When the samples of a recording were taken.

/// When samples were taken: at a constant rate, or at times of their own.
///
/// `T` holds the times: a `Vec<f64>` in a recording that owns its samples, an
/// `ndarray::ArrayView1` where a detector looks at columns of somebody else.
///
/// # Units
/// Samples per second; seconds.
///
/// # Examples
/// ```
/// use fleet_scoring::detect::Clock;
/// let owned = Clock::Times(vec![0.0, 0.5]);
/// let view = owned.as_ref().map_times(|times| ndarray::ArrayView1::from(times));
/// assert_eq!(view, Clock::Times(ndarray::array![0.0, 0.5].view()));
/// assert_eq!(Clock::<()>::Rate(50.0).map_times(|()| vec![0.0]), Clock::Rate(50.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock<T> {
    /// At a constant rate, samples per second.
    Rate(f64),
    /// At these times, seconds, one for each sample, never decreasing.
    Times(T),
}

impl<T> Clock<T> {
    /// The same clock, with its times borrowed.
    pub const fn as_ref(&self) -> Clock<&T> {
        match self {
            Self::Rate(hz) => Clock::Rate(*hz),
            Self::Times(times) => Clock::Times(times),
        }
    }

    /// The same clock, with its times held in another way.
    pub fn map_times<U>(self, map: impl FnOnce(T) -> U) -> Clock<U> {
        match self {
            Self::Rate(hz) => Clock::Rate(hz),
            Self::Times(times) => Clock::Times(map(times)),
        }
    }
}
