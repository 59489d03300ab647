//! State, positions and results in Kafka, in one transaction.
//!
//! ```text
//! claim     raise the token -> end old transactions -> read the changelog -> compare the group
//! commit    check tokens and assignments -> produce rows, state, head, dead letters
//!           -> positions, with the assignment that the broker checks -> commit
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `store` | the contract of a store |
//! | `inner` | what its handles share: clients, claims, progress |
//! | `commit` | a commit, encoded and sent |
//! | `topic` `limits` | the sink, and what a topic takes |
//! | `tx` | the records of a transaction before its commit |
//! | `client` `outcomes` | the client of transactions |
//! | `ledger` | tokens and assignments of this process |
//! | `changelog` `dead_letters` | the topics of a store, and the records of a commit |
//! | `key` `head` `parts` | entries of the changelog as bytes |
//! | `reader` `restoring` `listing` | the way back |
//! | `admin` | clients for administration |

mod admin;
mod changelog;
mod client;
mod commit;
mod dead_letters;
mod error;
mod head;
mod inner;
mod key;
mod ledger;
mod limits;
mod listing;
mod options;
mod outcomes;
mod parts;
mod reader;
mod restoring;
#[expect(clippy::module_inception, reason = "the store of this module")]
mod store;
#[cfg(test)]
mod tests;
mod topic;
mod tx;

pub use options::{Differing, KafkaStoreOptions};
pub use store::KafkaStore;
pub use topic::KafkaTopic;
pub use tx::KafkaTx;
