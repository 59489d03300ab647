mod drive;
mod people;
mod plans;
mod vehicles;
