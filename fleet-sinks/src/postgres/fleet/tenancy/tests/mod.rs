mod catalogue;
mod churn;
mod policies;
pub(in crate::postgres) mod rig;
mod rights;
