//! Topics of Apache Kafka as inputs: `kafka:BROKERS/TOPIC`.

use std::path::PathBuf;

use fleet_core::Result;
#[cfg(not(feature = "kafka"))]
use fleet_core::{Error, ErrorKind};

use crate::console::failure::usage_error;

/// A topic, and where it is.
#[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "nobody connects"))]
pub(crate) struct Topic {
    pub(crate) brokers: String,
    pub(crate) name: String,
}

impl Topic {
    /// Returns the topic that the inputs name, or `None` if they are files.
    ///
    /// # Errors
    /// Refuses a topic beside other inputs, a malformed one, and one that this build cannot read.
    pub(crate) fn of(inputs: &[PathBuf]) -> Result<Option<Self>> {
        let texts: Vec<_> = inputs.iter().map(|input| input.to_string_lossy()).collect();
        let topics = texts
            .iter()
            .filter(|text| text.starts_with("kafka:"))
            .count();
        let [text] = texts.as_slice() else {
            return match topics {
                0 => Ok(None),
                _ => Err(usage_error("a topic is the only input of a run".into())),
            };
        };
        let Some(place) = text.strip_prefix("kafka:") else {
            return Ok(None);
        };
        let parts = place
            .rsplit_once('/')
            .filter(|(brokers, name)| !brokers.is_empty() && !name.is_empty());
        let Some((brokers, name)) = parts else {
            return Err(usage_error(format!(
                "`{text}` names no topic: use kafka:HOST:PORT/TOPIC"
            )));
        };
        let topic = Self {
            brokers: brokers.to_owned(),
            name: name.to_owned(),
        };
        Self::can_be_read()?;
        Ok(Some(topic))
    }

    #[cfg(feature = "kafka")]
    #[expect(clippy::unnecessary_wraps, reason = "a build without Kafka refuses")]
    fn can_be_read() -> Result<()> {
        Ok(())
    }

    #[cfg(not(feature = "kafka"))]
    fn can_be_read() -> Result<()> {
        let message = "this build cannot read Kafka: build it with `--features kafka`";
        Err(Error::new(ErrorKind::Config, message))
    }
}
