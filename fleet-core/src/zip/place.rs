//! Which partition belongs to which bundle.

use crate::data::Partition;

/// Where a partition of the inner source goes: into which bundle, as which input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The partition that the pipeline sees, made of one partition of each input.
    pub bundle: Partition,
    /// The number of the input, from 0. Of records with equal log times, those of the lower number
    /// come first.
    pub input: usize,
}

impl Place {
    /// Returns the place of the input of this name, which is one of `inputs`; `None` if it is not
    /// among them.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::zip::Place;
    /// let inputs = ["telemetry", "driving"];
    /// assert_eq!(Place::new("both/3", inputs, "driving").unwrap().input, 1);
    /// assert_eq!(Place::new("both/3", inputs, "alerts"), None);
    /// ```
    pub fn new<'a>(
        bundle: impl AsRef<str>,
        inputs: impl IntoIterator<Item = &'a str>,
        name: &str,
    ) -> Option<Self> {
        let input = inputs.into_iter().position(|input| input == name)?;
        let bundle = Partition::new(bundle);
        Some(Self { bundle, input })
    }
}
