use fleet_core::{
    Position,
    units::{Latitude, Longitude},
};

/// Whose vehicles; each customer has a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FordCustomer {
    /// `customer_a`
    A,
    /// `customer_b`
    B,
}

impl FordCustomer {
    /// The id in events.
    pub const fn id(self) -> &'static str {
        match self {
            Self::A => "customer_a",
            Self::B => "customer_b",
        }
    }
    /// The topic of its events (the demo's code).
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

/// Where vehicles belong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Territory {
    pub(super) id: &'static str,
    pub(super) region: &'static str,
    /// Its part of a vehicle's id.
    short: &'static str,
    middle: (f64, f64),
}

/// The six of the demo's code; their middles are our choice: Los Angeles, San Francisco, New York, Boston,
/// Chicago and Dallas.
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
        middle: (f64, f64),
    ) -> Self {
        Self {
            id,
            region,
            short,
            middle,
        }
    }

    pub(super) fn centre(self) -> Position {
        let (latitude, longitude) = self.middle;
        Position {
            latitude: Latitude::from_degrees(latitude),
            longitude: Longitude::from_degrees(longitude),
        }
    }

    /// Who may see its vehicles, as the demo writes it: its manager, its region's, and the administrator.
    pub(super) fn access_roles(self) -> String {
        let (id, region) = (self.id.to_lowercase(), self.region.to_lowercase());
        format!(",territory_{id},region_{region},admin_all,")
    }
}

/// Deals vehicles to customers and territories in turn.
pub(super) fn deal(
    number: u32,
    only: Option<FordCustomer>,
) -> Option<(FordCustomer, Territory, String)> {
    let place = number.saturating_sub(1);
    let (customer, place) = match only {
        Some(customer) => (customer, place),
        None if place.is_multiple_of(2) => (FordCustomer::A, place / 2),
        None => (FordCustomer::B, place / 2),
    };
    let place = usize::try_from(place).ok()?;
    let territory = *TERRITORIES.get(place % TERRITORIES.len())?;
    let count = place / TERRITORIES.len() + 1;
    let id = format!("v_{}_{}_{count:03}", customer.letter(), territory.short);
    Some((customer, territory, id))
}
