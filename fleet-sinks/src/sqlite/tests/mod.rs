mod contract;
mod open;
mod report;
mod revisions;
mod table;
