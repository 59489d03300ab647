mod contract;
mod faults;
mod history;
mod table;
