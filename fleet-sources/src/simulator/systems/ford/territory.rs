//! The customers and sales territories of the Ford fleet demo, and the vehicles assigned to them.

use fleet_core::{
    GeoPoint,
    units::{Latitude, Longitude},
};

/// A customer of the demo, with a topic for its vehicles' events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FordCustomer {
    /// The customer `customer_a`.
    A,
    /// The customer `customer_b`.
    B,
}

impl FordCustomer {
    /// The customer's id in events.
    pub const fn id(self) -> &'static str {
        match self {
            Self::A => "customer_a",
            Self::B => "customer_b",
        }
    }
    /// The topic of the customer's events (the demo's code).
    pub const fn topic(self) -> &'static str {
        match self {
            Self::A => "customer_a_telemetry",
            Self::B => "customer_b_telemetry",
        }
    }
    const fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }
}

/// A sales territory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Territory {
    pub(super) id: &'static str,
    pub(super) region: &'static str,
    /// The abbreviation in vehicle ids.
    short: &'static str,
    centre_deg: (f64, f64),
}

/// The six territories of the demo's code. Their centres are our choice: Los Angeles, San
/// Francisco, New York, Boston, Chicago and Dallas.
const TERRITORIES: [Territory; 6] = [
    Territory::new("WEST_1", "WEST", "w1", (34.0522, -118.2437)),
    Territory::new("WEST_2", "WEST", "w2", (37.7749, -122.4194)),
    Territory::new("EAST_1", "EAST", "e1", (40.7128, -74.0060)),
    Territory::new("EAST_2", "EAST", "e2", (42.3601, -71.0589)),
    Territory::new("CENTRAL_1", "CENTRAL", "c1", (41.8781, -87.6298)),
    Territory::new("CENTRAL_2", "CENTRAL", "c2", (32.7767, -96.7970)),
];

impl Territory {
    const fn new(
        id: &'static str,
        region: &'static str,
        short: &'static str,
        centre_deg: (f64, f64),
    ) -> Self {
        Self {
            id,
            region,
            short,
            centre_deg,
        }
    }

    pub(super) fn centre(self) -> GeoPoint {
        let (latitude, longitude) = self.centre_deg;
        GeoPoint {
            latitude: Latitude::from_degrees(latitude),
            longitude: Longitude::from_degrees(longitude),
        }
    }

    /// The roles that may see the territory's vehicles, in the demo's notation: the managers of the
    /// territory and of the region, and the administrator.
    pub(super) fn access_roles(self) -> String {
        let (id, region) = (self.id.to_lowercase(), self.region.to_lowercase());
        format!(",territory_{id},region_{region},admin_all,")
    }
}

/// Assigns a vehicle, by its number, to customers and territories in turn; returns both, and its
/// id.
pub(super) fn assign(
    number: u32,
    only: Option<FordCustomer>,
) -> Option<(FordCustomer, Territory, String)> {
    let index = number.saturating_sub(1);
    let (customer, index) = match only {
        Some(customer) => (customer, index),
        None if index.is_multiple_of(2) => (FordCustomer::A, index / 2),
        None => (FordCustomer::B, index / 2),
    };
    let index = usize::try_from(index).ok()?;
    let territory = *TERRITORIES.get(index % TERRITORIES.len())?;
    let count = index / TERRITORIES.len() + 1;
    let id = format!("v_{}_{}_{count:03}", customer.letter(), territory.short);
    Some((customer, territory, id))
}
