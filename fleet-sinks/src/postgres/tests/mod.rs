mod bad_rows;
mod connection;
mod landing;
mod pipeline;
mod report;
pub(super) mod server;
mod store;
mod table;
mod url;
