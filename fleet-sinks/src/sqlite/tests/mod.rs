mod contract;
mod open;
mod report;
mod table;
