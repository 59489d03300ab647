//! What a run or a database holds, for people or as JSON.

pub(crate) mod driving;
pub(crate) mod outcome;
pub(crate) mod scores;
