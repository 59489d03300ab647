//! What an observation says besides its signals: gear, road, flags, trouble codes, texts.

use compact_str::CompactString;

use super::{Layout, Telemetry};
use crate::event::{Dtc, alert::words};

words! {
    /// The kind of road, as FleetStream tells it.
    RoadType {
        /// In a town.
        Urban = "urban",
        /// Outside towns.
        Rural = "rural",
        /// A highway.
        Highway = "highway",
    }
}

words! {
    /// What a producer says of its own accord: yes, no, null or nothing.
    Flag {
        /// Faster than its limit.
        Speeding = "speeding",
        /// Engine speed over the red line.
        OverRedline = "rpm_over_redline",
    }
}

words! {
    /// A text that few systems send.
    TextField {
        /// Whose vehicle it is, where a system serves many.
        Customer = "customer_id",
        /// The region of that customer.
        Region = "region_id",
        /// The territory in that region.
        Territory = "territory_id",
        /// Who may see it; see [`AccessRoles`](crate::event::AccessRoles).
        AccessRoles = "access_roles",
        /// Where the journey began.
        Start = "start_location",
        /// Where it goes.
        Destination = "destination",
        /// A kind of road that is no [`RoadType`].
        Road = "road_type",
    }
}

/// The kind of road in one byte; another word lies in the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Road {
    None,
    Urban,
    Rural,
    Highway,
    Other,
}

impl Road {
    pub(super) const ALL: [Self; 5] = [
        Self::None,
        Self::Urban,
        Self::Rural,
        Self::Highway,
        Self::Other,
    ];
}

/// The fields that are no signals and can be null in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NullField {
    /// The fleet's id.
    Fleet = 1,
    /// The one-word state.
    Status = 2,
    /// The gear.
    Gear = 4,
    /// Whether the self-driving system is engaged.
    Autopilot = 8,
    /// The place as a whole, where it is an object.
    Place = 16,
    /// The kind of road.
    Road = 32,
    /// The trouble codes.
    Dtcs = 64,
}

/// Beside the null fields: the list of trouble codes is there and empty.
const NO_DTCS: u8 = 128;

/// The states of a flag, two bits each.
const NULL: u8 = 1;
const NO: u8 = 2;
const YES: u8 = 3;

impl Telemetry {
    /// The gear; negative is reverse, 0 neutral.
    pub fn gear(&self) -> Option<i8> {
        self.gear
    }
    /// Sets the gear.
    pub fn set_gear(&mut self, gear: Option<i8>) {
        self.gear = gear;
    }
    /// Whether the self-driving system is engaged.
    pub fn autopilot_engaged(&self) -> Option<bool> {
        self.autopilot
    }
    /// Sets whether the self-driving system is engaged.
    pub fn set_autopilot_engaged(&mut self, engaged: Option<bool>) {
        self.autopilot = engaged;
    }

    /// The kind of road, if it is a known one.
    pub fn road_type(&self) -> Option<RoadType> {
        match self.road {
            Road::Urban => Some(RoadType::Urban),
            Road::Rural => Some(RoadType::Rural),
            Road::Highway => Some(RoadType::Highway),
            Road::None | Road::Other => None,
        }
    }
    /// The word for the kind of road, any word.
    pub fn road_word(&self) -> Option<&str> {
        match self.road {
            Road::None => None,
            Road::Other => self.text(TextField::Road),
            _ => self.road_type().map(RoadType::as_word),
        }
    }
    /// Sets the word for the kind of road.
    pub fn set_road(&mut self, word: Option<&str>) {
        if self.road == Road::Other {
            self.set_text(TextField::Road, None);
        }
        self.road = match (word, word.and_then(RoadType::from_word)) {
            (None, _) => Road::None,
            (_, Some(RoadType::Urban)) => Road::Urban,
            (_, Some(RoadType::Rural)) => Road::Rural,
            (_, Some(RoadType::Highway)) => Road::Highway,
            (Some(other), None) => {
                self.set_text(TextField::Road, Some(other));
                Road::Other
            }
        };
    }

