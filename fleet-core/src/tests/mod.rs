//! Tests of whole folders that need the private parts of the crate. No part of the product.

mod dialect;
