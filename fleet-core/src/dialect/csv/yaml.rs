//! The YAML form of a column map, with the position of each word.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_saphyr::Spanned;

/// A word of the file, and its position.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = Spanned::<String>::deserialize(from)?;
        Ok(Self {
            text: word.value,
            line: word.referenced.line(),
            column: word.referenced.column(),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) kind: Option<Word>,
    pub(super) encoding: Option<Word>,
    pub(super) event_type: Option<Word>,
    pub(super) initiators: Option<BTreeMap<String, Word>>,
    pub(super) repeats: Option<Word>,
    pub(super) key: Spanned<RawKey>,
    pub(super) time: RawTime,
    pub(super) columns: Columns,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKey {
    pub(super) column: Option<Word>,
    pub(super) prefix: Option<String>,
    pub(super) constant: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTime {
    pub(super) column: Word,
    pub(super) format: Word,
    pub(super) origin: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    pub(super) signal: Word,
    pub(super) unit: Option<Word>,
}

/// The columns, in the order of the file.
#[derive(Debug)]
pub(super) struct Columns(pub(super) Vec<(Word, RawColumn)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Columns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns, each with a signal")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    columns.push(entry);
                }
                Ok(Columns(columns))
            }
        }
        from.deserialize_map(Entries)
    }
}
