use crate::dialect::JsonText;

/// What FleetStream's live channel says: the recent events first, then each as it comes.
///
/// The events are texts for [`FleetStream`](super::FleetStream) to read.
///
/// # Examples
/// ```
/// use fleet_core::dialect::StreamPush;
/// let json = r#"{"type":"event","data":{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z"}}"#;
/// let push: StreamPush = serde_json::from_str(json)?;
/// assert!(matches!(&push, StreamPush::Event { data } if data.as_str().contains("TESTCAR01")));
/// assert_eq!(serde_json::to_string(&push)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum StreamPush {
    /// The recent events.
    Snapshot {
        /// In the order of their times.
        items: Vec<JsonText>,
    },
    /// One event.
    Event {
        /// The event.
        data: JsonText,
    },
}

/// The same as serde can read it: in a tagged enum no text stays as it came.
#[derive(serde::Serialize, serde::Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Vec<JsonText>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<JsonText>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Snapshot,
    Event,
}

impl From<StreamPush> for Wire {
    fn from(push: StreamPush) -> Self {
        let (kind, items, data) = match push {
            StreamPush::Snapshot { items } => (Kind::Snapshot, Some(items), None),
            StreamPush::Event { data } => (Kind::Event, None, Some(data)),
        };
        Self { kind, items, data }
    }
}

impl TryFrom<Wire> for StreamPush {
    type Error = &'static str;
    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        match wire.kind {
            Kind::Snapshot => {
                let items = wire.items.ok_or("a snapshot has items")?;
                Ok(Self::Snapshot { items })
            }
            Kind::Event => {
                let data = wire.data.ok_or("an event has data")?;
                Ok(Self::Event { data })
            }
        }
    }
}
