//! The fields of telemetry that are not signals: gear, road, flags, trouble codes, texts.

use compact_str::CompactString;

use super::{Flag, Layout, NullField, RoadCode, RoadType, Telemetry, TextField};
use crate::event::Dtc;

/// Stored next to the null fields: the list of trouble codes is present and empty.
const NO_DTCS: u8 = 128;

/// The values of a flag, two bits each; 0 is missing.
const NULL: u8 = 1;
const NO: u8 = 2;
const YES: u8 = 3;

impl Telemetry {
    /// The gear: negative in reverse, 0 in neutral.
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

    /// The type of road, if it is a known one.
    pub fn road_type(&self) -> Option<RoadType> {
        match self.road {
            RoadCode::Urban => Some(RoadType::Urban),
            RoadCode::Rural => Some(RoadType::Rural),
            RoadCode::Highway => Some(RoadType::Highway),
            RoadCode::None | RoadCode::Other => None,
        }
    }
    /// The word for the type of road, known or not.
    pub fn road_word(&self) -> Option<&str> {
        match self.road {
            RoadCode::None => None,
            RoadCode::Other => self.text(TextField::Road),
            _ => self.road_type().map(RoadType::as_word),
        }
    }
    /// Sets the word for the type of road.
    pub fn set_road(&mut self, word: Option<&str>) {
        if self.road == RoadCode::Other {
            self.set_text(TextField::Road, None);
        }
        self.road = match (word, word.and_then(RoadType::from_word)) {
            (None, _) => RoadCode::None,
            (_, Some(RoadType::Urban)) => RoadCode::Urban,
            (_, Some(RoadType::Rural)) => RoadCode::Rural,
            (_, Some(RoadType::Highway)) => RoadCode::Highway,
            (Some(other), None) => {
                self.set_text(TextField::Road, Some(other));
                RoadCode::Other
            }
        };
    }

    /// The value of a flag; `None` if it is missing or null.
    pub fn flag(&self, flag: Flag) -> Option<bool> {
        match self.flag_bits(flag) {
            NO => Some(false),
            YES => Some(true),
            _ => None,
        }
    }
    /// Whether a flag is null.
    pub fn flag_is_null(&self, flag: Flag) -> bool {
        self.flag_bits(flag) == NULL
    }
    /// Sets the value of a flag; `None` makes it missing.
    pub fn set_flag(&mut self, flag: Flag, value: Option<bool>) {
        let bits = value.map_or(0, |yes| if yes { YES } else { NO });
        self.put_flag(flag, bits);
    }
    /// Sets a flag to null.
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

    /// The trouble codes, empty if the message has none.
    pub fn dtcs(&self) -> &[Dtc] {
        self.extra
            .as_ref()
            .map_or(&[], |extra| extra.dtcs.as_slice())
    }
    /// Sets the trouble codes. An empty list counts as missing.
    pub fn set_dtcs(&mut self, dtcs: Vec<Dtc>) {
        self.nulls &= !NO_DTCS;
        if !dtcs.is_empty() || self.extra.is_some() {
            self.extra_mut().dtcs = dtcs;
        }
    }
    /// The list of trouble codes; `None` if it is missing, which an empty list is not.
    pub fn dtc_list(&self) -> Option<&[Dtc]> {
        let dtcs = self.dtcs();
        (!dtcs.is_empty() || self.nulls & NO_DTCS != 0).then_some(dtcs)
    }
    /// Sets the list of trouble codes. An empty list stays distinct from a missing one.
    pub fn set_dtc_list(&mut self, dtcs: Option<Vec<Dtc>>) {
        let empty = dtcs.as_ref().is_some_and(Vec::is_empty);
        self.set_dtcs(dtcs.unwrap_or_default());
        if empty {
            self.nulls |= NO_DTCS;
        }
    }

    /// A text that few systems send; `None` if it is missing or null.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.extra.as_ref()?.text(field)
    }
    /// Whether a text is null.
    pub fn text_is_null(&self, field: TextField) -> bool {
        let extra = self.extra.as_ref();
        extra.is_some_and(|extra| extra.text_is_null(field))
    }
    /// Sets a text; `None` makes it missing.
    pub fn set_text(&mut self, field: TextField, text: Option<&str>) {
        match (text, &mut self.extra) {
            (Some(text), _) => self
                .extra_mut()
                .set_text(field, Some(CompactString::new(text))),
            (None, Some(extra)) => extra.remove_text(field),
            (None, None) => {}
        }
    }
    /// Sets a text to null.
    pub fn set_text_null(&mut self, field: TextField) {
        self.extra_mut().set_text(field, None);
    }

    /// Whether a field other than a signal is null instead of missing.
    pub fn is_null(&self, field: NullField) -> bool {
        self.nulls & field as u8 != 0
    }
    /// Marks a field other than a signal as null.
    pub fn set_null(&mut self, field: NullField) {
        self.nulls |= field as u8;
    }

    /// The keys of the message in their original order, if the decoder was configured to keep them.
    pub fn layout(&self) -> Option<&Layout> {
        self.extra.as_ref()?.layout.as_ref()
    }
    /// Sets the keys of the message in their original order.
    pub fn set_layout(&mut self, layout: Option<Layout>) {
        if layout.is_some() || self.extra.is_some() {
            self.extra_mut().layout = layout;
        }
    }
}
