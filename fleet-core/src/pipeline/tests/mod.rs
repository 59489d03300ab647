mod cases;
mod model;
mod property;
