mod bad_rows;
mod connection;
mod landing;
mod report;
mod server;
mod store;
mod table;
mod url;