    /// What the producer itself says; `None` where it says nothing or null.
    pub fn flag(&self, flag: Flag) -> Option<bool> {
        match self.flag_bits(flag) {
            NO => Some(false),
            YES => Some(true),
            _ => None,
        }
    }
    /// Whether the producer says null.
    pub fn flag_is_null(&self, flag: Flag) -> bool {
        self.flag_bits(flag) == NULL
    }
    /// Sets what the producer says.
    pub fn set_flag(&mut self, flag: Flag, value: Option<bool>) {
        let bits = value.map_or(0, |yes| if yes { YES } else { NO });
        self.put_flag(flag, bits);
    }
    /// Notes that the producer says null.
    pub fn set_flag_null(&mut self, flag: Flag) {
        self.put_flag(flag, NULL);
    }
    fn flag_bits(&self, flag: Flag) -> u8 {
        self.flags >> (flag as u8 * 2) & 3
    }
    fn put_flag(&mut self, flag: Flag, bits: u8) {
        let shift = flag as u8 * 2;
        self.flags = self.flags & !(3 << shift) | bits << shift;
    }

    /// The trouble codes that are set.
    pub fn dtcs(&self) -> &[Dtc] {
        self.extra
            .as_ref()
            .map_or(&[], |extra| extra.dtcs.as_slice())
    }
    /// Sets the trouble codes; none at all is no list.
    pub fn set_dtcs(&mut self, dtcs: Vec<Dtc>) {
        self.nulls &= !NO_DTCS;
        if !dtcs.is_empty() || self.extra.is_some() {
            self.extra_mut().dtcs = dtcs;
        }
    }
    /// The list of trouble codes; an empty one is not a missing one.
    pub fn dtc_list(&self) -> Option<&[Dtc]> {
        let dtcs = self.dtcs();
        (!dtcs.is_empty() || self.nulls & NO_DTCS != 0).then_some(dtcs)
    }
    /// Sets the list of trouble codes, which may be empty.
    pub fn set_dtc_list(&mut self, dtcs: Option<Vec<Dtc>>) {
        let empty = dtcs.as_ref().is_some_and(Vec::is_empty);
        self.set_dtcs(dtcs.unwrap_or_default());
        if empty {
            self.nulls |= NO_DTCS;
        }
    }

    /// A text that few systems send; `None` where it is missing or null.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.extra.as_ref()?.text(field)
    }
    /// Whether the message says null for a text.
    pub fn text_is_null(&self, field: TextField) -> bool {
        let extra = self.extra.as_ref();
        extra.is_some_and(|extra| extra.text_is_null(field))
    }
    /// Sets a text.
    pub fn set_text(&mut self, field: TextField, text: Option<&str>) {
        match (text, &mut self.extra) {
            (Some(text), _) => self
                .extra_mut()
                .set_text(field, Some(CompactString::new(text))),
            (None, Some(extra)) => extra.remove_text(field),
            (None, None) => {}
        }
    }
    /// Notes that the message says null for a text.
    pub fn set_text_null(&mut self, field: TextField) {
        self.extra_mut().set_text(field, None);
    }

    /// Whether a field that is no signal was null instead of missing.
    pub fn is_null(&self, field: NullField) -> bool {
        self.nulls & field as u8 != 0
    }
    /// Notes that a field that is no signal was null.
    pub fn set_null(&mut self, field: NullField) {
        self.nulls |= field as u8;
    }

    /// The keys of the message as they came, if the decoder was told to keep them.
    pub fn layout(&self) -> Option<&Layout> {
        self.extra.as_ref()?.layout.as_ref()
    }
    /// Keeps the keys of the message as they came.
    pub fn set_layout(&mut self, layout: Option<Layout>) {
        if layout.is_some() || self.extra.is_some() {
            self.extra_mut().layout = layout;
        }
    }
}
